// Sums and maxima over the rows: db, batch statistics, the loss of a batch. One pass over a panel, a vector per column
// group; every column is summed in the order of the rows. Intensity: one addition per number read.
#pragma once

#include "rows.hpp"

namespace clearprop::CLEARPROP_ISA {

// out[0 … width − 1] = Σ over the rows of panel p.
template <class T>
void sum_panel(const Matrix<T>& m, int64_t p, T* out) {
    const int w = m.width(p);
    const T* x = m.at(p);
    if (w > lanes<T>) {
        Vec<T> s0{}, s1{};
        const int rest = w - lanes<T>;
        if (rest == lanes<T>) {
            for (int64_t r = 0; r < m.rows; ++r, x += w) s0 += load(x), s1 += load(x + lanes<T>);
        } else {
            for (int64_t r = 0; r < m.rows; ++r, x += w) s0 += load(x), s1 += load_part(x + lanes<T>, rest);
        }
        store(out, s0);
        store_part(out + lanes<T>, s1, rest);
        return;
    }
    Vec<T> s{};
    for (int64_t r = 0; r < m.rows; ++r, x += w) s += load(x);  // lanes past the width are read and left
    store_part(out, s, w);
}

template <class T>
void max_panel(const Matrix<T>& m, int64_t p, T* out) {
    const int w = m.width(p);
    for (int c = 0; c < w; ++c) {
        const T* x = m.at(p) + c;
        T largest = *x;
        for (int64_t r = 1; r < m.rows; ++r) largest = larger(x[r * w], largest);
        out[c] = largest;
    }
}

}  // namespace clearprop::CLEARPROP_ISA
