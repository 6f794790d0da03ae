// Which rows each training step sees.
#pragma once

#include <cstdint>
#include <vector>

#include "program.hpp"

namespace clearprop {

struct Epochs {
    int64_t rows, batch, first, count;
    uint64_t seed;
    bool shuffle;
    bool joins;            // whether a last batch of one row joins the one before it
    const int64_t* among;  // the numbers of these rows in the data; null: 0, 1, 2, …
    const int64_t* given;  // the rows of each epoch in an order that the caller drew; null: as `shuffle` says
};

int64_t batches_of(const Epochs& epochs);

// The order of the rows in an epoch: sorted by a random word each, ties by number.
struct Shuffle {
    std::vector<uint32_t> words, start;
    std::vector<uint64_t> keys;  // word above, row number below
    int bits = 1;                // of the buckets' numbers
    void reserve(size_t n);
    void permutation(const Kernels& kernels, uint64_t seed, uint32_t epoch, std::vector<int64_t>& order);
};

}  // namespace clearprop
