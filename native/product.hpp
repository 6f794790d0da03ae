// Matrix products on panels, in the forms that training needs.
//
//   nn   out(R×C) = a(R×K) · b(K×C) + bias      forward, and dX with the transposed copy of W for b
//   tn   out(K×C) = aᵀ(K×R) · b(R×C)            dW
//
// Both run on one register tile of 8 rows × 2 vectors (4 rows where there are 16 registers): per k one row of b is
// loaded (2 vectors), 8 numbers of a are broadcast, 16 multiply-adds follow: 10 loads for 16 fused multiply-adds, so
// the arithmetic is what limits it. Every element is one chain of multiply-adds over k = 0, 1, …, starting from the
// bias. Blocking never changes that order, so the result does not depend on tile, panel, block or thread, and equal
// columns give equal bits.
//
// Loop nest of nn: block of k (a's block stays in L2) > panel of b (its block stays in L1) > tile of 8 rows > k. Per
// tile and k: 32 bytes of a and 128 of b from L1 for 512 floating-point operations. Loop nest of tn: block of P × P
// results > block of k > tile > k. A block is 1024 sums kept in L1 until they are complete; then the epilogue (the
// optimizer's update) reads and writes θ, m, v in pieces of 4 KB.
#pragma once

#include "panels.hpp"
#include "vecmath.hpp"

namespace clearprop::CLEARPROP_ISA {

// The sums of a tile stay in registers: 16 of the 32 vectors that AVX-512 and ARM have, 8 of 16 elsewhere. Eight are
// enough to keep two multiply-adds of four cycles each under way.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int tile_rows = 8;
#else
constexpr int tile_rows = 4;
#endif

template <class T>
constexpr int k_block = 32768 / (panel<T> * int(sizeof(T)));  // b's block: 32 KB

// acc[r][v] += Σₖ a[r·rs + k·ks] · b[k·bs + v·L]
template <class T, int M, int NV>
CP_INLINE void accumulate(Vec<T> (&acc)[M][NV], const T* a, int64_t rs, int64_t ks, const T* b, int64_t bs, int64_t n) {
#pragma GCC unroll 4
    for (int64_t k = 0; k < n; ++k) {
        Vec<T> row[NV];
#pragma GCC unroll 2
        for (int v = 0; v < NV; ++v) row[v] = load(b + v * lanes<T>);
#pragma GCC unroll 8
        for (int r = 0; r < M; ++r) {
            Vec<T> x = splat(a[r * rs]);
#pragma GCC unroll 2
            for (int v = 0; v < NV; ++v) acc[r][v] = fma(x, row[v], acc[r][v]);
        }
        a += ks;
        b += bs;
    }
}

template <class T, int NV>
CP_INLINE void load_tile_row(Vec<T> (&acc)[NV], const T* from, int width) {
    if constexpr (NV == 2) acc[0] = load(from);
    const int left = width - (NV - 1) * lanes<T>;
    const T* last = from + (NV - 1) * lanes<T>;
    acc[NV - 1] = left == lanes<T> ? load(last) : load_part(last, left);
}

// The first `width` of NV vectors.
template <class T, int NV>
CP_INLINE void store_tile_row(const Vec<T> (&acc)[NV], T* to, int width) {
    if (width == NV * lanes<T>) {
#pragma GCC unroll 2
        for (int v = 0; v < NV; ++v) store(to + v * lanes<T>, acc[v]);
    } else {
        if constexpr (NV == 2) store(to, acc[0]);
        store_part(to + (NV - 1) * lanes<T>, acc[NV - 1], width - (NV - 1) * lanes<T>);
    }
}

// Rows of a times a block of k of one panel of b.
template <class T>
struct NN {
    Matrix<T> a;
    const T* b;     // panel of b
    T* out;         // panel of out
    const T* bias;  // of the panel, or null
    int width;      // of b's and out's panel
    int64_t k_begin, k_end;
    bool relu;  // of the finished sums, before they are stored

