#include "pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace clearprop {

namespace {

constexpr int spins = 4000;  // some tens of microseconds

inline void pause() {
#if defined(__SSE2__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

class Pool;
std::atomic<Pool*> the_pool{nullptr};
std::atomic<uint64_t> fork_count{0};

// One job at a time; workers are made when first needed and live as long as the process.
class Pool {
  public:
    bool run(int n, const std::function<void(int)>& body) {
        std::unique_lock<std::mutex> busy(busy_, std::try_to_lock);
        if (!busy.owns_lock()) return false;
        try {
            while (int(handles_.size()) < n - 1) {
                handles_.reserve(handles_.size() + 1);
                std::thread worker([this, number = int(handles_.size()) + 1] { work(number); });
                handles_.push_back(worker.native_handle());
                worker.detach();
            }
        } catch (const std::system_error&) {  // no more threads are to be had
            return false;
        }
        keep_off_this_processor(n);
        {
            std::lock_guard<std::mutex> lock(mutex_);
            body_ = &body;
            wanted_ = n;
            running_ = n - 1;
            ++job_;
        }
        wake_.notify_all();
        const uint64_t before = forks();
        body(0);
        if (forks() != before) return true;  // nobody else is here, and a worker may have held the lock
        std::unique_lock<std::mutex> lock(mutex_);
        done_.wait(lock, [this] { return running_ == 0; });
        body_ = nullptr;
        return true;
    }

  private:
    // A scheduler likes to wake a thread where its waker runs, and then needs milliseconds to notice that the place is
    // taken. So for the length of a call the workers may run anywhere but where the caller is.
    void keep_off_this_processor(int n) {
#if defined(__linux__)
        const int here = sched_getcpu();
        cpu_set_t others;
        if (sched_getaffinity(0, sizeof others, &others) != 0 || here < 0 || CPU_COUNT(&others) < 2) return;
        CPU_CLR(here, &others);
        for (int i = 0; i < n - 1; ++i) pthread_setaffinity_np(handles_[size_t(i)], sizeof others, &others);
#else
        (void)n;
#endif
    }

    void work(int number) {
        const FlushToZero flush;
        uint64_t seen = 0;
        for (;;) {
            const std::function<void(int)>* body = nullptr;
            {
                std::unique_lock<std::mutex> lock(mutex_);
                wake_.wait(lock, [&] { return job_ != seen; });
                seen = job_;
                if (number < wanted_) body = body_;
            }
            if (!body) continue;
            (*body)(number);
            std::lock_guard<std::mutex> lock(mutex_);
            if (--running_ == 0) done_.notify_one();
        }
    }

    std::mutex busy_, mutex_;
    std::condition_variable wake_, done_;
    std::vector<pthread_t> handles_;
    const std::function<void(int)>* body_ = nullptr;
    uint64_t job_ = 0;
    int wanted_ = 0, running_ = 0;
};

// The workers do not survive a fork, and locks of the pool may have been held by others than the thread that forked;
// the child makes a pool of its own when it needs one (the old one is leaked). Nothing else native has a lock.
void forget_pool() {
    the_pool.store(nullptr);
    ++fork_count;
}
[[maybe_unused]] const int registered = pthread_atfork(nullptr, nullptr, forget_pool);

Pool& pool() {
    Pool* found = the_pool.load();
    if (!found) {
        auto made = std::make_unique<Pool>();
        if (the_pool.compare_exchange_strong(found, made.get())) found = made.release();
    }
    return *found;
}

}  // namespace

uint64_t forks() { return fork_count.load(std::memory_order_relaxed); }

void Barrier::wait() {
    const uint32_t generation = generation_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == n_) {
        arrived_.store(0, std::memory_order_relaxed);
        generation_.store(generation + 1, std::memory_order_release);
        generation_.notify_all();
        return;
    }
    for (int i = 0; i < spins; ++i) {
        if (generation_.load(std::memory_order_acquire) != generation) return;
        pause();
    }
    generation_.wait(generation, std::memory_order_acquire);
}

#if defined(__linux__)
Processors::Processors() : known_(sched_getaffinity(0, sizeof set_, &set_) == 0) {}
void Processors::take() const {
    if (known_) sched_setaffinity(0, sizeof set_, &set_);
}
#else
Processors::Processors() = default;
void Processors::take() const {}
#endif

bool parallel(int n, const std::function<void(int)>& body) {
    const FlushToZero flush;
    if (n <= 1) {
        body(0);
        return true;
    }
    return pool().run(n, body);
}

namespace {

// The processor's floating-point mode, and what in it flushes denormal numbers.
#if defined(__SSE2__)
constexpr uint64_t flush_bits = 0x8040u;  // FTZ and DAZ
uint64_t mode() { return _mm_getcsr(); }
void set_mode(uint64_t bits) { _mm_setcsr(uint32_t(bits)); }
#elif defined(__aarch64__)
constexpr uint64_t flush_bits = uint64_t(1) << 24;
uint64_t mode() {
    uint64_t bits;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(bits));
    return bits;
}
void set_mode(uint64_t bits) { __asm__ __volatile__("msr fpcr, %0" ::"r"(bits)); }
#else
constexpr uint64_t flush_bits = 0;
uint64_t mode() { return 0; }
void set_mode(uint64_t) {}
#endif

}  // namespace

FlushToZero::FlushToZero() : before_(mode()) { set_mode(before_ | flush_bits); }
FlushToZero::~FlushToZero() { set_mode(before_); }
FlushToZero::Off::Off() : before_(mode()) { set_mode(before_ & ~flush_bits); }
FlushToZero::Off::~Off() { set_mode(before_); }

}  // namespace clearprop
