// Compiled once per instruction set: which kernel an instruction calls. One entry point per element type.
#include "changes.hpp"
#include "columns.hpp"
#include "move.hpp"
#include "product.hpp"

namespace clearprop::CLEARPROP_ISA {

template <class T>
CP_INLINE const T* pointer(const Context& x, int32_t i) {
    return static_cast<const T*>(x.memory[i]);
}

// Whether the epilogue is just relu in place, which a product of some width applies as it stores.
bool is_relu_in_place(const Instruction& s, const Context& x) {
    if (s.chain < 0 || x.chains[s.chain].n_micro != 1) return false;
    const Chain& chain = x.chains[s.chain];
    const Micro& m = x.micros[chain.first_micro];
    if (m.op != Op::relu || m.value < 0 || x.memory[m.value] != x.memory[s.out]) return false;
    const Operand& from = x.operands[chain.first_operand + m.inputs[0]];
    return from.mode == Mode::full && from.value == s.out && x.values[s.out].cols > dot_columns;
}

// Rows begin … end − 1 of out = a·b + bias, and the epilogue on each panel while it is in cache.
template <class T>
void rows_of_product(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const Matrix<T> a = matrix<T>(x, s.a), b = matrix<T>(x, s.b), out = matrix<T>(x, s.out);
    const T* bias = s.c >= 0 ? pointer<T>(x, s.c) : nullptr;
    const bool relu = is_relu_in_place(s, x);
    const auto finished = [&](int64_t p) {
        if (s.chain >= 0 && !relu) run_chain<T>(s, x, p, begin, end - begin, nullptr);
    };
    s.code == Code::product_nn ? product_nn<T>(a, b, bias, relu, out, begin, end, finished)
                               : product_of_changes<T>(a, b, bias, relu, out, begin, end, finished);
}

// The operands that an epilogue will want, brought nearer while the product is computed.
template <class T>
void prefetch(const Instruction& s, const Context& x, int64_t p, int64_t row, int64_t bytes) {
    const Chain& chain = x.chains[s.chain];
    for (int i = 0; i < chain.n_operands; ++i) {
        const Operand& o = x.operands[chain.first_operand + i];
        if (o.mode != Mode::full || i == s.head) continue;
        const char* at = reinterpret_cast<const char*>(matrix<T>(x, o.value).at(p, row));
        for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch(at + b, 1);
    }
}

CP_INLINE int64_t std_min(int64_t a, int64_t b) { return a < b ? a : b; }

// Panels of n rows that take half a megabyte.
template <class T>
CP_INLINE int64_t strip_of(int64_t n) {
    const int64_t fit = (1 << 19) / (n * panel<T> * int64_t(sizeof(T)) + 1);
    return fit < 1 ? 1 : fit;
}

// The epilogue on block (i, j) of a gradient, and its transposed twin.
template <class T>
void finish_block(const Instruction& s, const Context& x, int64_t i, int64_t j, int rows, int width, const T* result) {
    const int64_t row = i * panel<T>;
    if (s.chain >= 0) run_chain<T>(s, x, j, row, rows, result);
    if (s.twin < 0) return;
    const Chain& chain = x.chains[s.chain];
    const Matrix<T> last = matrix<T>(x, x.micros[chain.first_micro + chain.n_micro - 1].value);
    const Matrix<T> twin = matrix<T>(x, s.twin);
    transpose_block<T>(last.at(j, row), width, twin.at(i, j * panel<T>), rows, rows, width);
}

// Blocks begin … end − 1 of out = aᵀ·b, each finished with the epilogue and its transposed twin.
template <class T>
void blocks_of_product(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const Matrix<T> a = matrix<T>(x, s.a), b = matrix<T>(x, s.b), out = matrix<T>(x, s.out);
    const int64_t strip = strip_of<T>(a.rows), tall = a.panels();
    alignas(64) T sums[(panel<T> + 1) * panel<T>];
    for (int64_t u = begin; u < end; ++u) {
        // Strips of panels of b that stay in L2; each panel of a meets all of a strip before the next.
        const int64_t first = u < tall * strip ? 0 : u / (tall * strip) * strip,
                      wide = std_min(strip, b.panels() - first);
        const int64_t in_strip = u - first * tall, i = wide == 1 ? in_strip : in_strip / wide;
        const int64_t j = first + in_strip - i * wide, row = i * panel<T>;
        const int rows = a.width(i), width = b.width(j);
        const bool kept = s.chain < 0 || out.data != nullptr;
        T* result = kept ? out.at(j, row) : sums;
        const int64_t bytes = int64_t(rows) * width * int64_t(sizeof(T));
        if (s.chain >= 0 && bytes > 2048) prefetch<T>(s, x, j, row, bytes);
        product_tn<T>(a, b, i, j, result);
        finish_block<T>(s, x, i, j, rows, width, result);
    }
}

// n rows of panel j of a gradient from row k on, added up from G and finished; `sum` is what the row before had.
template <class T>
void finish_strip(const Instruction& s, const Context& x, int64_t j, int64_t k, int n, const T* g, Vec<T> (&sum)[2]) {
    const Matrix<T> out = matrix<T>(x, s.out);
    alignas(64) T block[(panel<T> + 1) * panel<T>];
    for (int64_t i = 0; i < n; i += panel<T>) {
        const int rows = int(std_min(panel<T>, n - i)), width = out.width(j);
        T* result = s.chain < 0 || out.data ? out.at(j, k + i) : block;
        add_up_changes<T>(g + i * panel<T>, x.indices + s.start + k + i, rows, sum, result, width);
        finish_block<T>(s, x, (k + i) / panel<T>, j, rows, width, result);
    }
}

// The same from the changes of a: panels begin … end − 1, strip by strip; or, of few rows, words begin … end − 1 of all
// panels.
template <class T>
void gradient_of_changes(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const Matrix<T> changes = matrix<T>(x, s.a), dz = matrix<T>(x, s.b), out = matrix<T>(x, s.out);
    alignas(64) T g[strip * panel<T>];
    if (!is_by_words(x.indices + s.start, out.rows, dz.rows)) {
        for (int64_t j = begin; j < end; ++j) {
            Vec<T> sum[2] = {};
            for (int64_t k = 0; k < out.rows; k += strip) {
                const int64_t n = std_min(strip, out.rows - k);
                dz.width(j) > lanes<T> ? gather_changes<T, 2>(changes, dz, j, k, n, g)
                                       : gather_changes<T, 1>(changes, dz, j, k, n, g);
                finish_strip<T>(s, x, j, k, int(n), g, sum);
            }
        }
        return;
    }
    ByColumn<T> by_column;
    by_column.list = reinterpret_cast<Change<T>*>(static_cast<char*>(x.scratch) + chain_scratch);
    by_column.rows = dz.rows;
    for (int64_t w = begin; w < end; ++w) {
        by_column.turn(changes, w);
        const int64_t k = w * word, n = std_min(word, out.rows - k);
        for (int64_t j = 0; j < out.panels(); ++j) {
            Vec<T> sum[2] = {};
            dz.width(j) > lanes<T> ? gather_by_column<T, 2>(by_column, dz, j, n, g)
                                   : gather_by_column<T, 1>(by_column, dz, j, n, g);
            finish_strip<T>(s, x, j, k, int(n), g, sum);
        }
    }
}

// Rows begin … end − 1 of columns that are taken or added up, and the epilogue on each piece while it is in cache.
template <class T>
void rows_of_columns(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const Matrix<T> a = matrix<T>(x, s.a), out = matrix<T>(x, s.out);
    const int32_t* index = x.indices + s.start;
    for (int64_t p = 0; p < out.panels(); ++p) {
        const int64_t piece = chunk_bytes / (out.width(p) * int64_t(sizeof(T)));
        for (int64_t r = begin; r < end; r += piece) {
            const int64_t stop = std_min(end, r + piece);
            s.code == Code::take_columns ? take_columns(a, index, out, p, r, stop)
                                         : add_columns(a, index, out, p, r, stop);
            if (s.chain >= 0) run_chain<T>(s, x, p, r, stop - r, nullptr);
        }
    }
}

// Blocks of P rows of the panels of an elementwise result that is no batch.
template <class T>
void blocks_of_chain(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const Matrix<T> out = matrix<T>(x, s.out);
    const int64_t across = (out.rows + panel<T> - 1) / panel<T>;
    for (int64_t u = begin; u < end; ++u) {
        const int64_t p = u / across, row = u % across * panel<T>;
        run_chain<T>(s, x, p, row, out.rows - row < panel<T> ? out.rows - row : panel<T>, nullptr);
    }
}

template <class T>
void panels_of_columns(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const Matrix<T> a = matrix<T>(x, s.a), out = matrix<T>(x, s.out);
    for (int64_t p = begin; p < end; ++p) {
        alignas(64) T result[panel<T> + lanes<T>];
        if (a.cols == 1)  // a column of numbers: to one
            result[0] = s.code == Code::sum_columns ? sum_of(a.data, a.rows) : max_of(a.data, a.rows);
        else
            s.code == Code::sum_columns ? sum_panel(a, p, result) : max_panel(a, p, result);
        if (s.chain < 0 || out.data) copy_row<T>(result, out.data + p * panel<T>, a.width(p));
        if (s.chain >= 0) run_chain<T>(s, x, p, 0, 1, result);
    }
}

CP_INLINE auto numbers(const int64_t* index) {
    return [index](int64_t r) { return index[r]; };
}

template <class T>
CP_INLINE auto codes(const T* code, int64_t rows) {
    return [code, rows](int64_t r) { return row_of(code[r], rows); };
}

// Blocks of rows of a sum of rows by index, and the epilogue on each while it is in cache.
template <class T, class Index>
void blocks_of_rows(const Instruction& s, const Context& x, Index index, int64_t begin, int64_t end) {
    const Matrix<T> a = matrix<T>(x, s.a), out = matrix<T>(x, s.out);
    const int64_t across = (out.rows + rows_at_once - 1) / rows_at_once;
    for (int64_t u = begin; u < end; ++u) {
        const int64_t p = u / across, row = u % across * rows_at_once;
        const int64_t rows = std_min(rows_at_once, out.rows - row);
        scatter<T>(a, index, out, p, row, rows);
        if (s.chain >= 0) run_chain<T>(s, x, p, row, rows, nullptr);
    }
}

template <class T>
void run(const Instruction& s, const Context& x, int64_t begin, int64_t end) {
    const auto at = [&](int32_t i) { return matrix<T>(x, i); };
    T* work = static_cast<T*>(x.scratch);
    switch (s.code) {
        case Code::product_nn:
        case Code::product_of_changes:
            return rows_of_product<T>(s, x, begin, end);
        case Code::product_tn:
            return blocks_of_product<T>(s, x, begin, end);
        case Code::gradient_of_changes:
            return gradient_of_changes<T>(s, x, begin, end);
        case Code::find_changes:
            return find_changes_of<T>(at(s.a), x.indices[s.start], x.indices + s.start + 1, at(s.out), begin, end);
        case Code::find_changes_of_rows:
            return find_changes_of_rows<T>(pointer<T>(x, s.a), x.index, at(s.a).cols, x.indices[s.start],
                                           x.indices + s.start + 1, x.kept && x.kept->source == s.a ? x.kept : nullptr,
                                           at(s.out), begin, end);
        case Code::find_pieces: {
            const int32_t* about = x.indices + s.start;  // first column, places of two numbers, how many, columns
            return find_pieces<T>(at(s.a), pointer<T>(x, s.b), pointer<T>(x, s.c), T(x.file[about[1]]),
                                  T(x.file[about[2]]), about[0], about + 4, about[3], at(s.out), begin, end);
        }
        case Code::sums_of_blocks:
            for (int64_t p = begin; p < end; ++p) sums_of_blocks<T>(at(s.a), x.indices + s.start, at(s.out), p);
            return;
        case Code::chain:
            if (s.domain != Domain::rows) return blocks_of_chain<T>(s, x, begin, end);
            for (int64_t p = 0; p < at(s.out).panels(); ++p) run_chain<T>(s, x, p, begin, end - begin, nullptr);
            return;
        case Code::sum_columns:
        case Code::max_columns:
            return panels_of_columns<T>(s, x, begin, end);
        case Code::sum_rows:
        case Code::max_rows:
            for (int64_t r = begin; r < end; ++r)
                at(s.out).data[r] = s.code == Code::sum_rows ? row_sum(at(s.a), r) : row_max(at(s.a), r);
            return;
        case Code::sum_squares_rows:
            for (int64_t r = begin; r < end; ++r) at(s.out).data[r] = row_sum_of_squares(at(s.a), r);
            return;
        case Code::softmax:
            return softmax<T>(at(s.a), at(s.out), begin, end);
        case Code::log_softmax:
            return log_softmax<T>(at(s.a), at(s.out), begin, end, work);
        case Code::softmax_cross_entropy: {
            const Matrix<T> t = at(s.b);
            return cross_entropy<T>(at(s.a), &t, nullptr, at(s.out).data, begin, end, work);
        }
        case Code::softmax_cross_entropy_labels:
            return cross_entropy<T>(at(s.a), nullptr, pointer<int64_t>(x, s.b), at(s.out).data, begin, end, work);
        case Code::gather:
            return pack_rows<T>(pointer<T>(x, s.a), x.index, at(s.out), begin, end);
        case Code::gather_labels: {
            const int64_t* from = pointer<int64_t>(x, s.a);
            int64_t* to = static_cast<int64_t*>(x.memory[s.out]);
            for (int64_t r = begin; r < end; ++r) to[r] = from[x.index ? x.index[r] : r];
            return;
        }
        case Code::transpose: {
            const int64_t across = at(s.a).panels();
            for (int64_t u = begin; u < end; ++u) transpose_part<T>(at(s.a), at(s.out), u % across, u / across);
            return;
        }
        case Code::slice_columns:
            return copy_part<T>(at(s.a), at(s.out), 0, s.start, 0, at(s.out).cols, begin, end);
        case Code::slice_rows:
            return copy_part<T>(at(s.a), at(s.out), s.start, 0, 0, at(s.out).cols, begin, end);
        case Code::paste_columns:
            return copy_part<T>(at(s.a), at(s.out), 0, 0, s.start, at(s.a).cols, begin, end);
        case Code::paste_rows: {
            const Matrix<T> to = at(s.out), from = at(s.a);
            const int64_t first = begin > s.start ? begin : s.start, last = s.start + from.rows;
            return copy_part<T>(from, to, -s.start, 0, 0, to.cols, first, end < last ? end : last);
        }
        case Code::take_columns:
        case Code::add_columns:
            return rows_of_columns<T>(s, x, begin, end);
        case Code::take_rows:
            return take<T>(at(s.a), numbers(pointer<int64_t>(x, s.b)), at(s.out), begin, end);
        case Code::embed:
            return take<T>(at(s.a), codes(pointer<T>(x, s.b), at(s.a).rows), at(s.out), begin, end);
        case Code::scatter_rows:
            return blocks_of_rows<T>(s, x, numbers(pointer<int64_t>(x, s.b)), begin, end);
        case Code::add_embedded:
            return blocks_of_rows<T>(s, x, codes(pointer<T>(x, s.b), at(s.out).rows), begin, end);
        case Code::copy:
            for (int64_t p = begin; p < end; ++p)
                copy<T>(at(s.a).at(p), at(s.out).at(p), at(s.out).rows * at(s.out).width(p));
            return;
    }
}

template <class T>
void pack(const T* from, T* to, int64_t rows, int64_t cols) {
    pack_rows<T>(from, nullptr, Matrix<T>{to, rows, cols}, 0, rows);
}

template <class T>
void unpack(const T* from, T* to, int64_t rows, int64_t cols) {
    unpack_rows<T>(Matrix<T>{const_cast<T*>(from), rows, cols}, to);
}

// 0 · x is 0 for every finite x, and NaN for the others.
template <class T>
bool finite(const T* x, int64_t n) {
    Vec<T> sum[4] = {};
    int64_t i = 0;
    for (; i + 4 * lanes<T> <= n; i += 4 * lanes<T>)
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v) sum[v] = fma(load(x + i + v * lanes<T>), Vec<T>{}, sum[v]);
    for (; i + lanes<T> <= n; i += lanes<T>) sum[0] = fma(load(x + i), Vec<T>{}, sum[0]);
    if (i < n) sum[1] = fma(load_part(x + i, int(n - i)), Vec<T>{}, sum[1]);
    return add_lanes<T>(sum[0] + sum[1] + sum[2] + sum[3]) == T(0);
}