    // Whole: the panel fills its vectors, so the strides are constants and nothing is partial.
    template <int M, int NV, bool Whole>
    __attribute__((noinline)) void tile(int64_t row) const {
        const int w = Whole ? NV * lanes<T> : width;
        Vec<T> acc[M][NV];
        T* to = out + row * w;
        const T* start = k_begin > 0 ? to : bias;
        const int64_t stride = k_begin > 0 ? w : 0;
#pragma GCC unroll 8
        for (int r = 0; r < M; ++r) {
            if (start)
                load_tile_row<T, NV>(acc[r], start + r * stride, w);
            else
#pragma GCC unroll 2
                for (int v = 0; v < NV; ++v) acc[r][v] = Vec<T>{};
        }
        const T* left = a.data + k_begin * a.rows + row * panel<T>;  // k_begin is a multiple of the panel
        const T* right = b + k_begin * w;
        int64_t k = k_begin;
        for (; k + panel<T> <= k_end; k += panel<T>, left += panel<T> * a.rows, right += panel<T> * w)
            accumulate<T, M, NV>(acc, left, panel<T>, 1, right, w, panel<T>);
        if (const int64_t rest = k_end - k; rest > 0)  // the last panel of a is narrow
            accumulate<T, M, NV>(acc, a.data + k * a.rows + row * rest, rest, 1, right, w, rest);
        if (relu) {
#pragma GCC unroll 8
            for (int r = 0; r < M; ++r)
#pragma GCC unroll 2
                for (int v = 0; v < NV; ++v) acc[r][v] = maximum<T>(acc[r][v], Vec<T>{});
        }
#pragma GCC unroll 8
        for (int r = 0; r < M; ++r) store_tile_row<T, NV>(acc[r], to + r * w, w);
    }

    // One row against G whole panels at once: a single row has too few sums under way to keep the units busy.
    template <int G>
    __attribute__((noinline)) void row_of_panels(int64_t row) const {
        Vec<T> acc[G][2];
        const int64_t from_panel = panel<T> * a.cols, to_panel = panel<T> * a.rows;
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g)
#pragma GCC unroll 2
            for (int v = 0; v < 2; ++v) acc[g][v] = bias ? load(bias + g * panel<T> + v * lanes<T>) : Vec<T>{};
        for (int64_t k = 0; k < a.cols; ++k) {
            const int64_t p = k / panel<T>;
            const Vec<T> x = splat(a.at(p, row)[k - p * panel<T>]);
            const T* right = b + k * panel<T>;
#pragma GCC unroll 8
            for (int g = 0; g < G; ++g)
#pragma GCC unroll 2
                for (int v = 0; v < 2; ++v) acc[g][v] = fma(x, load(right + g * from_panel + v * lanes<T>), acc[g][v]);
        }
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g)
#pragma GCC unroll 2
            for (int v = 0; v < 2; ++v)
                store(out + g * to_panel + row * panel<T> + v * lanes<T>,
                      relu ? maximum<T>(acc[g][v], Vec<T>{}) : acc[g][v]);
    }

    template <int NV, bool Whole>
    void rows(int64_t begin, int64_t end) const {
        int64_t i = begin;
        for (; i + tile_rows <= end; i += tile_rows) tile<tile_rows, NV, Whole>(i);
        if (tile_rows > 4 && i + 4 <= end) tile<4, NV, Whole>(i), i += 4;
        if (i + 2 <= end) tile<2, NV, Whole>(i), i += 2;
        if (i < end) tile<1, NV, Whole>(i);
    }

    void run(int64_t begin, int64_t end) const {
        if (width == panel<T>)
            rows<2, true>(begin, end);
        else if (width > lanes<T>)
            rows<2, false>(begin, end);
        else if (width == lanes<T>)
            rows<1, true>(begin, end);
        else
            rows<1, false>(begin, end);
    }
};

// A product with very few columns: vectors along k instead, rows of a with columns of b, lanes added in a fixed order.
// Each b column is read as a contiguous row of `turned`, its transpose in scratch. Per k and row: w multiply-adds.
constexpr int dot_columns = 4;
constexpr int64_t dot_longest = 1024;

