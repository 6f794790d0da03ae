// Training: the steps of many epochs in one call. Thread 0 shuffles, keeps the books and decides; the others follow.
#define CLEARPROP_ISA machine
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>

#include "machine.hpp"
#include "philox.hpp"
#include "pool.hpp"
#include "schedule.hpp"

namespace clearprop {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double read(const Program& p, const Workspace& work, const double* file, std::pair<int32_t, int32_t> what) {
    if (what.first < 0) return file[what.second];
    const void* at = work.at(what.first);
    return p.is_f64 ? *static_cast<const double*>(at) : double(*static_cast<const float*>(at));
}

// Copies of what is put back when training diverges: at the start of the last two epochs.
class Snapshots {
  public:
    Snapshots(const Program& p, const std::vector<StateArray>& kept, const Workspace& work, int64_t epochs)
        : p_(p), kept_(kept), work_(work) {
        for (const StateArray& a : kept) parts_.push_back({work.at(a.value), a.rows * a.cols * p.item()});
        int64_t bytes = 0;
        for (const Part& part : parts_) bytes += part.bytes;
        if (epochs > 1) saved_[1].resize(size_t(bytes));
        if (epochs > 2) saved_[0].resize(size_t(bytes));
    }
    // Copies them, piece by piece while each is in cache. False, and no copy, if a number in them is not finite.
    bool take(int64_t epoch) {
        if (epoch == 0) return true;  // the caller's arrays are what it began with
        uint8_t* to = saved_[size_t(epoch % 2)].data();
        return each_piece([&](const uint8_t* from, int64_t bytes) {
            std::memcpy(to, from, size_t(bytes));
            to += bytes;
        });
    }
    bool finite() const {
        return each_piece([](const uint8_t*, int64_t) {});
    }
    void put_back(int64_t epoch) const {
        if (epoch == 0) {
            for (const StateArray& a : kept_) work_.pack(a);
            return;
        }
        const uint8_t* from = saved_[size_t(epoch % 2)].data();
        for (const Part& part : parts_) {
            std::memcpy(part.data, from, size_t(part.bytes));
            from += part.bytes;
        }
        for (const StateArray& a : kept_) turn_state(p_, a, work_.memory());
    }

  private:
    struct Part {
        void* data;
        int64_t bytes;
    };
    template <class F>
    bool each_piece(F f) const {
        constexpr int64_t most = 1 << 15;
        for (const Part& part : parts_)
            for (int64_t at = 0; at < part.bytes; at += most) {
                const auto* from = static_cast<const uint8_t*>(part.data) + at;
                const int64_t bytes = std::min(most, part.bytes - at);
                if (!all_finite(p_, from, bytes / p_.item())) return false;
                f(from, bytes);
            }
        return true;
    }
    const Program& p_;
    const std::vector<StateArray>& kept_;
    const Workspace& work_;
    std::vector<Part> parts_;
    std::array<std::vector<uint8_t>, 2> saved_;
};

}  // namespace

// --- rows of an epoch

int64_t batches_of(int64_t rows, int64_t batch) {
    const int64_t n = (rows + batch - 1) / batch;
    return n > 1 && batch > 1 && rows % batch == 1 ? n - 1 : n;  // a last batch of one row joins the one before
}

void Shuffle::reserve(size_t n) {
    words.resize((n + 3) / 4 * 4);
    keys.resize(n);
    bits = 1;
    while (bits < 20 && size_t(1) << bits < n) ++bits;
    start.resize((size_t(1) << bits) + 1);
}

void Shuffle::permutation(const Kernels& kernels, uint64_t seed, uint32_t epoch, std::vector<int64_t>& order) {
    const size_t n = order.size();
    reserve(n);
    kernels.random({seed, epoch, 0, 0xFFFFFFFFu}, 0, int64_t(words.size() / 4), words.data());
    std::fill(start.begin(), start.end(), 0);  // about as many buckets as rows, then insertion, with little left to do
    for (size_t i = 0; i < n; ++i) ++start[(words[i] >> (32 - bits)) + 1];
    for (size_t b = 1; b < start.size(); ++b) start[b] += start[b - 1];
    for (size_t i = 0; i < n; ++i) keys[start[words[i] >> (32 - bits)]++] = uint64_t(words[i]) << 32 | uint32_t(i);
    for (size_t i = 1; i < n; ++i) {
        const uint64_t key = keys[i];
        size_t to = i;
        for (; to > 0 && keys[to - 1] > key; --to) keys[to] = keys[to - 1];
        keys[to] = key;
    }
    for (size_t i = 0; i < n; ++i) order[i] = int64_t(keys[i] & 0xFFFFFFFFu);
}

