// Products by rows that change in few places: numbers encoded piece by piece, levels of a category.
//
// Columns come in blocks. Within one, with a[k − 1] = 0 before its first column,
//
//   Σₖ a[k]·W[k] = Σₖ (a[k] − a[k − 1])·S[k],   S[k] = W[k] + W[k + 1] + … up to the last of the block
//   dW[k] = G[first] + … + G[k],                G[k] = Σ over the rows of (a[k] − a[k − 1])·dz
//
// so only those k cost anything where the row changes: about three in a block of 64 intervals. A block of one column
// stands as it is, and a zero in it costs nothing. Per change and panel: 2 loads and 2 multiply-adds forward, 2 stores
// more backward; the sums are read and written once a step. Every element is one chain, whatever tile or thread.
#pragma once

#include "move.hpp"
#include "product.hpp"
#include "vecmath.hpp"

namespace clearprop::CLEARPROP_ISA {

constexpr int64_t most_changing = 4096;  // columns: a row and its marks stay in L1

template <class T>
struct Change {
    typename Lane<T>::Int column;
    T by;
};

// The changes of row r: how many, in the column of the first record, and behind it one record each.
template <class T>
CP_INLINE Change<T>* changes_of(const Matrix<T>& m, int64_t r) {
    return reinterpret_cast<Change<T>*>(m.data) + r * (m.cols / 2);
}

// The changes of one row as they are found, vector by vector, and then written down in one go: where a row changes
// cannot be foreseen, so there is one branch for 64 columns and none for each vector.
template <class T>
struct Changing {
    T by[most_changing + lanes<T>];
    uint64_t bits[most_changing / 64 + 2] = {};

    CP_INLINE void at(int64_t k, Vec<T> change, uint32_t which) {
        const int64_t word = k / 64, shift = k % 64;
        store(by + k, change);
        bits[word] |= uint64_t(which) << shift;
        bits[word + 1] |= uint64_t(which) >> 1 >> (63 - shift);
    }

