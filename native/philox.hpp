// Philox4x32-10 (Salmon et al. 2011): random words as a pure function of counter and key, as execute/philox.py has it.
// The counter of element i is (i / 4, stream, step, epoch), the key the seed; a block of four words serves four
// elements.
#pragma once

#include <cstddef>
#include <cstdint>

namespace clearprop {

// A place in the stream of random numbers.
struct Counter {
    uint64_t seed;
    uint32_t epoch, step, stream;
};

namespace CLEARPROP_ISA {

typedef uint64_t Words __attribute__((vector_size(64)));  // 64-bit lanes that hold 32-bit words
typedef uint64_t AnyWords __attribute__((vector_size(64), aligned(4), may_alias));

// Eight blocks from `first` on, as two vectors of pairs of words.
__attribute__((always_inline)) inline void philox_blocks(const Counter& at, uint64_t first, Words* pairs) {
    constexpr uint64_t low = 0xFFFFFFFFu;
    Words c0 = (Words{0, 1, 2, 3, 4, 5, 6, 7} + first) & low;
    Words c1 = Words{} + at.stream, c2 = Words{} + at.step, c3 = Words{} + at.epoch;
    uint64_t k0 = at.seed & low, k1 = at.seed >> 32;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
        const Words p0 = c0 * 0xD2511F53u, p1 = c2 * 0xCD9E8D57u;
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c1 = p1 & low;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c3 = p0 & low;
        k0 = (k0 + 0x9E3779B9u) & low;
        k1 = (k1 + 0xBB67AE85u) & low;
    }
    const Words a = c0 | c1 << 32, b = c2 | c3 << 32;  // little-endian, as all machines here
    pairs[0] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    pairs[1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// The words of blocks first … first + n − 1, four each.
inline void philox(const Counter& at, uint32_t first, int64_t n, uint32_t* words) {
    Words pairs[2];
    for (; n >= 8; n -= 8, first += 8, words += 32) {
        philox_blocks(at, first, pairs);
        for (int i = 0; i < 2; ++i) *reinterpret_cast<AnyWords*>(words + 16 * i) = pairs[i];
    }
    if (n <= 0) return;
    philox_blocks(at, first, pairs);
    __builtin_memcpy(words, pairs, size_t(n) * 16);
}

}  // namespace CLEARPROP_ISA

}  // namespace clearprop
