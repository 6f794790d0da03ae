// Predictions: parameters packed once, then any number of rows from any number of threads, in chunks that stay in L2.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "machine.hpp"

namespace clearprop {

class Predictor {
  public:
    // `source` is where the rows are read from, `output` the value that is wanted. What depends on the parameters alone
    // is computed here, once.
    Predictor(std::shared_ptr<const Program> program, int32_t source, int32_t output,
              const std::vector<StateArray>& parameters, const std::vector<std::pair<int32_t, double>>& scalars);
    Predictor(const Predictor&) = delete;
    Predictor& operator=(const Predictor&) = delete;
    ~Predictor();

    int64_t inputs() const { return program_->values[size_t(source_)].cols; }
    int64_t outputs() const { return program_->values[size_t(output_)].cols; }
    bool is_f64() const { return program_->is_f64; }

    // Rows of x (row-major) to rows of out. False, and nothing worth reading in out, if x holds NaN or an infinity.
    bool operator()(const void* x, void* out, int64_t n, int threads) const;

  private:
    struct Work {  // of one caller or worker at a time
        std::vector<std::unique_ptr<Buffer>> buffers;
        std::vector<void*> memory;
        std::unique_ptr<Buffer> scratch;
        std::vector<double> file;
    };
    std::unique_ptr<Work> borrow() const;
    void give_back(std::unique_ptr<Work> work) const;
    void chunk(Work& work, const uint8_t* x, uint8_t* out, int64_t n) const;

    std::shared_ptr<const Program> program_;
    int32_t source_, output_;
    int64_t chunk_rows_ = 0;
    std::vector<double> file_;                    // scalars, the parameters among them included
    std::vector<std::unique_ptr<Buffer>> fixed_;  // parameters and what follows from them
    std::vector<void*> memory_;                   // of every value that is no batch
    std::vector<const Instruction*> by_rows_;
    // Idle work, at most as much as a call has threads. No lock: a child that is forked while another thread borrows
    // would find it held for ever. So it loses that thread's work at most.
    mutable std::array<std::atomic<Work*>, 64> idle_{};
};

}  // namespace clearprop
