// Kernels that look at whole rows: sums and maxima over the columns, softmax, cross-entropy.
//
// Rows are short where it matters (classes), so these work on a block of rows at once: what is per element runs over
// the block as one flat array, whatever the width, and only maximum and sum go row by row. Intensity: an exp and a few
// operations per number read.
#pragma once

#include "chain.hpp"

namespace clearprop::CLEARPROP_ISA {

template <class T>
CP_INLINE T larger(T a, T b) {
    return a > b || a != a ? a : b;
}

// The sum of n numbers: lane by lane, then over the lanes.
template <class T>
CP_INLINE T sum_of(const T* x, int64_t n) {
    if (n < lanes<T>) {
        T s = 0;
        for (int64_t i = 0; i < n; ++i) s += x[i];
        return s;
    }
    Vec<T> s{};
    int64_t i = 0;
    for (; i + lanes<T> <= n; i += lanes<T>) s += load(x + i);
    if (i < n) s += load_part(x + i, int(n - i));
    return add_lanes<T>(s);
}

template <class T>
CP_INLINE T max_of(const T* x, int64_t n) {
    T m = x[0];
    int64_t i = 1;
    if (n >= lanes<T>) {
        Vec<T> v = load(x);
        for (i = lanes<T>; i + lanes<T> <= n; i += lanes<T>) v = maximum<T>(load(x + i), v);
        m = v[0];
        for (int l = 1; l < lanes<T>; ++l) m = larger(v[l], m);
    }
    for (; i < n; ++i) m = larger(x[i], m);
    return m;
}

template <class T>
T row_sum(const Matrix<T>& m, int64_t r) {
    T s = sum_of(m.at(0, r), m.width(0));
    for (int64_t p = 1; p < m.panels(); ++p) s += sum_of(m.at(p, r), m.width(p));
    return s;
}

template <class T>
T row_sum_of_squares(const Matrix<T>& m, int64_t r) {
    Vec<T> s[2] = {};
    for (int64_t p = 0; p < m.panels(); ++p) {
        const T* x = m.at(p, r);
        const int w = m.width(p);
        for (int v = 0; v < 2; ++v) {
            const int left = w - v * lanes<T>;
            const Vec<T> a = left >= lanes<T> ? load(x + v * lanes<T>)
                             : left > 0       ? load_part(x + v * lanes<T>, left)
                                              : Vec<T>{};
            s[v] = fma(a, a, s[v]);
        }
    }
    return add_lanes<T>(s[0] + s[1]);
}

template <class T>
T row_max(const Matrix<T>& m, int64_t r) {
    T s = max_of(m.at(0, r), m.width(0));
    for (int64_t p = 1; p < m.panels(); ++p) s = larger(max_of(m.at(p, r), m.width(p)), s);
    return s;
}

// f over n numbers in place.
template <class T, class F>
CP_INLINE void in_place(T* x, int64_t n, F f) {
    int64_t i = 0;
    for (; i + lanes<T> <= n; i += lanes<T>) store(x + i, f(load(x + i)));
    if (i < n) store_part(x + i, f(load_part(x + i, int(n - i))), int(n - i));
}

// out = z − max z for rows begin … end − 1.
template <class T>
void shift(const Matrix<T>& z, const Matrix<T>& out, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
        const T m = row_max(z, r);
        for (int64_t p = 0; p < z.panels(); ++p) {
            const T* from = z.at(p, r);
            T* to = out.at(p, r);
            const int w = z.width(p);
            if (w < lanes<T>)
                for (int c = 0; c < w; ++c) to[c] = from[c] - m;
            else
                unary<T>(Register<T>{from, 0, false}, w, to, [m](Vec<T> x) { return x - m; });
        }
    }
}

