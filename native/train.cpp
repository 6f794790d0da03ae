// Training: the steps of many epochs in one call. Thread 0 shuffles, keeps the books and decides; the others follow.
#include "train.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "kept.hpp"
#include "pool.hpp"
#include "schedule.hpp"
#include "snapshots.hpp"

namespace clearprop {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// What the threads of a training call share. Thread 0 decides; the others read its decisions behind a barrier. All
// memory is there before they start: an exception while others wait at a barrier could only end the process.
struct Call {
    const Program& p;
    const Workspace& work;
    const Assignment& asked;
    const Epochs& epochs;
    const std::function<bool(int64_t)>& poll;
    int threads;
    bool may_go_alone;
    int company;
    Barrier barrier, nobody{1};
    Snapshots snapshots;
    std::optional<Validation> validation;
    Outcome& outcome;
    std::vector<int64_t> order;
    int64_t per_epoch = 0;
    struct Sizes {
        Schedule usual, last;  // for batches of the usual size, and for the last one
    };
    Sizes together, single;
    std::vector<std::vector<double>> files;  // scalars, of each thread
    Kept kept;
    std::vector<double> profile;
    Shuffle shuffle;
    bool stop = false, alone = false, validating = false, finished = false;
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
        put_in_order(epoch);
        return true;
    }

    // The numbers in the data of the rows of an epoch. Unless somebody orders them they stay as they were set up.
    void put_in_order(int64_t epoch) {
        if (epochs.given)
            std::copy_n(epochs.given + epoch * epochs.rows, epochs.rows, order.begin());
        else if (epochs.shuffle)
            shuffle.permutation(*p.kernels, epochs.seed, uint32_t(epochs.first + epoch), order);
        else
            return;
        if (epochs.among)
            for (int64_t& row : order) row = epochs.among[row];
    }

    // Whether the rows held out are to be looked at: the epoch was finished, and nothing in its end is not finite.
    bool to_validate(int64_t epoch) {
        if (!validation || outcome.diverged || outcome.forked || int64_t(outcome.epoch_seconds.size()) <= epoch)
            return false;
        if (snapshots.finite()) return true;
        outcome.diverged = stop = true;
        outcome.good_epoch = epoch;
        return false;
    }

