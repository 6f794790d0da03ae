// The same numbers in another arrangement: transposes, slices, concatenation, rows by index. Bandwidth is all there is.
#pragma once

#include "panels.hpp"

namespace clearprop::CLEARPROP_ISA {

// Element (r, c), wherever it lies.
template <class T>
CP_INLINE T& element(const Matrix<T>& m, int64_t r, int64_t c) {
    const int64_t p = c / panel<T>;
    return m.at(p, r)[c - p * panel<T>];
}

// Block (i, j) of out = fromᵀ: columns of panel i of `from` become rows, its rows jP … become columns.
template <class T>
void transpose_part(const Matrix<T>& from, const Matrix<T>& out, int64_t i, int64_t j) {
    const int rows = out.width(j), cols = from.width(i);
    const int64_t r = j * panel<T>, c = i * panel<T>;
    transpose_block<T>(from.at(i, r), from.width(i), out.at(j, c), out.width(j), rows, cols);
}

// to[r, c + to_col] = from[r + shift, c + from_col] for rows begin … end − 1 of `to`.
template <class T>
void copy_part(const Matrix<T>& from, const Matrix<T>& to, int64_t shift, int64_t from_col, int64_t to_col,
               int64_t cols, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
        for (int64_t c = 0; c < cols; ++c) element(to, r, c + to_col) = element(from, r + shift, c + from_col);
}

template <class T>
void take(const Matrix<T>& table, const int64_t* index, const Matrix<T>& out, int64_t begin, int64_t end) {
    for (int64_t p = 0; p < out.panels(); ++p)
        for (int64_t r = begin; r < end; ++r) copy_row<T>(table.at(p, index[r]), out.at(p, r), out.width(p));
}

// Panel p of a sum of rows by index; rows are added in order, so a row named twice gets both.
template <class T>
void scatter(const Matrix<T>& from, const int64_t* index, const Matrix<T>& out, int64_t p) {
    const int w = out.width(p);
    __builtin_memset(out.at(p), 0, size_t(out.rows * w) * sizeof(T));
    for (int64_t r = 0; r < from.rows; ++r) {
        T* to = out.at(p, index[r]);
        const T* x = from.at(p, r);
        for (int c = 0; c < w; ++c) to[c] += x[c];
    }
}

}  // namespace clearprop::CLEARPROP_ISA