template <class T>
void scale_row(const Matrix<T>& m, int64_t r, T factor) {
    for (int64_t p = 0; p < m.panels(); ++p) {
        T* x = m.at(p, r);
        const int w = m.width(p);
        if (w < lanes<T>)
            for (int c = 0; c < w; ++c) x[c] *= factor;
        else
            in_place<T>(x, w, [factor](Vec<T> v) { return v * factor; });
    }
}

// --- few columns: a vector holds one column of as many rows as it has lanes, so nothing is left to do row by row

constexpr int few = 16;

// Rows r … r + n − 1 of a narrow matrix, transposed. The lanes past n repeat row r.
template <class T>
CP_INLINE void load_columns(const Matrix<T>& m, int64_t r, int n, Vec<T>* columns) {
    const int w = int(m.cols);
    const T* from = m.data + r * w;
    for (int c = 0; c < w; ++c) {
        T x[lanes<T>];
        for (int l = 0; l < lanes<T>; ++l) x[l] = from[(l < n ? l : 0) * w + c];
        columns[c] = load(x);
    }
}

template <class T>
CP_INLINE void store_columns(const Vec<T>* columns, const Matrix<T>& m, int64_t r, int n) {
    const int w = int(m.cols);
    T* to = m.data + r * w;
    for (int c = 0; c < w; ++c)
        for (int l = 0; l < n; ++l) to[l * w + c] = columns[c][l];
}

// Subtracts each row's maximum, and returns Σ exp; the exponentials go to `e`.
template <class T>
CP_INLINE Vec<T> exponentials(Vec<T>* z, Vec<T>* e, int w) {
    Vec<T> largest = z[0], sum{};
    for (int c = 1; c < w; ++c) largest = maximum<T>(z[c], largest);
    for (int c = 0; c < w; ++c) {
        z[c] -= largest;
        e[c] = exp<T>(z[c]);
        sum += e[c];
    }
    return sum;
}

template <class T>
void narrow_softmax(const Matrix<T>& z, const Matrix<T>& out, int64_t begin, int64_t end) {
    const int w = int(z.cols);
    Vec<T> x[few], e[few];
    for (int64_t r = begin; r < end; r += lanes<T>) {
        const int n = end - r < lanes<T> ? int(end - r) : lanes<T>;
        load_columns(z, r, n, x);
        const Vec<T> scale = splat<T>(1) / exponentials<T>(x, e, w);
        for (int c = 0; c < w; ++c) e[c] *= scale;
        store_columns(e, out, r, n);
    }
}

template <class T>
void narrow_cross_entropy(const Matrix<T>& z, const Matrix<T>* t, const int64_t* labels, T* out, int64_t begin,
                          int64_t end) {
    const int w = int(z.cols);
    Vec<T> x[few], e[few];
    for (int64_t r = begin; r < end; r += lanes<T>) {
        const int n = end - r < lanes<T> ? int(end - r) : lanes<T>;
        load_columns(z, r, n, x);
        const Vec<T> log_sum = log<T>(exponentials<T>(x, e, w));
        Vec<T> loss{};
        if (labels) {
            loss = log_sum;
            for (int l = 0; l < n; ++l) loss[l] -= x[labels[r + l]][l];
        } else {
            load_columns(*t, r, n, e);
            for (int c = 0; c < w; ++c) loss += e[c] * (log_sum - x[c]);
        }
        store_part(out + r, loss, n);
    }
}

// --- any number of columns

constexpr int64_t row_block = 64;  // rows handled at once by the kernels below

template <class T>
void softmax(const Matrix<T>& z, const Matrix<T>& out, int64_t begin, int64_t end) {
    if (z.cols <= few && z.cols <= panel<T>) return narrow_softmax(z, out, begin, end);
    for (int64_t b = begin; b < end; b += row_block) {
        const int64_t stop = b + row_block < end ? b + row_block : end;
        shift(z, out, b, stop);
        for (int64_t p = 0; p < out.panels(); ++p)
            in_place<T>(out.at(p, b), (stop - b) * out.width(p), [](Vec<T> x) { return exp<T>(x); });
        for (int64_t r = b; r < stop; ++r) scale_row(out, r, T(1) / row_sum(out, r));
    }
}

