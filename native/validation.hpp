// Validation inside a training call: after each epoch the mean loss of rows held out, the best state so far, and when
// it is time to stop.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "machine.hpp"
#include "pool.hpp"
#include "schedule.hpp"
#include "snapshots.hpp"

namespace clearprop {

// Early stopping: the best loss so far, and the epochs in a row that were no better.
struct Patience {
    bool stops;      // false: the losses are reported, and nothing follows from them
    int64_t epochs;  // in a row without improvement that end the training
    double min_delta;
    double best;  // NaN before the first
    int64_t waited;
    bool improves(double loss) const { return !std::isnan(loss) && (std::isnan(best) || best - loss > min_delta); }
};

struct Shared {  // an array of the training's state that the validation reads
    int32_t trained, value, twin;
    int64_t rows, cols;
};

// What is asked for.
struct HeldOut {
    std::shared_ptr<const Program> program;  // of the rows' mean loss
    std::vector<Shared> state;
    std::vector<std::pair<int32_t, const void*>> data;
    std::vector<std::pair<int32_t, double>> constants;
    std::pair<int32_t, int32_t> loss;  // where it is: (value, 0), or (−1, place in the file of scalars)
    const int64_t* rows;               // their numbers in the data
    int64_t n, chunk;                  // how many; how many at once
    bool in_threads;                   // whether a chunk is worth all threads of the call
    Patience patience;
    std::vector<StateArray> best;  // the caller's arrays for the best state, in the order of what is kept
    std::vector<StateArray> rest;  // of the state that is not kept: one that is not finite ends the training
};

// What came of it.
struct Validated {
    std::vector<double> losses;  // of each epoch
    Patience patience{};         // with the best loss
    int64_t best_epoch = -1;     // of this call
    bool stopped = false;        // patience ran out
};

class Validation {
  public:
    Validation(const HeldOut& asked, const Program& trained, const Workspace& work, const std::vector<StateArray>& kept,
               int64_t epochs, int threads);

    bool in_threads() const { return asked_.in_threads; }
    // One thread's part in the mean loss of the rows; all threads of the barrier call it.
    void compute(int thread, bool alone, Barrier& barrier);
    // The books of an epoch. False if the training is to end with it.
    bool go_on(int64_t epoch);
    Validated ended() const;

  private:
    void take_over();
    const HeldOut& asked_;
    const Program& trained_;
    const Workspace& work_;
    Workspace own_;
    State kept_, rest_;
    Schedule together_, together_last_, single_, single_last_;
    std::vector<std::vector<double>> files_;  // of each thread
    std::vector<uint8_t> best_;
    double total_ = 0;
    Validated found_;
};

}  // namespace clearprop
