"""Philox4x32-10: random numbers as a pure function of a counter and a key, the same in every executor.

The counter of element i of stream s at step t is (i // 4, s, t, epoch) and the key is the seed: 32-bit words, lowest
first, of which each block of four yields elements 4·(i // 4) … 4·(i // 4) + 3. Nothing is stored between calls, so
training resumes without generator state.

Source: Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


def philox4x32(counter: NDArray[np.uint32], key: tuple[int, int]) -> NDArray[np.uint32]:
    """Ten rounds of Philox on counters of shape (blocks, 4); returns four random words for each.

    Example:
        >>> [hex(w) for w in philox4x32(np.zeros((1, 4), np.uint32), (0, 0))[0]]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = (counter[:, i].astype(np.uint64) for i in range(4))
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (
            (p1 >> _SHIFT) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> _SHIFT) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def random_words(seed: int, epoch: int, step: int, stream: int, count: int) -> NDArray[np.uint32]:
    """The first `count` random 32-bit words of a stream."""
    counter = np.zeros((-(-count // 4), 4), np.uint32)
    counter[:, 0] = np.arange(len(counter), dtype=np.uint32)
    counter[:, 1:] = stream & 0xFFFFFFFF, step & 0xFFFFFFFF, epoch & 0xFFFFFFFF
    return philox4x32(counter, (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF)).reshape(-1)[:count]


def uniform(seed: int, epoch: int, step: int, stream: int, count: int) -> NDArray[np.float32]:
    """Numbers in [0, 1): the upper 24 bits of each word, times 2⁻²⁴, exact in float32."""
    upper = random_words(seed, epoch, step, stream, count) >> np.uint32(8)
    return upper.astype(np.float32) * np.float32(2.0**-24)


def permutation(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    """A random order of n rows: the rows sorted by a random word each, ties by row number.

    Example:
        >>> permutation(seed=0, epoch=1, n=5).tolist() == permutation(0, 1, 5).tolist()
        True
    """
    return np.argsort(random_words(seed, epoch, 0, _SHUFFLE_STREAM, n), kind="stable").astype(np.int64)


_SHUFFLE_STREAM = 0xFFFFFFFF  # no layer has this number
