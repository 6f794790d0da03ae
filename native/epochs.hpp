// Which rows each training step sees: a pure function of seed and epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "program.hpp"

namespace clearprop {

struct Epochs {
    int64_t rows, batch, first, count;
    uint64_t seed;
    bool shuffle;
    const int64_t* among;  // the numbers of these rows in the data; null: 0, 1, 2, …
};

int64_t batches_of(int64_t rows, int64_t batch);

// The order of the rows in an epoch: sorted by a random word each, ties by number.
struct Shuffle {
    std::vector<uint32_t> words, start;
    std::vector<uint64_t> keys;  // word above, row number below
    int bits = 1;                // of the buckets' numbers
    void reserve(size_t n);
    void permutation(const Kernels& kernels, uint64_t seed, uint32_t epoch, std::vector<int64_t>& order);
};

}  // namespace clearprop
