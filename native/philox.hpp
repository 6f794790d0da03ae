// Philox4x32-10 (Salmon et al. 2011): random words as a pure function of counter and key, as execute/philox.py has it.
// The counter of element i is (i / 4, stream, step, epoch), the key the seed; a block of four words serves four elements.
#pragma once

#include <cstdint>

namespace clearprop {

// A place in the stream of random numbers.
struct Counter {
    uint64_t seed;
    uint32_t epoch, step, stream;
};

namespace CLEARPROP_ISA {

// The words of blocks first … first + n − 1, four each. Sixteen blocks at a time, so that compilers find the vectors.
inline void philox(const Counter& at, uint32_t first, int64_t n, uint32_t* words) {
    constexpr int lanes = 16;
    for (int64_t block = 0; block < n; block += lanes) {
        uint32_t c0[lanes], c1[lanes], c2[lanes], c3[lanes];
        for (int l = 0; l < lanes; ++l) {
            c0[l] = first + uint32_t(block) + uint32_t(l);
            c1[l] = at.stream, c2[l] = at.step, c3[l] = at.epoch;
        }
        uint32_t k0 = uint32_t(at.seed), k1 = uint32_t(at.seed >> 32);
        for (int round = 0; round < 10; ++round) {
            for (int l = 0; l < lanes; ++l) {
                const uint64_t p0 = uint64_t(c0[l]) * 0xD2511F53u, p1 = uint64_t(c2[l]) * 0xCD9E8D57u;
                c0[l] = uint32_t(p1 >> 32) ^ c1[l] ^ k0;
                c1[l] = uint32_t(p1);
                c2[l] = uint32_t(p0 >> 32) ^ c3[l] ^ k1;
                c3[l] = uint32_t(p0);
            }
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        const int64_t left = n - block < lanes ? n - block : lanes;
        for (int64_t l = 0; l < left; ++l) {
            uint32_t* to = words + (block + l) * 4;
            to[0] = c0[l], to[1] = c1[l], to[2] = c2[l], to[3] = c3[l];
        }
    }
}

}  // namespace CLEARPROP_ISA

}  // namespace clearprop