template <class T, int W>
void dot_rows(const Matrix<T>& a, const T* turned, int64_t stride, const T* bias, T* out, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
        Vec<T> sum[W] = {};
        int64_t k = 0;
        for (int64_t p = 0; p < a.panels(); ++p) {
            const T* x = a.at(p, r);
            const int w = a.width(p);
            for (int i = 0; i < w; i += lanes<T>, k += lanes<T>) {
                const Vec<T> v = w - i < lanes<T> ? load_part(x + i, w - i) : load(x + i);
#pragma GCC unroll 4
                for (int c = 0; c < W; ++c) sum[c] = fma(v, load(turned + c * stride + k), sum[c]);
            }
        }
#pragma GCC unroll 4
        for (int c = 0; c < W; ++c) out[r * W + c] = (bias ? bias[c] : T(0)) + add_lanes<T>(sum[c]);
    }
}

template <class T>
void product_dot(const Matrix<T>& a, const Matrix<T>& b, const T* bias, const Matrix<T>& out, int64_t begin,
                 int64_t end) {
    const int w = int(out.cols);
    const int64_t stride = (a.cols + lanes<T> - 1) / lanes<T> * lanes<T>;
    alignas(64) T turned[dot_columns * dot_longest];
    for (int c = 0; c < w; ++c) {
        for (int64_t k = 0; k < a.cols; ++k) turned[c * stride + k] = b.data[k * w + c];
        for (int64_t k = a.cols; k < stride; ++k) turned[c * stride + k] = 0;
    }
    switch (w) {
        case 1:
            return dot_rows<T, 1>(a, turned, stride, bias, out.data, begin, end);
        case 2:
            return dot_rows<T, 2>(a, turned, stride, bias, out.data, begin, end);
        case 3:
            return dot_rows<T, 3>(a, turned, stride, bias, out.data, begin, end);
        default:
            return dot_rows<T, 4>(a, turned, stride, bias, out.data, begin, end);
    }
}

// Rows begin … end − 1 of out = a·b + bias, or of its relu. `finished(p)` is called when panel p is complete.
template <class T, class F>
void product_nn(const Matrix<T>& a, const Matrix<T>& b, const T* bias, bool relu, const Matrix<T>& out, int64_t begin,
                int64_t end, F finished) {
    if (out.cols <= dot_columns && a.cols >= 2 * lanes<T> && a.cols <= dot_longest) {
        product_dot(a, b, bias, out, begin, end);
        return finished(0);
    }
    int64_t done = 0;  // panels
    if (end - begin == 1)
        for (; (done + 4) * panel<T> <= out.cols; done += 4) {
            const NN<T> four{a,        b.at(done), out.at(done), bias ? bias + done * panel<T> : nullptr,
                             panel<T>, 0,          a.cols,       relu};
            four.template row_of_panels<4>(begin);
            for (int64_t p = done; p < done + 4; ++p) finished(p);
        }
    if (done * panel<T> >= out.cols) return;
    int64_t k = 0;
    do {
        const int64_t stop = a.cols - k < k_block<T> * 5 / 4 ? a.cols : k + k_block<T>;
        for (int64_t p = done; p < out.panels(); ++p) {
            const int width = out.width(p);
            const NN<T> block{a,     b.at(p), out.at(p), bias ? bias + p * panel<T> : nullptr,
                              width, k,       stop,      relu && stop == a.cols};
            block.run(begin, end);
            if (stop == a.cols) finished(p);
        }
        k = stop;
    } while (k < a.cols);
}