// --- training

namespace {

// What the threads of a training call share. Thread 0 decides; the others read its decisions behind a barrier. All
// memory is there before they start: an exception while others wait at a barrier could only end the process.
struct Call {
    const Program& p;
    const Workspace& work;
    const Epochs& epochs;
    const double* table;
    const std::vector<int32_t>& columns;
    const std::vector<std::pair<int32_t, int32_t>>& report;
    const std::function<bool()>& poll;
    int threads;
    bool may_go_alone;
    Barrier barrier, nobody{1};
    Snapshots snapshots;
    Outcome& outcome;
    std::vector<int64_t> order;
    int64_t per_epoch = 0;
    struct Sizes {
        Schedule usual, last;  // for batches of the usual size, and for the last one
    };
    Sizes together, single;
    std::vector<std::vector<double>> files;  // scalars, of each thread
    std::vector<double> profile;
    Shuffle shuffle;
    bool stop = false, alone = false, finished = false;
    // The last step that is run. A thread that is late asks before it begins a step whether thread 0, which may have
    // done its part of that step already, has ended the training with it: so the answer names the step.
    std::atomic<int64_t> last_step{INT64_MAX};
    double cost[2] = {0, 0};  // seconds of an epoch with all threads, and alone
    int trial = 3;            // epochs until the next choice: one each way first
    Clock::time_point tried = Clock::now();
    int64_t now = 0;  // the epoch under way
    Clock::time_point polled = Clock::now(), epoch_start = Clock::now();
    int64_t until_poll = 1, stride = 1;

    int64_t begin(int64_t batch) const { return batch * epochs.batch; }
    int64_t end(int64_t batch) const { return batch + 1 == per_epoch ? epochs.rows : (batch + 1) * epochs.batch; }

    double* times(int thread) {
        return profile.empty() ? nullptr : profile.data() + size_t(thread) * (p.instructions.size() + 1);
    }

    // False if what the epoch before left behind is not finite: then it ends there.
    bool start_epoch(int64_t epoch) {
        if (!snapshots.take(epoch)) {
            outcome.diverged = stop = true;
            outcome.good_epoch = epoch - 1;
            return false;
        }
        choose(epoch);
        epoch_start = Clock::now();
        if (epochs.shuffle) shuffle.permutation(*p.kernels, epochs.seed, uint32_t(epochs.first + epoch), order);
        return true;
    }

    // All threads, or the caller alone? Where steps are short that depends on what else the processors do, so both ways
    // are tried for an epoch, ten times a second. The bits are the same.
    void choose(int64_t epoch) {
        if (!may_go_alone || threads == 1) return;
        if (epoch > 0) cost[alone] = seconds_since(epoch_start);
        if (trial > 0) {
            --trial;
            alone = trial > 0 ? !alone : cost[1] < cost[0];
            tried = Clock::now();
        } else if (epoch > 0 && seconds_since(tried) > 0.1) {
            trial = 1;
            alone = !alone;
        }
    }

