// Who does what: the instructions of a step cut into pieces for each thread, with a barrier after each phase.
//
// Rows of the batch are split evenly; result tiles are dealt out in contiguous runs of equal cost; what is one number
// is thread 0's. Every element is computed whole by one thread, so the number of threads never shows in the result.
#pragma once

#include <chrono>
#include <vector>

#include "machine.hpp"
#include "pool.hpp"

namespace clearprop {

class Schedule {
  public:
    Schedule(const Program& p, int64_t n, int threads);

    // `at_end` is called on thread 0 when its part is done, before the last barrier. `times`, if given, receives the
    // seconds spent in each instruction by this thread, and behind them those spent waiting.
    template <class F>
    void run(const Program& p, const Context& x, int thread, Barrier& barrier, double* times, F at_end) const {
        const std::vector<Task>& tasks = tasks_[size_t(thread)];
        for (size_t i = 0; i < tasks.size(); ++i) {
            const Task& t = tasks[i];
            const bool last_barrier = !t.step && i + 1 == tasks.size();
            if (last_barrier) break;
            const auto start = times ? Clock::now() : Clock::time_point();
            t.step ? p.run(*t.step, x, t.begin, t.end) : barrier.wait();
            if (times)
                times[t.step ? t.step - p.instructions.data() : ptrdiff_t(p.instructions.size())] += since(start);
        }
        if (thread == 0) at_end();
        if (tasks_.size() == 1) return;
        const auto start = times ? Clock::now() : Clock::time_point();
        barrier.wait();
        if (times) times[p.instructions.size()] += since(start);
    }
    void run(const Program& p, const Context& x, int thread, Barrier& barrier) const {
        run(p, x, thread, barrier, nullptr, [] {});
    }

  private:
    using Clock = std::chrono::steady_clock;
    static double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

    struct Task {
        const Instruction* step;  // null: a barrier
        int64_t begin, end;
    };
    void add_phase(const Program& p, int64_t n, const Instruction* first, const Instruction* last);
    std::vector<std::vector<Task>> tasks_;  // of each thread
};

}  // namespace clearprop
