// Training: the steps of many epochs in one call, of one training or of several side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "epochs.hpp"
#include "machine.hpp"
#include "validation.hpp"

namespace clearprop {

// What a training call is to do.
struct Assignment {
    Epochs epochs;
    // The state that is put back when training diverges. The caller's arrays of it hold what it is at the start, and in
    // the end what it has become.
    std::vector<StateArray> kept;
    std::vector<std::pair<int32_t, const void*>> data;
    // The file of scalars: what is the same in every step, and, with a row per step, the columns of a table.
    std::vector<std::pair<int32_t, double>> constants;
    const double* table;
    std::vector<int32_t> columns;
    std::vector<std::pair<int32_t, int32_t>> report;
    std::optional<HeldOut> held_out;
};

struct Outcome {
    int64_t steps = 0;       // run
    int64_t good_epoch = 0;  // whose start the state was put back to, if it diverged
    bool diverged = false;
    bool forked = false;  // in a child that `poll` forked: the other threads are gone, the state is half-way, and the
                          // caller's arrays are as they were
    std::vector<double> reports;
    std::vector<double> epoch_seconds;  // of epochs that were finished
    std::vector<double> profile;        // of each thread: seconds in each instruction, and waiting
    Validated validated;
};

struct Member {
    Machine* machine;
    const Assignment* assignment;
};

// Trains each on one thread, so many at once; a thread that is done with one takes the next in line. `poll` is asked on
// the calling thread, and told how many epochs of each are done; what is left when it says yes is not begun.
// Throws std::bad_alloc, when all have ended, if there was no memory for one of them.
std::vector<Outcome> train_side_by_side(const std::vector<Member>& members, int threads,
                                        const std::function<bool(const std::vector<int64_t>& epochs)>& poll);

}  // namespace clearprop