    // Behind those of the columns before `from`, if there are any.
    CP_INLINE void write(Change<T>* row, int64_t from, int64_t columns) {
        using Int = typename Lane<T>::Int;
        Change<T>* next = row + (from ? row[0].column : 0);
        for (int64_t word = 0; word * 64 < columns; ++word) {
            for (uint64_t left = bits[word]; left; left &= left - 1) {
                const int64_t k = word * 64 + lowest_bit(left);
                *++next = {Int(from + k), by[k]};
            }
            bits[word] = 0;
        }
        row[0].column = Int(next - row);
    }
};

// Those of a matrix that is in memory, whose columns are columns from, from + 1, … of the whole. first[k]: whether a
// block begins at its column k.
template <class T>
void find_changes(const Matrix<T>& a, int64_t from, const int32_t* first, const Matrix<T>& out, int64_t begin,
                  int64_t end) {
    using Int = typename Lane<T>::Int;
    alignas(64) T line[most_changing + 2 * lanes<T>] = {};
    alignas(64) Int goes_on[most_changing + lanes<T>];
    T* const x = line + lanes<T>;
    Changing<T> row;
    for (int64_t k = 0; k < a.cols; ++k) goes_on[k] = first[k] ? 0 : -1;
    for (int l = 0; l < lanes<T>; ++l) goes_on[a.cols + l] = 0;  // there x is 0
    for (int64_t r = begin; r < end; ++r) {
        for (int64_t p = 0; p < a.panels(); ++p) copy_row<T>(a.at(p, r), x + p * panel<T>, a.width(p));
        for (int64_t k = 0; k < a.cols; k += lanes<T>) {
            IVec<T> inside;
            __builtin_memcpy(&inside, goes_on + k, sizeof inside);
            const Vec<T> by = load(x + k) - select(inside, load(x + k - 1), Vec<T>{});
            row.at(k, by, nonzero(by));
        }
        row.write(changes_of(out, r), from, a.cols);
    }
}

// Those of numbers encoded piece by piece, which are never in memory: min(max((x − t)/h, 0), 1)·scale − less for each
// interval, whose column of x is among `columns`; the intervals of one column make a block.
template <class T>
void find_pieces(const Matrix<T>& x, const T* t, const T* h, T scale, T less, int64_t from, const int32_t* columns,
                 int64_t many, const Matrix<T>& out, int64_t begin, int64_t end) {
    const Vec<T> one = splat(T(1)), by_scale = splat(scale), by_less = splat(less);
    int32_t starts[most_changing + 1], blocks = 0;
    for (int64_t k = 0; k < many; ++k)
        if (k == 0 || columns[k] != columns[k - 1]) starts[blocks++] = int32_t(k);
    starts[blocks] = int32_t(many);
    Changing<T> row;
    for (int64_t r = begin; r < end; ++r) {
        for (int b = 0; b < blocks; ++b) {
            const int64_t stop = starts[b + 1];
            const Vec<T> number = splat(number_at(x, r, columns[starts[b]]));
            Vec<T> last{};
            for (int64_t k = starts[b]; k < stop; k += lanes<T>) {
                const Vec<T> part = (number - load(t + k)) / load(h + k);
                const Vec<T> v = minimum<T>(maximum<T>(part, Vec<T>{}), one) * by_scale - by_less;
                const Vec<T> by = v - behind(last, v);
                const uint32_t here = stop - k < lanes<T> ? (1u << (stop - k)) - 1 : ~0u;
                row.at(k, by, nonzero(by) & here);
                last = v;
            }
        }
        row.write(changes_of(out, r), from, many);
    }
}

// S of panel p.
template <class T>
void sums_of_blocks(const Matrix<T>& w, const int32_t* first, const Matrix<T>& out, int64_t p) {
    const int width = w.width(p), rest = width - lanes<T>;
    Vec<T> s0{}, s1{};
    if (rest == lanes<T>) {
        for (int64_t k = w.rows - 1; k >= 0; --k) {
            const T* from = w.at(p) + k * panel<T>;
            const bool begins = k + 1 == w.rows || first[k + 1];
            s0 = begins ? load(from) : s0 + load(from);
            s1 = begins ? load(from + lanes<T>) : s1 + load(from + lanes<T>);
            store(out.at(p) + k * panel<T>, s0);
            store(out.at(p) + k * panel<T> + lanes<T>, s1);
        }
        return;
    }
    for (int64_t k = w.rows - 1; k >= 0; --k) {
        if (k + 1 == w.rows || first[k + 1]) s0 = s1 = Vec<T>{};
        s0 += load(w.at(p, k));
        store_part(out.at(p, k), s0, rest < 0 ? width : lanes<T>);
        if (rest <= 0) continue;
        s1 += load(w.at(p, k) + lanes<T>);
        store_part(out.at(p, k) + lanes<T>, s1, rest);
    }
}

// Row r of G whole panels of out from p on.
template <class T, int G>
CP_INLINE void row_of_changes(const Change<T>* row, const Matrix<T>& s, const T* bias, bool relu, const Matrix<T>& out,
                              int64_t p, int64_t r) {
    Vec<T> acc[G][2];
    const int64_t next = panel<T> * s.rows;
    const T* from = s.at(p);
#pragma GCC unroll 4
    for (int g = 0; g < G; ++g)
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v) acc[g][v] = bias ? load(bias + (p + g) * panel<T> + v * lanes<T>) : Vec<T>{};
    const int64_t n = row[0].column;
    for (int64_t i = 1; i <= n; ++i) {
        const Vec<T> by = splat(row[i].by);
        const T* at = from + row[i].column * panel<T>;
#pragma GCC unroll 4
        for (int g = 0; g < G; ++g)
#pragma GCC unroll 2
            for (int v = 0; v < 2; ++v) acc[g][v] = fma(by, load(at + g * next + v * lanes<T>), acc[g][v]);
    }
#pragma GCC unroll 4
    for (int g = 0; g < G; ++g)
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v)
            store(out.at(p + g, r) + v * lanes<T>, relu ? maximum<T>(acc[g][v], Vec<T>{}) : acc[g][v]);
}

