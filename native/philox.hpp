// Philox4x32-10 (Salmon et al. 2011): random words as a pure function of counter and key, as execute/philox.py has it.
// The counter of element i is (i / 4, stream, step, epoch), the key the seed; a block of four words serves four
// elements.
#pragma once

#include <cstdint>

namespace clearprop {

// A place in the stream of random numbers.
struct Counter {
    uint64_t seed;
    uint32_t epoch, step, stream;
};

namespace CLEARPROP_ISA {

// The words of blocks first … first + n − 1, four each; eight blocks at a time, as 64-bit lanes that hold 32-bit words.
inline void philox(const Counter& at, uint32_t first, int64_t n, uint32_t* words) {
    typedef uint64_t V __attribute__((vector_size(64)));
    constexpr uint64_t low = 0xFFFFFFFFu;
    for (int64_t block = 0; block < n; block += 8) {
        V c0 = (V{0, 1, 2, 3, 4, 5, 6, 7} + (first + uint64_t(block))) & low;
        V c1 = V{} + at.stream, c2 = V{} + at.step, c3 = V{} + at.epoch;
        uint64_t k0 = at.seed & low, k1 = at.seed >> 32;
        for (int round = 0; round < 10; ++round) {
            const V p0 = c0 * 0xD2511F53u, p1 = c2 * 0xCD9E8D57u;
            c0 = (p1 >> 32) ^ c1 ^ k0;
            c1 = p1 & low;
            c2 = (p0 >> 32) ^ c3 ^ k1;
            c3 = p0 & low;
            k0 = (k0 + 0x9E3779B9u) & low;
            k1 = (k1 + 0xBB67AE85u) & low;
        }
        const int64_t left = n - block < 8 ? n - block : 8;
        for (int64_t l = 0; l < left; ++l) {
            const uint64_t pair[2] = {c0[l] | c1[l] << 32, c2[l] | c3[l] << 32};  // little-endian, as all machines here
            __builtin_memcpy(words + (block + l) * 4, pair, sizeof pair);
        }
    }
}

}  // namespace CLEARPROP_ISA

}  // namespace clearprop
