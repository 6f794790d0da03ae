// What a training call keeps of the rows of its data from epoch to epoch: the changes that were found in them.
//
// Of rows that are mostly 0 they take about half as much memory as the rows or less, and a step that reads them need
// not search. The memory is asked for at once, before any thread starts, and comes as it is written to. Where it is
// full, or where there is none, rows are searched at every step, as those of a single epoch are. The bits are the same.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "epochs.hpp"
#include "machine.hpp"

namespace clearprop {

class Kept {
  public:
    // For some threads of a training; `company` threads share the memory with others, this one among them.
    Kept(const Program& p, const Epochs& epochs, int threads, int company) {
        const auto end = p.instructions.end();
        const auto search =
            std::find_if(p.instructions.begin(), end, [&](const Instruction& s) { return searches_all(p, s); });
        if (search == end || epochs.count < 2) return;
        const int64_t* const among = epochs.among;
        const int64_t numbers = among ? *std::max_element(among, among + epochs.rows) + 1 : epochs.rows;
        const int64_t data = epochs.rows * p.values[size_t(search->a)].cols * p.item();
        const int64_t bytes = std::min(data / 2, most) / company - numbers * int64_t(sizeof(void*));
        if (bytes <= 0) return;
        memory_.reset(new (std::nothrow) uint8_t[size_t(bytes)]);
        places_.reset(new (std::nothrow) void*[size_t(numbers)]());
        if (!memory_ || !places_) return;
        free_ = memory_.get();
        rows_.assign(size_t(threads), {search->a, places_.get(), &free_, free_ + bytes, nullptr, nullptr});
    }
    Kept(const Kept&) = delete;  // the threads' parts point into it
    Kept& operator=(const Kept&) = delete;

    KeptRows* of(int thread) { return rows_.empty() ? nullptr : &rows_[size_t(thread)]; }

  private:
    static constexpr int64_t most = int64_t(1) << 30;  // bytes, of all trainings side by side

    // Whether an instruction finds all changes of a row of data, not some that stand beside others.
    static bool searches_all(const Program& p, const Instruction& s) {
        if (s.code != Code::find_changes_of_rows) return false;
        const int64_t columns = p.values[size_t(s.a)].cols;
        return p.values[size_t(s.out)].cols == 2 * (1 + (columns + word - 1) / word + columns);
    }

    std::unique_ptr<uint8_t[]> memory_;
    std::unique_ptr<void*[]> places_;
    uint8_t* free_ = nullptr;
    std::vector<KeptRows> rows_;  // of each thread
};

}  // namespace clearprop
