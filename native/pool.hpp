// A pool of worker threads that are woken once per call, and the barrier they meet at between the phases of a step.
#pragma once

#if defined(__linux__)
#include <sched.h>
#endif

#include <atomic>
#include <cstdint>
#include <functional>

namespace clearprop {

// All threads of a call arrive; none goes on before the last. Waiting threads spin shortly, then sleep.
class Barrier {
  public:
    explicit Barrier(int n) : n_(n) {}
    void wait();
    void dismiss_others() { n_ = 1, arrived_ = 0; }  // in a forked child, which they are not part of

  private:
    int n_;
    std::atomic<int> arrived_{0};
    std::atomic<uint32_t> generation_{0};
};

// Runs body(thread) for threads 0 … n − 1, thread 0 being the caller, all with denormal numbers flushed to zero.
// A second caller at the same time does not wait, nor does one who is refused so many threads: `parallel` then returns
// false and does nothing. The body must not throw.
bool parallel(int n, const std::function<void(int)>& body);

// The processors that the thread may use which makes this. `parallel` keeps its workers off the caller's, which is best
// where all meet at barriers; a worker that meets nobody had better go where there is room.
class Processors {
  public:
    Processors();
    void take() const;  // for the thread that calls it, until the next `parallel` that it works for

  private:
#if defined(__linux__)
    cpu_set_t set_;
    bool known_;
#endif
};

// How many forks lie between the process that loaded this and the present one. A call that sees the number change is
// in a forked child, without the other threads that it had.
uint64_t forks();

// Flushes denormal numbers to zero while it lives: they are many times slower and mean nothing here.
class FlushToZero {
  public:
    FlushToZero();
    ~FlushToZero();
    FlushToZero(const FlushToZero&) = delete;
    FlushToZero& operator=(const FlushToZero&) = delete;

    // The ordinary mode again, for as long as this lives.
    class Off {
      public:
        Off();
        ~Off();
        Off(const Off&) = delete;
        Off& operator=(const Off&) = delete;

      private:
        uint64_t before_;
    };

  private:
    uint64_t before_;
};

}  // namespace clearprop
