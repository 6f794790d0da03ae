// A matrix in panels (see program.hpp), and the moves in and out of that layout.
#pragma once

#include "program.hpp"
#include "simd.hpp"

namespace clearprop::CLEARPROP_ISA {

template <class T>
constexpr int panel = 2 * lanes<T>;

template <class T>
struct Matrix {
    T* data;
    int64_t rows;
    int64_t cols;

    CP_INLINE int64_t panels() const { return (cols + panel<T> - 1) / panel<T>; }
    CP_INLINE int width(int64_t p) const {
        int64_t left = cols - p * panel<T>;
        return left < panel<T> ? int(left) : panel<T>;
    }
    CP_INLINE T* at(int64_t p) const { return data + p * panel<T> * rows; }
    CP_INLINE T* at(int64_t p, int64_t row) const { return at(p) + row * width(p); }
};

template <class T>
CP_INLINE Matrix<T> matrix(const Context& x, int32_t i) {
    const Value& v = x.values[i];
    return {static_cast<T*>(x.memory[i]), v.rows < 0 ? x.n : v.rows, v.cols};
}

// n numbers from one place to another. Whole vectors, then a partial one: nothing is written past the end.
template <class T>
CP_INLINE void copy(const T* from, T* to, int64_t n) {
    int64_t i = 0;
    for (; i + lanes<T> <= n; i += lanes<T>) store(to + i, load(from + i));
    if (i < n) store_part(to + i, load_part(from + i, int(n - i)), int(n - i));
}

// The smallest pieces (a row of two numbers) are not worth a vector.
template <class T>
CP_INLINE void copy_row(const T* from, T* to, int width) {
    if (width == panel<T>) {
        store(to, load(from));
        store(to + lanes<T>, load(from + lanes<T>));
    } else if (width <= 4) {
        for (int i = 0; i < width; ++i) to[i] = from[i];
    } else {
        copy(from, to, width);
    }
}

template <class T, int W>
void gather_rows(const T* from, const int64_t* index, T* to, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) __builtin_memcpy(to + i * W, from + index[i] * W, W * sizeof(T));
}

template <class T>
CP_INLINE void prefetch_row(const T* row, int64_t cols) {
    for (int64_t b = 0; b < cols * int64_t(sizeof(T)); b += 64)
        __builtin_prefetch(reinterpret_cast<const char*>(row) + b);
}

// Rows begin … end − 1 of a row-major array into panels; `index` names the source rows, or is null.
template <class T>
void pack_rows(const T* from, const int64_t* index, const Matrix<T>& to, int64_t begin, int64_t end) {
    const int64_t cols = to.cols;
    if (cols <= panel<T>) {  // one panel: the same layout
        if (!index) return copy(from + begin * cols, to.data + begin * cols, (end - begin) * cols);
        switch (cols) {
            case 1:
                return gather_rows<T, 1>(from, index, to.data, begin, end);
            case 2:
                return gather_rows<T, 2>(from, index, to.data, begin, end);
            case 4:
                return gather_rows<T, 4>(from, index, to.data, begin, end);
            default:
                for (int64_t i = begin; i < end; ++i) copy_row(from + index[i] * cols, to.data + i * cols, int(cols));
                return;
        }
    }
    for (int64_t i = begin; i < end; ++i) {
        const T* row = from + (index ? index[i] : i) * cols;
        if (index && i + 8 < end) prefetch_row(from + index[i + 8] * cols, cols);
        for (int64_t p = 0; p < to.panels(); ++p) copy_row(row + p * panel<T>, to.at(p, i), to.width(p));
    }
}

template <class T>
void unpack_rows(const Matrix<T>& from, T* to) {
    for (int64_t i = 0; i < from.rows; ++i)
        for (int64_t p = 0; p < from.panels(); ++p)
            copy_row<T>(from.at(p, i), to + i * from.cols + p * panel<T>, from.width(p));
}

// --- transposition

template <class T>
CP_INLINE Vec<T> zip_low(Vec<T> a, Vec<T> b);
template <class T>
CP_INLINE Vec<T> zip_high(Vec<T> a, Vec<T> b);

#if defined(__AVX512F__)
template <>
CP_INLINE Vec<float> zip_low<float>(Vec<float> a, Vec<float> b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
template <>
CP_INLINE Vec<float> zip_high<float>(Vec<float> a, Vec<float> b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
template <>
CP_INLINE Vec<double> zip_low<double>(Vec<double> a, Vec<double> b) {
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
template <>
CP_INLINE Vec<double> zip_high<double>(Vec<double> a, Vec<double> b) {
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
#elif defined(__AVX2__)
template <>
CP_INLINE Vec<float> zip_low<float>(Vec<float> a, Vec<float> b) {
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
template <>
CP_INLINE Vec<float> zip_high<float>(Vec<float> a, Vec<float> b) {
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
template <>
CP_INLINE Vec<double> zip_low<double>(Vec<double> a, Vec<double> b) {
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}
template <>
CP_INLINE Vec<double> zip_high<double>(Vec<double> a, Vec<double> b) {
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}
#else
template <>
CP_INLINE Vec<float> zip_low<float>(Vec<float> a, Vec<float> b) {
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}
template <>
CP_INLINE Vec<float> zip_high<float>(Vec<float> a, Vec<float> b) {
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}
template <>
CP_INLINE Vec<double> zip_low<double>(Vec<double> a, Vec<double> b) {
    return __builtin_shufflevector(a, b, 0, 2);
}
template <>
CP_INLINE Vec<double> zip_high<double>(Vec<double> a, Vec<double> b) {
    return __builtin_shufflevector(a, b, 1, 3);
}
#endif

// A square of L × L numbers by log₂ L rounds of perfect shuffles.
template <class T>
CP_INLINE void transpose_square(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
    constexpr int L = lanes<T>;
    Vec<T> a[L], b[L];
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) a[i] = load(from + i * from_stride);
#pragma GCC unroll 4
    for (int round = 1; round < L; round *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < L / 2; ++i) {
            b[2 * i] = zip_low<T>(a[i], a[i + L / 2]);
            b[2 * i + 1] = zip_high<T>(a[i], a[i + L / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) a[i] = b[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) store(to + i * to_stride, a[i]);
}

// to[c][r] = from[r][c] for a block of rows × cols.
template <class T>
void transpose_block(const T* from, int64_t from_stride, T* to, int64_t to_stride, int rows, int cols) {
    constexpr int L = lanes<T>;
    for (int r = 0; r < rows; r += L)
        for (int c = 0; c < cols; c += L) {
            if (r + L <= rows && c + L <= cols) {
                transpose_square(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
                continue;
            }
            for (int i = r; i < rows && i < r + L; ++i)
                for (int j = c; j < cols && j < c + L; ++j) to[j * to_stride + i] = from[i * from_stride + j];
        }
}

}  // namespace clearprop::CLEARPROP_ISA