    // After a step: its losses, whether they are finite, and now and then whether someone wants to stop.
    void finish_step(const double* file, int64_t epoch, int64_t batch) {
        bool finite = true;
        for (const auto& what : report) {
            outcome.reports.push_back(read(p, work, file, what));
            finite = finite && std::isfinite(outcome.reports.back());
        }
        ++outcome.steps;
        if (!finite) {
            const bool first_of_epoch = batch == 0;
            outcome.diverged = stop = true;
            outcome.good_epoch = first_of_epoch ? epoch - 1 : epoch;  // put back when all threads have ended
        } else if (batch + 1 == per_epoch) {
            outcome.epoch_seconds.push_back(seconds_since(epoch_start));
        }
        if (stop) last_step.store(epoch * per_epoch + batch, std::memory_order_relaxed);
        if (--until_poll > 0 || stop) return;
        const double elapsed = seconds_since(polled);
        if (elapsed < 0.02 && stride < 1 << 20) stride *= 2;
        if (elapsed > 0.1 && stride > 1) stride /= 2;
        until_poll = stride;
        polled = Clock::now();
        const uint64_t before = forks();
        stop = poll();
        if (forks() != before && threads > 1) {
            barrier.dismiss_others();
            outcome.forked = stop = true;
        }
        if (stop) last_step.store(epoch * per_epoch + batch, std::memory_order_relaxed);
    }
};

// The steps of an epoch, or one thread's part in them.
void train_epoch(Call& call, int64_t epoch, int thread, std::vector<double>& file) {
    const Program& p = call.p;
    const Call::Sizes& sizes = call.alone ? call.single : call.together;
    Barrier& barrier = call.alone ? call.nobody : call.barrier;
    const size_t width = call.columns.size();
    for (int64_t batch = 0; batch < call.per_epoch; ++batch) {
        if (epoch * call.per_epoch + batch > call.last_step.load(std::memory_order_relaxed)) return;
        const int64_t n = call.end(batch) - call.begin(batch);
        const double* row = call.table + size_t(epoch * call.per_epoch + batch) * width;
        file[0] = double(n);
        for (size_t i = 0; i < width; ++i) file[size_t(call.columns[i])] = row[i];
        fill(p, file.data());
        const int64_t counter[3] = {int64_t(call.epochs.seed), call.epochs.first + epoch, batch};
        Context x = context(p, call.work.memory(), file.data(), n, call.work.scratch(thread));
        x.counter = counter;
        x.index = call.order.data() + call.begin(batch);
        const Schedule& schedule = batch + 1 == call.per_epoch ? sizes.last : sizes.usual;
        schedule.run(p, x, thread, barrier, call.times(thread), [&] { call.finish_step(file.data(), epoch, batch); });
    }
}

// Thread 0 goes through the epochs; the others wait until it calls them to one, or to the end.
void train_thread(Call& call, int thread) {
    std::vector<double>& file = call.files[size_t(thread)];
    if (thread > 0) {
        for (call.barrier.wait(); !call.finished; call.barrier.wait()) {
            train_epoch(call, call.now, thread, file);
            call.barrier.wait();
        }
        return;
    }
    for (int64_t epoch = 0; epoch < call.epochs.count && !call.stop; ++epoch) {
        if (!call.start_epoch(epoch)) break;
        call.now = epoch;
        if (!call.alone) call.barrier.wait();
        train_epoch(call, epoch, 0, file);
        if (!call.alone) call.barrier.wait();  // all have seen the end before the books are changed
    }
    call.finished = true;
    call.barrier.wait();
}

}  // namespace

Outcome Machine::train(const Epochs& epochs, int threads, const std::vector<StateArray>& kept,
                       const std::vector<std::pair<int32_t, const void*>>& data,
                       const std::vector<std::pair<int32_t, double>>& constants, const double* table,
                       const std::vector<int32_t>& columns, const std::vector<std::pair<int32_t, int32_t>>& report,
                       const std::function<bool()>& poll, bool may_go_alone, bool profile) {
    const Program& p = *program_;
    const int64_t per_epoch = batches_of(epochs.rows, epochs.batch);
    const int64_t usual = per_epoch > 1 ? epochs.batch : epochs.rows;
    const int64_t last = epochs.rows - (per_epoch - 1) * epochs.batch;
    work_.reserve(std::max(usual, last), threads);
    for (const auto& [value, from] : data) work_.point(value, from);
    Outcome outcome;
    outcome.reports.reserve(size_t(per_epoch * epochs.count) * report.size());
    outcome.epoch_seconds.reserve(size_t(epochs.count));
    std::vector<double> file = p.file;
    for (const auto& [place, number] : constants) file[size_t(place)] = number;
    const auto go = [&](int active) {
        Call call{p,
                  work_,
                  epochs,
                  table,
                  columns,
                  report,
                  poll,
                  active,
                  may_go_alone,
                  Barrier(active),
                  Barrier(1),
                  Snapshots(p, kept, work_, epochs.count),
                  outcome,
                  {},
                  per_epoch,
                  {Schedule(p, usual, active), Schedule(p, last, active)},
                  {Schedule(p, usual, 1), Schedule(p, last, 1)},
                  {size_t(active), file}};
        call.shuffle.reserve(size_t(epochs.rows));
        call.order.resize(size_t(epochs.rows));
        for (int64_t i = 0; i < epochs.rows; ++i) call.order[size_t(i)] = i;
        if (profile) call.profile.assign(size_t(active) * (p.instructions.size() + 1), 0.0);
        if (!parallel(active, [&](int thread) { train_thread(call, thread); })) return false;
        outcome.profile = call.profile;
        if (outcome.forked) return true;
        if (!outcome.diverged && outcome.steps > 0 && !call.snapshots.finite()) {  // broken by the very last step
            outcome.diverged = true;
            outcome.good_epoch = call.now;
        }
        if (outcome.diverged) call.snapshots.put_back(std::max<int64_t>(outcome.good_epoch, 0));
        return true;
    };
    if (!go(threads)) go(1);
    if (!outcome.forked) store(kept);
    return outcome;
}

}  // namespace clearprop
