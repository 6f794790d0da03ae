#define CLEARPROP_ISA machine
#include "epochs.hpp"

#include <algorithm>

#include "philox.hpp"

namespace clearprop {

int64_t batches_of(const Epochs& epochs) {
    const int64_t n = (epochs.rows + epochs.batch - 1) / epochs.batch;
    return epochs.joins && n > 1 && epochs.batch > 1 && epochs.rows % epochs.batch == 1 ? n - 1 : n;
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

}  // namespace clearprop
