// Several trainings in one call, each on one thread at a time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <thread>

#include "pool.hpp"
#include "train.hpp"

namespace clearprop {

namespace {

// What the threads share. Nobody waits for anybody at a barrier here, so a thread may run out of memory: that ends all.
class Together {
  public:
    Together(const std::vector<Member>& members, int threads,
             const std::function<bool(const std::vector<int64_t>&)>& poll)
        : members_(members), threads_(threads), poll_(poll), epochs_(members.size()), outcomes_(members.size()) {
        seen_.resize(members.size());
        errors_.resize(size_t(threads));
    }

    void work(int thread) {
        if (thread > 0) processors_.take();
        for (size_t i = next_.fetch_add(1); i < members_.size(); i = next_.fetch_add(1)) {
            if (!stop_) train(i, thread);
            ++ended_;
        }
        if (thread == 0) wait();
    }

    bool forked() const { return forked_; }
    std::vector<Outcome> outcomes() {
        for (const std::exception_ptr& error : errors_)
            if (error) std::rethrow_exception(error);
        return std::move(outcomes_);
    }

  private:
    void train(size_t i, int thread) {
        const auto poll = [&](int64_t done) {
            epochs_[i].store(done, std::memory_order_relaxed);
            return thread == 0 ? asked() : stop_.load();
        };
        try {
            outcomes_[i] = members_[i].machine->train(*members_[i].assignment, 1, poll, false, false, threads_);
            epochs_[i].store(int64_t(outcomes_[i].epoch_seconds.size()), std::memory_order_relaxed);
            members_[i].machine->forget_batches();
        } catch (...) {
            errors_[size_t(thread)] = std::current_exception();
            stop_ = true;
        }
    }

    // The calling thread has nothing left to train: it goes on to ask until all others have ended.
    void wait() {
        using Clock = std::chrono::steady_clock;
        auto nap = std::chrono::microseconds(50), longest = std::chrono::microseconds(2000);
        for (auto polled = Clock::now(); ended_ < members_.size() && !forked_; nap = std::min(2 * nap, longest)) {
            std::this_thread::sleep_for(nap);
            if (Clock::now() - polled < std::chrono::milliseconds(20)) continue;
            asked();
            polled = Clock::now();
        }
    }

    // In a child that is forked meanwhile the other threads are gone, and their trainings half-way.
    bool asked() {
        for (size_t i = 0; i < seen_.size(); ++i) seen_[i] = epochs_[i].load(std::memory_order_relaxed);
        const uint64_t before = forks();
        if (poll_(seen_)) stop_ = true;
        if (forks() != before && threads_ > 1) forked_ = stop_ = true;
        return stop_;
    }

    const std::vector<Member>& members_;
    const int threads_;
    const Processors processors_;
    const std::function<bool(const std::vector<int64_t>&)>& poll_;
    std::vector<std::atomic<int64_t>> epochs_;
    std::vector<int64_t> seen_;
    std::vector<Outcome> outcomes_;
    std::vector<std::exception_ptr> errors_;  // of each thread
    std::atomic<size_t> next_{0}, ended_{0};
    std::atomic<bool> stop_{false}, forked_{false};
};

}  // namespace

std::vector<Outcome> train_side_by_side(const std::vector<Member>& members, int threads,
                                        const std::function<bool(const std::vector<int64_t>&)>& poll) {
    auto together = std::make_unique<Together>(members, threads, poll);
    if (!parallel(threads, [&](int thread) { together->work(thread); })) {
        together = std::make_unique<Together>(members, 1, poll);
        parallel(1, [&](int) { together->work(0); });
    }
    if (!together->forked()) return together->outcomes();
    (void)together.release();  // a thread that is gone was writing to it
    std::vector<Outcome> none(members.size());
    for (Outcome& outcome : none) outcome.forked = true;
    return none;
}

}  // namespace clearprop