// M columns of a (rows of the result) times one panel of b, over a block of rows.
template <class T, int M, int NV>
__attribute__((noinline)) void tile_tn(const T* a, int a_width, const T* b, int b_width, int64_t n, T* out, int keep,
                                       bool first) {
    Vec<T> acc[M][NV];
#pragma GCC unroll 8
    for (int r = 0; r < M; ++r) {
        if (first) {
#pragma GCC unroll 2
            for (int v = 0; v < NV; ++v) acc[r][v] = Vec<T>{};
        } else {
            load_tile_row<T, NV>(acc[r], out + r * b_width, b_width);
        }
    }
    if (a_width == panel<T> && b_width == panel<T>)
        accumulate<T, M, NV>(acc, a, 1, panel<T>, b, panel<T>, n);
    else
        accumulate<T, M, NV>(acc, a, 1, a_width, b, b_width, n);
#pragma GCC unroll 8
    for (int r = 0; r < M; ++r)
        if (r < keep) store_tile_row<T, NV>(acc[r], out + r * b_width, b_width);
}

// The same block for a b of few columns, the other way round: b's numbers are broadcast against vectors of a, so that
// the lanes are used. Each element is the same chain of multiply-adds in the same order: the same bits.
constexpr int turned_columns = tile_rows > 4 ? 12 : 8;  // whose sums stay in registers

template <class T, int W>
void tile_turned(const T* a, int a_width, const T* b, int64_t n, T* out) {
    Vec<T> sum[W][2] = {};
    const bool two = a_width > lanes<T>;
    for (int64_t k = 0; k < n; ++k, a += a_width, b += W) {
        const Vec<T> x0 = load(a), x1 = two ? load(a + lanes<T>) : x0;
#pragma GCC unroll 16
        for (int c = 0; c < W; ++c) {
            const Vec<T> g = splat(b[c]);
            sum[c][0] = fma(x0, g, sum[c][0]);
            sum[c][1] = fma(x1, g, sum[c][1]);
        }
    }
    for (int c = 0; c < W; ++c) {
        T x[panel<T>];
        store(x, sum[c][0]);
        store(x + lanes<T>, sum[c][1]);
        for (int i = 0; i < a_width; ++i) out[i * W + c] = x[i];
    }
}

// False if b has more columns than that.
template <class T, int W = (turned_columns < panel<T> ? turned_columns : panel<T>)>
bool product_turned(const Matrix<T>& a, const Matrix<T>& b, int64_t i, T* out) {
    if constexpr (W == 0)
        return false;
    else if (b.cols != W)
        return product_turned<T, W - 1>(a, b, i, out);
    else
        return tile_turned<T, W>(a.at(i), a.width(i), b.data, a.rows, out), true;
}

// One block of out = aᵀ·b: the columns of panel i of a against panel j of b, into `out`, rows as wide as panel j.
// A tile may read a few numbers past a narrow panel of a; what comes of them is not stored.
template <class T>
void product_tn(const Matrix<T>& a, const Matrix<T>& b, int64_t i, int64_t j, T* out) {
    const int a_width = a.width(i), b_width = b.width(j);
    if (a_width > lanes<T> / 2 && product_turned(a, b, i, out)) return;
    constexpr int64_t block = k_block<T> / 2;
    int64_t k = 0;
    do {
        const int64_t n = a.rows - k < block * 5 / 4 ? a.rows - k : block;
        const T* right = b.at(j, k);
        for (int c = 0; c < a_width; c += tile_rows) {
            const T* left = a.at(i, k) + c;
            T* to = out + c * b_width;
            const int left_over = a_width - c;
            const bool two = b_width > lanes<T>;
            if (tile_rows > 4 && left_over > 4)
                two ? tile_tn<T, tile_rows, 2>(left, a_width, right, b_width, n, to, left_over, k == 0)
                    : tile_tn<T, tile_rows, 1>(left, a_width, right, b_width, n, to, left_over, k == 0);
            else if (left_over > 1)
                two ? tile_tn<T, 4, 2>(left, a_width, right, b_width, n, to, left_over, k == 0)
                    : tile_tn<T, 4, 1>(left, a_width, right, b_width, n, to, left_over, k == 0);
            else
                two ? tile_tn<T, 1, 2>(left, a_width, right, b_width, n, to, left_over, k == 0)
                    : tile_tn<T, 1, 1>(left, a_width, right, b_width, n, to, left_over, k == 0);
        }
        k += n;
    } while (k < a.rows);
}

}  // namespace clearprop::CLEARPROP_ISA