// The same of the last panel, which is narrow.
template <class T>
void narrow_row_of_changes(const Change<T>* row, const Matrix<T>& s, const T* bias, bool relu, const Matrix<T>& out,
                           int64_t p, int64_t r) {
    const int w = out.width(p);
    Vec<T> acc[2] = {};
    if (bias) load_tile_row<T, 2>(acc, bias + p * panel<T>, w > lanes<T> ? w : lanes<T>);
    const int64_t n = row[0].column;
    for (int64_t i = 1; i <= n; ++i) {
        const Vec<T> by = splat(row[i].by);
        const T* at = s.at(p, row[i].column);
        for (int v = 0; v < 2; ++v) acc[v] = fma(by, load(at + v * lanes<T>), acc[v]);  // lanes past w are left
    }
    for (int v = 0; v < 2; ++v) {
        const int left = w - v * lanes<T>;
        if (left <= 0) break;
        store_part(out.at(p, r) + v * lanes<T>, relu ? maximum<T>(acc[v], Vec<T>{}) : acc[v],
                   left < lanes<T> ? left : lanes<T>);
    }
}

// Rows begin … end − 1 of out = a·W + bias, or of its relu, from the changes of a and the sums of W. `finished(p)` is
// called when panel p is complete.
template <class T, class F>
void product_of_changes(const Matrix<T>& changes, const Matrix<T>& s, const T* bias, bool relu, const Matrix<T>& out,
                        int64_t begin, int64_t end, F finished) {
    int64_t p = 0;
    const int64_t whole = out.cols / panel<T>;
    const auto rows = [&](int panels, auto each) {
        for (int64_t r = begin; r < end; ++r) each(changes_of(changes, r), r);
        for (int g = 0; g < panels; ++g) finished(p + g);
        p += panels;
    };
    while (p + 4 <= whole)
        rows(4, [&](const Change<T>* row, int64_t r) { row_of_changes<T, 4>(row, s, bias, relu, out, p, r); });
    while (p < whole)
        rows(1, [&](const Change<T>* row, int64_t r) { row_of_changes<T, 1>(row, s, bias, relu, out, p, r); });
    if (p < out.panels())
        rows(1, [&](const Change<T>* row, int64_t r) { narrow_row_of_changes<T>(row, s, bias, relu, out, p, r); });
}

// G of panel p, in rows of a whole panel.
template <class T>
void gather_changes(const Matrix<T>& changes, const Matrix<T>& dz, int64_t p, int64_t k, T* g) {
    __builtin_memset(g, 0, size_t(k * panel<T>) * sizeof(T));
    const bool two = dz.width(p) > lanes<T>;
    for (int64_t r = 0; r < dz.rows; ++r) {
        const T* x = dz.at(p, r);
        const Vec<T> x0 = load(x), x1 = two ? load(x + lanes<T>) : Vec<T>{};
        const Change<T>* row = changes_of(changes, r);
        const int64_t n = row[0].column;
        for (int64_t i = 1; i <= n; ++i) {
            const Vec<T> by = splat(row[i].by);
            T* to = g + row[i].column * panel<T>;
            store(to, fma(by, x0, load(to)));
            if (two) store(to + lanes<T>, fma(by, x1, load(to + lanes<T>)));
        }
    }
}

// Rows k … k + n − 1 of dW from G; `sum` is what the row before them had.
template <class T>
void add_up_changes(const T* g, const int32_t* first, int64_t k, int64_t n, Vec<T> (&sum)[2], T* out, int width) {
    for (int64_t i = k; i < k + n; ++i, out += width)
        for (int v = 0; v < 2; ++v) {
            const Vec<T> more = load(g + i * panel<T> + v * lanes<T>);
            sum[v] = first[i] ? more : sum[v] + more;
            const int left = width - v * lanes<T>;
            if (left > 0) store_part(out + v * lanes<T>, sum[v], left < lanes<T> ? left : lanes<T>);
        }
}

}  // namespace clearprop::CLEARPROP_ISA