// The register tile on data that stays in L1: the most that products can reach on one core.
template <class T>
double ceiling(int64_t repeats) {
    constexpr int64_t k = 128;  // two pieces of 16 KB
    alignas(64) T a[k * panel<T>], b[k * panel<T>], out[8 * panel<T>];
    for (int64_t i = 0; i < k * panel<T>; ++i) a[i] = b[i] = T(1);
    for (int64_t i = 0; i < repeats; ++i) {
        tile_tn<T, tile_rows, 2>(a, panel<T>, b, panel<T>, k, out, tile_rows, true);
        __asm__ __volatile__("" : : "r"(out) : "memory");  // the result is wanted
    }
    return double(repeats) * 2.0 * tile_rows * panel<T> * k;
}

}  // namespace clearprop::CLEARPROP_ISA

#define CP_NAME(x) CP_NAME_(x)
#define CP_NAME_(x) kernels_##x
#define CP_TEXT(x) CP_TEXT_(x)
#define CP_TEXT_(x) #x

namespace clearprop {

// Constant data, so that it can be looked at before anyone knows whether the processor may run what it points to.
extern const Kernels CP_NAME(CLEARPROP_ISA);
constinit const Kernels CP_NAME(CLEARPROP_ISA) = {
    CP_TEXT(CLEARPROP_ISA),        CLEARPROP_ISA::panel<float>,    CLEARPROP_ISA::panel<double>,
    CLEARPROP_ISA::run<float>,     CLEARPROP_ISA::run<double>,     CLEARPROP_ISA::pack<float>,
    CLEARPROP_ISA::pack<double>,   CLEARPROP_ISA::unpack<float>,   CLEARPROP_ISA::unpack<double>,
    CLEARPROP_ISA::finite<float>,  CLEARPROP_ISA::finite<double>,  CLEARPROP_ISA::philox,
    CLEARPROP_ISA::ceiling<float>, CLEARPROP_ISA::ceiling<double>,
};

}  // namespace clearprop
