// Who does what: the instructions of a step cut into pieces for each thread, with a barrier after each phase.
//
// Rows of the batch are split evenly; result tiles are dealt out in contiguous runs of equal cost; what is one number is
// thread 0's. Every element is computed whole by one thread, so the number of threads never shows in the result.
#pragma once

#include <functional>
#include <vector>

#include "machine.hpp"
#include "pool.hpp"

namespace clearprop {

class Schedule {
  public:
    Schedule(const Program& p, int64_t n, int threads);

    // `at_end` is called on thread 0 when its part is done, before the last barrier.
    template <class F> void run(const Program& p, const Context& x, int thread, Barrier& barrier, F at_end) const {
        const std::vector<Task>& tasks = tasks_[size_t(thread)];
        for (size_t i = 0; i < tasks.size(); ++i) {
            const Task& t = tasks[i];
            if (t.step)
                p.run(*t.step, x, t.begin, t.end);
            else if (i + 1 < tasks.size())
                barrier.wait();
        }
        if (thread == 0) at_end();
        if (tasks_.size() > 1) barrier.wait();
    }
    void run(const Program& p, const Context& x, int thread, Barrier& barrier) const {
        run(p, x, thread, barrier, [] {});
    }

  private:
    struct Task {
        const Instruction* step;  // null: a barrier
        int64_t begin, end;
    };
    void add_phase(const Program& p, int64_t n, const Instruction* first, const Instruction* last);
    std::vector<std::vector<Task>> tasks_;  // of each thread
};

}  // namespace clearprop