// ln Σ exp of each shifted row, `work` holds the exponentials (one row block of one panel at a time).
template <class T>
void log_sums(const Matrix<T>& shifted, int64_t begin, int64_t end, T* work, T* sums) {
    for (int64_t r = begin; r < end; ++r) sums[r - begin] = 0;
    constexpr int64_t most = chunk_bytes / int64_t(sizeof(T));
    for (int64_t p = 0; p < shifted.panels(); ++p) {
        const int w = shifted.width(p);
        for (int64_t b = begin; b < end; b += most / w) {
            const int64_t n = end - b < most / w ? end - b : most / w;
            unary<T>(Register<T>{shifted.at(p, b), 0, false}, n * w, work, [](Vec<T> x) { return exp<T>(x); });
            for (int64_t r = 0; r < n; ++r) sums[b + r - begin] += sum_of(work + r * w, w);
        }
    }
    in_place<T>(sums, end - begin, [](Vec<T> x) { return log<T>(x); });
}

template <class T>
void log_softmax(const Matrix<T>& z, const Matrix<T>& out, int64_t begin, int64_t end, T* work) {
    T sums[row_block];
    for (int64_t b = begin; b < end; b += row_block) {
        const int64_t stop = b + row_block < end ? b + row_block : end;
        shift(z, out, b, stop);
        log_sums(out, b, stop, work, sums);
        for (int64_t p = 0; p < out.panels(); ++p)
            for (int64_t r = b; r < stop; ++r) {
                T* x = out.at(p, r);
                const T s = sums[r - b];
                for (int c = 0; c < out.width(p); ++c) x[c] -= s;
            }
    }
}

// One number per row: −Σ t ln softmax(z). `t` is a matrix, or null where `labels` say which entry is 1.
template <class T>
void cross_entropy(const Matrix<T>& z, const Matrix<T>* t, const int64_t* labels, T* out, int64_t begin, int64_t end,
                   T* work) {
    if (z.cols <= few && z.cols <= panel<T>) return narrow_cross_entropy(z, t, labels, out, begin, end);
    T sums[row_block];
    constexpr int64_t most = chunk_bytes / int64_t(sizeof(T));
    for (int64_t b = begin; b < end; b += row_block) {
        const int64_t stop = b + row_block < end ? b + row_block : end;
        T largest[row_block];
        for (int64_t r = b; r < stop; ++r) largest[r - b] = row_max(z, r), sums[r - b] = 0;
        for (int64_t p = 0; p < z.panels(); ++p) {
            const int w = z.width(p);
            for (int64_t c = b; c < stop; c += most / w) {
                const int64_t n = stop - c < most / w ? stop - c : most / w;
                const T* from = z.at(p, c);
                for (int64_t r = 0; r < n; ++r)
                    for (int k = 0; k < w; ++k) work[r * w + k] = from[r * w + k] - largest[c + r - b];
                in_place<T>(work, n * w, [](Vec<T> x) { return exp<T>(x); });
                for (int64_t r = 0; r < n; ++r) sums[c + r - b] += sum_of(work + r * w, w);
            }
        }
        in_place<T>(sums, stop - b, [](Vec<T> x) { return log<T>(x); });
        for (int64_t r = b; r < stop; ++r) {
            const T base = largest[r - b], log_sum = sums[r - b];
            if (labels) {
                const int64_t p = labels[r] / panel<T>;
                out[r] = log_sum - (z.at(p, r)[labels[r] - p * panel<T>] - base);
                continue;
            }
            T s = 0;
            for (int64_t p = 0; p < z.panels(); ++p)
                for (int k = 0; k < z.width(p); ++k) s += t->at(p, r)[k] * (log_sum - (z.at(p, r)[k] - base));
            out[r] = s;
        }
    }
}

}  // namespace clearprop::CLEARPROP_ISA
