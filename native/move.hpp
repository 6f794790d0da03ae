// The same numbers in another arrangement: transposes, slices, concatenation, rows by index. Bandwidth is all there is.
#pragma once

#include "panels.hpp"

namespace clearprop::CLEARPROP_ISA {

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
    for (int64_t c = 0; c < cols;) {  // as many columns at a time as are side by side in both
        const int64_t a = (c + from_col) % panel<T>, b = (c + to_col) % panel<T>;
        const int64_t left = panel<T> - (a > b ? a : b), width = left < cols - c ? left : cols - c;
        const int64_t p = (c + from_col) / panel<T>, q = (c + to_col) / panel<T>;
        for (int64_t r = begin; r < end; ++r) copy_row<T>(from.at(p, r + shift) + a, to.at(q, r) + b, int(width));
        c += width;
    }
}

// The numbers of columns are small and not negative: unsigned, the division by a panel's width is a shift.
template <class T>
CP_INLINE const T& number_at(const Matrix<T>& m, int64_t r, int32_t column) {
    const uint32_t c = uint32_t(column), p = c / uint32_t(panel<T>);
    return m.at(p, r)[c - p * uint32_t(panel<T>)];
}

// Panel p of columns by number.
template <class T>
void take_columns(const Matrix<T>& from, const int32_t* index, const Matrix<T>& out, int64_t p, int64_t begin,
                  int64_t end) {
    const int w = out.width(p);
    index += p * panel<T>;
    const int64_t first = index[0] / panel<T>;
    bool together = true;  // whether all of them are in one panel, as those of neighbours often are
    for (int c = 1; c < w; ++c) together = together && index[c] / panel<T> == first;
    if (!together) {
        for (int64_t r = begin; r < end; ++r)
            for (int c = 0; c < w; ++c) out.at(p, r)[c] = number_at(from, r, index[c]);
        return;
    }
    int32_t place[panel<T>];
    for (int c = 0; c < w; ++c) place[c] = index[c] - int32_t(first) * panel<T>;
    int runs = 0, starts[panel<T> + 1];  // of one column that is taken several times
    for (int c = 0; c < w; ++c)
        if (c == 0 || place[c] != place[c - 1]) starts[runs++] = c;
    starts[runs] = w;
    if (runs * 4 <= w) {
        for (int64_t r = begin; r < end; ++r) {
            T* to = out.at(p, r);
            for (int i = 0; i < runs; ++i) {
                const Vec<T> x = splat(from.at(first, r)[place[starts[i]]]);
                int c = starts[i];
                for (; c + lanes<T> <= starts[i + 1]; c += lanes<T>) store(to + c, x);
                if (c < starts[i + 1]) store_part(to + c, x, starts[i + 1] - c);
            }
        }
        return;
    }
    for (int64_t r = begin; r < end; ++r) {
        const T* row = from.at(first, r);
        T* to = out.at(p, r);
        for (int c = 0; c < w; ++c) to[c] = row[place[c]];
    }
}

// How many columns are added to each of as many sums as a vector has lanes, if those of one after the other lie side by
// side in one panel; else 0.
template <class T>
CP_INLINE int side_by_side(const int32_t* starts, const int32_t* columns) {
    const int many = starts[1] - starts[0];
    for (int j = 0; j < many; ++j) {
        const int32_t first = columns[starts[0] + j];
        if (first % panel<T> + lanes<T> > panel<T>) return 0;
        for (int l = 1; l < lanes<T>; ++l)
            if (starts[l + 1] - starts[l] != many || columns[starts[l] + j] != first + l) return 0;
    }
    return many;
}

// One sum of columns for some rows, a few at a time: each is a chain of additions.
template <class T>
void add_column(const Matrix<T>& from, const int32_t* columns, int many, T* to, int width, int64_t begin, int64_t end) {
    constexpr int at_once = 8;
    int64_t r = begin;
    for (; r + at_once <= end; r += at_once) {
        T sum[at_once] = {};
        for (int j = 0; j < many; ++j) {
            const T* x = &number_at(from, r, columns[j]);
            const int64_t next = from.width(columns[j] / panel<T>);
            for (int i = 0; i < at_once; ++i) sum[i] += x[i * next];
        }
        for (int i = 0; i < at_once; ++i) to[(r + i) * width] = sum[i];
    }
    for (; r < end; ++r) {
        T sum = 0;
        for (int j = 0; j < many; ++j) sum += number_at(from, r, columns[j]);
        to[r * width] = sum;
    }
}

// Panel p of sums of columns. `index`: where the columns of each sum begin among the numbers behind that list; they are
// added from left to right.
template <class T>
void add_columns(const Matrix<T>& from, const int32_t* index, const Matrix<T>& out, int64_t p, int64_t begin,
                 int64_t end) {
    const int w = out.width(p);
    const int32_t *starts = index + p * panel<T>, *columns = index + out.cols + 1;
    for (int c = 0; c < w;) {
        const int many = c + lanes<T> <= w ? side_by_side<T>(starts + c, columns) : 0;
        if (many == 0) {
            add_column(from, columns + starts[c], starts[c + 1] - starts[c], out.at(p) + c, w, begin, end);
            ++c;
            continue;
        }
        for (int64_t r = begin; r < end; ++r) {
            Vec<T> sum{};
            for (int j = 0; j < many; ++j) sum += load(&number_at(from, r, columns[starts[c] + j]));
            store(out.at(p, r) + c, sum);
        }
        c += lanes<T>;
    }
}

// The row that a code means: rounded toward zero, kept within the table, NaN as 0.
template <class T>
CP_INLINE int64_t row_of(T code, int64_t rows) {
    return !(code > T(0)) ? 0 : code >= T(rows - 1) ? rows - 1 : int64_t(code);
}

// The index says which row is meant for r.
template <class T, class Index>
void take(const Matrix<T>& table, Index index, const Matrix<T>& out, int64_t begin, int64_t end) {
    for (int64_t p = 0; p < out.panels(); ++p)
        for (int64_t r = begin; r < end; ++r) copy_row<T>(table.at(p, index(r)), out.at(p, r), out.width(p));
}

// Rows first … first + n − 1 of panel p of sums of rows by index. What is named twice gets both, in the order in which
// they come, whichever threads the blocks are on.
template <class T, class Index>
void scatter(const Matrix<T>& from, Index index, const Matrix<T>& out, int64_t p, int64_t first, int64_t n) {
    const int w = out.width(p);
    T* const base = out.at(p, first);
    __builtin_memset(base, 0, size_t(n * w) * sizeof(T));
    for (int64_t r = 0; r < from.rows; ++r) {
        const int64_t i = index(r) - first;
        if (i < 0 || i >= n) continue;
        T* to = base + i * w;
        const T* x = from.at(p, r);
        for (int c = 0; c < w; ++c) to[c] += x[c];
    }
}

}  // namespace clearprop::CLEARPROP_ISA