    void validated(int64_t epoch) {
        if (!validation->go_on(epoch)) stop = true;
        outcome.epoch_seconds.back() = seconds_since(epoch_start);
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
        for (const auto& what : asked.report) {
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
        stop = poll(int64_t(outcome.epoch_seconds.size()));
        if (forks() != before && (threads > 1 || company > 1)) {
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
    const size_t width = call.asked.columns.size();
    for (int64_t batch = 0; batch < call.per_epoch; ++batch) {
        if (epoch * call.per_epoch + batch > call.last_step.load(std::memory_order_relaxed)) return;
        const int64_t n = call.end(batch) - call.begin(batch);
        const double* row = call.asked.table + size_t(epoch * call.per_epoch + batch) * width;
        file[0] = double(n);
        for (size_t i = 0; i < width; ++i) file[size_t(call.asked.columns[i])] = row[i];
        fill(p, file.data());
        const int64_t counter[3] = {int64_t(call.epochs.seed), call.epochs.first + epoch, batch};
        Context x = context(p, call.work.memory(), file.data(), n, call.work.scratch(thread));
        x.counter = counter;
        x.index = call.order.data() + call.begin(batch);
        x.kept = call.kept.of(thread);
        const Schedule& schedule = batch + 1 == call.per_epoch ? sizes.last : sizes.usual;
        schedule.run(p, x, thread, barrier, call.times(thread), [&] { call.finish_step(file.data(), epoch, batch); });
    }
}

// One thread's part in what is under way: an epoch's steps, or the loss of the rows held out.
void take_part(Call& call, int thread) {
    if (call.validating)
        call.validation->compute(thread, call.alone, call.alone ? call.nobody : call.barrier);
    else
        train_epoch(call, call.now, thread, call.files[size_t(thread)]);
}

// Thread 0's part, and that of the others where they are called.
void all_take_part(Call& call) {
    if (!call.alone) call.barrier.wait();
    take_part(call, 0);
    if (!call.alone) call.barrier.wait();  // all have seen the end before the books are changed
}

void validate(Call& call, int64_t epoch) {
    const bool before = call.alone;
    call.alone = before || !call.validation->in_threads();
    call.validating = true;
    all_take_part(call);
    call.validating = false;
    call.alone = before;
    call.validated(epoch);
}

// Thread 0 goes through the epochs; the others wait until it calls them to one, or to the end.
void train_thread(Call& call, int thread) {
    if (thread > 0) {
        for (call.barrier.wait(); !call.finished; call.barrier.wait()) {
            take_part(call, thread);
            call.barrier.wait();
        }
        return;
    }
    for (int64_t epoch = 0; epoch < call.epochs.count && !call.stop; ++epoch) {
        if (!call.start_epoch(epoch)) break;
        call.now = epoch;
        all_take_part(call);
        if (call.to_validate(epoch)) validate(call, epoch);
    }
    call.finished = true;
    call.barrier.wait();
}

}  // namespace

Outcome Machine::train(const Assignment& asked, int threads, const std::function<bool(int64_t)>& poll,
                       bool may_go_alone, bool profile, int company) {
    const Program& p = *program_;
    const Epochs& epochs = asked.epochs;
    const int64_t per_epoch = batches_of(epochs);
    const int64_t usual = per_epoch > 1 ? epochs.batch : epochs.rows;
    const int64_t last = epochs.rows - (per_epoch - 1) * epochs.batch;
    work_.reserve(std::max(usual, last), threads);
    for (const auto& [value, from] : asked.data) work_.point(value, from);
    Outcome outcome;
    outcome.reports.reserve(size_t(per_epoch * epochs.count) * asked.report.size());
    outcome.epoch_seconds.reserve(size_t(epochs.count));
    std::vector<double> file = p.file;
    for (const auto& [place, number] : asked.constants) file[size_t(place)] = number;
    const auto go = [&](int active) {
        Call call{p,
                  work_,
                  asked,
                  epochs,
                  poll,
                  active,
                  may_go_alone,
                  company,
                  Barrier(active),
                  Barrier(1),
                  Snapshots(p, asked.kept, work_, epochs.count),
                  std::nullopt,
                  outcome,
                  {},
                  per_epoch,
                  {Schedule(p, usual, active), Schedule(p, last, active)},
                  {Schedule(p, usual, 1), Schedule(p, last, 1)},
                  {size_t(active), file},
                  Kept(p, epochs, active, company)};
        if (asked.held_out) call.validation.emplace(*asked.held_out, p, work_, asked.kept, epochs.count, active);
        call.shuffle.reserve(size_t(epochs.rows));
        call.order.resize(size_t(epochs.rows));
        for (int64_t i = 0; i < epochs.rows; ++i) call.order[size_t(i)] = epochs.among ? epochs.among[i] : i;
        if (profile) call.profile.assign(size_t(active) * (p.instructions.size() + 1), 0.0);
        if (!parallel(active, [&](int thread) { train_thread(call, thread); })) return false;
        outcome.profile = call.profile;
        if (outcome.forked) return true;
        if (!outcome.diverged && outcome.steps > 0 && !call.snapshots.finite()) {  // broken by the very last step
            outcome.diverged = true;
            outcome.good_epoch = call.now;
        }
        if (outcome.diverged) call.snapshots.put_back(std::max<int64_t>(outcome.good_epoch, 0));
        if (call.validation) outcome.validated = call.validation->ended();
        return true;
    };
    if (!go(threads)) go(1);
    if (!outcome.forked) store(asked.kept);
    return outcome;
}

}  // namespace clearprop
