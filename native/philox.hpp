// Philox4x32-10 (Salmon et al. 2011): random words as a pure function of counter and key, as execute/philox.py has it.
// The counter of element i is (i / 4, stream, step, epoch), the key the seed; a block of four words serves four elements.
#pragma once

#include <cstdint>

namespace clearprop {

struct Block {
    uint32_t word[4];
};

inline __attribute__((always_inline)) Block philox(uint32_t i, uint32_t stream, uint32_t step, uint32_t epoch,
                                                   uint64_t seed) {
    uint32_t c0 = i, c1 = stream, c2 = step, c3 = epoch;
    uint32_t k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = uint64_t(c0) * 0xD2511F53u, p1 = uint64_t(c2) * 0xCD9E8D57u;
        c0 = uint32_t(p1 >> 32) ^ c1 ^ k0;
        c1 = uint32_t(p1);
        c2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
        c3 = uint32_t(p0);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

}  // namespace clearprop
