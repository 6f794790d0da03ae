// Chains of elementwise operations on pieces that stay in L1.
//
// A chain is a short straight-line program over registers. A register is a piece of up to 4 KB: an operand read where
// it lies, or scratch, or the place in memory that the result belongs to. Each micro-operation is one loop over
// vectors, so interpreting costs one switch per 4 KB and the memory of intermediate values is never touched. Arithmetic
// intensity is that of the whole chain: operands in, results out, nothing in between.
#pragma once

#include "panels.hpp"
#include "philox.hpp"
#include "vecmath.hpp"

namespace clearprop::CLEARPROP_ISA {

template <class T>
struct Register {
    const T* data;
    T scalar;
    bool is_scalar;

    CP_INLINE Vec<T> at(int64_t i) const { return is_scalar ? splat(scalar) : load(data + i); }
    CP_INLINE Vec<T> part(int64_t i, int n) const { return is_scalar ? splat(scalar) : load_part(data + i, n); }
};

// Where a chain stands: rows begin … begin + rows − 1 of panel p of a matrix with `cols` columns.
struct Piece {
    int64_t panel, begin, rows, cols;
    int width;
    CP_INLINE int64_t size() const { return rows * width; }
};

template <class T, class F>
CP_INLINE void each(int64_t n, T* to, F f) {
    int64_t i = 0;
    for (; i + lanes<T> <= n; i += lanes<T>) store(to + i, f([i](const Register<T>& r) { return r.at(i); }));
    if (i < n) {
        const int left = int(n - i);
        store_part(to + i, f([i, left](const Register<T>& r) { return r.part(i, left); }), left);
    }
}

// f of n numbers that `at(i)` and `part(i, left)` load: the loop knows beforehand what is a vector and what a number.
template <class T, class At, class Part>
CP_INLINE void loop(int64_t n, T* to, At at, Part part) {
    int64_t i = 0;
#pragma GCC unroll 4
    for (; i + lanes<T> <= n; i += lanes<T>) store(to + i, at(i));
    if (const int left = int(n - i)) store_part(to + i, part(i, left), left);
}

template <class T, class F>
CP_INLINE void unary(const Register<T>& a, int64_t n, T* to, F f) {
    if (a.is_scalar) return each<T>(n, to, [&](auto get) { return f(get(a)); });
    const T* x = a.data;
    loop<T>(
        n, to, [&](int64_t i) { return f(load(x + i)); },
        [&](int64_t i, int left) { return f(load_part(x + i, left)); });
}

template <class T, class F>
CP_INLINE void binary(const Register<T>& a, const Register<T>& b, int64_t n, T* to, F f) {
    const T *x = a.data, *y = b.data;
    if (!a.is_scalar && !b.is_scalar)
        return loop<T>(
            n, to, [&](int64_t i) { return f(load(x + i), load(y + i)); },
            [&](int64_t i, int left) { return f(load_part(x + i, left), load_part(y + i, left)); });
    if (a.is_scalar && b.is_scalar) return each<T>(n, to, [&](auto get) { return f(get(a), get(b)); });
    const Vec<T> number = splat(a.is_scalar ? a.scalar : b.scalar);
    if (a.is_scalar)
        return loop<T>(
            n, to, [&](int64_t i) { return f(number, load(y + i)); },
            [&](int64_t i, int left) { return f(number, load_part(y + i, left)); });
    loop<T>(
        n, to, [&](int64_t i) { return f(load(x + i), number); },
        [&](int64_t i, int left) { return f(load_part(x + i, left), number); });
}

template <class T, class F>
CP_INLINE void ternary(const Register<T>& a, const Register<T>& b, const Register<T>& c, int64_t n, T* to, F f) {
    if (a.is_scalar || b.is_scalar || !c.is_scalar)
        return each<T>(n, to, [&](auto get) { return f(get(a), get(b), get(c)); });
    const Vec<T> number = splat(c.scalar);  // what dropout leaves out is 0
    binary<T>(a, b, n, to, [&](Vec<T> x, Vec<T> y) { return f(x, y, number); });
}

template <class T, class F>
void lane_by_lane(const Register<T>& a, int64_t n, T* to, F f) {
    for (int64_t i = 0; i < n; ++i) to[i] = f(a.is_scalar ? a.scalar : a.data[i]);
}

template <class T>
void spread_uniform(const Context& x, const Piece& at, uint32_t stream, T* to) {
    const Counter counter{uint64_t(x.counter[0]), uint32_t(x.counter[1]), uint32_t(x.counter[2]), stream};
    uint32_t words[chunk_bytes / sizeof(T) + 8];
    const bool contiguous = at.width == at.cols;  // one panel: the rows follow each other
    const int64_t pieces = contiguous ? 1 : at.rows, length = contiguous ? at.size() : at.width;
    for (int64_t i = 0; i < pieces; ++i) {
        const int64_t first = (at.begin + i) * at.cols + at.panel * panel<T>, skipped = first % 4;
        philox(counter, uint32_t(first / 4), (skipped + length + 3) / 4, words);
        for (int64_t k = 0; k < length; ++k)
            *to++ = T(float(words[skipped + k] >> 8) * 5.9604644775390625e-08f);  // 2⁻²⁴
    }
}

// Repeat a row, a column, or write labels as rows of 0 and 1.
template <class T>
void spread(const Context& x, const Operand& o, const Piece& at, T* to) {
    const int w = at.width;
    switch (o.mode) {
        case Mode::row: {
            const T* row = static_cast<const T*>(x.memory[o.value]) + at.panel * panel<T>;
            for (int64_t r = 0; r < at.rows; ++r) copy_row(row, to + r * w, w);
            return;
        }
        case Mode::column: {
            const T* column = static_cast<const T*>(x.memory[o.value]) + at.begin;
            for (int64_t r = 0; r < at.rows; ++r)
                for (int c = 0; c < w; ++c) to[r * w + c] = column[r];
            return;
        }
        case Mode::one_hot: {
            const int64_t* labels = static_cast<const int64_t*>(x.memory[o.value]) + at.begin;
            __builtin_memset(to, 0, size_t(at.size()) * sizeof(T));
            for (int64_t r = 0; r < at.rows; ++r) {
                const int64_t c = labels[r] - at.panel * panel<T>;
                if (c >= 0 && c < w) to[r * w + c] = 1;
            }
            return;
        }
        default:
            spread_uniform(x, at, uint32_t(int64_t(o.number)), to);
    }
}

template <class T>
Register<T> operand(const Context& x, const Operand& o, const Piece& at, const T* head, T* scratch) {
    Register<T> r;
    r.is_scalar = false;
    switch (o.mode) {
        case Mode::full:
            r.data = head ? head : matrix<T>(x, o.value).at(at.panel, at.begin);
            return r;
        case Mode::scalar:
            r.is_scalar = true, r.scalar = *static_cast<const T*>(x.memory[o.value]);
            return r;
        case Mode::file:
            r.is_scalar = true, r.scalar = T(x.file[o.value]);
            return r;
        case Mode::constant:
            r.is_scalar = true, r.scalar = T(o.number);
            return r;
        default:
            spread(x, o, at, scratch);
            r.data = scratch;
            return r;
    }
}

// What Adam's step is made of, c₁ and c₂ being 1 − β₁ᵗ and 1 − β₂ᵗ.
template <class T>
struct AdamRates {
    Vec<T> rate, scale, eps;

    CP_INLINE AdamRates(T eta, T c1, T c2, T eps)
        : rate(splat(T(double(eta) / double(c1)))), scale(splat(T(1.0 / double(c2)))), eps(splat(eps)) {}
    CP_INLINE Vec<T> descend(Vec<T> theta, Vec<T> m, Vec<T> v) const {
        return theta - m * rate / (sqrt(v * scale) + eps);
    }
};

// The same where η stands for η·√c₂/c₁, as in scikit-learn.
template <class T>
struct HatRates {
    Vec<T> rate, eps;

    CP_INLINE HatRates(T eta, T eps) : rate(splat(eta)), eps(splat(eps)) {}
    CP_INLINE Vec<T> descend(Vec<T> theta, Vec<T> m, Vec<T> v) const { return theta - m * rate / (sqrt(v) + eps); }
};

template <class T>
__attribute__((noinline)) void update(Op op, const Register<T>* r, const int32_t* in, int64_t n, T* to) {
    // Scalars come last: θ g η, θ η λ, v g μ, m g β, v g β, θ g v η ε, θ m v η c₁ c₂ ε.
    auto s = [&](int i) { return r[in[i]].is_scalar ? r[in[i]].scalar : r[in[i]].data[0]; };
    auto reg = [&](int i) -> const Register<T>& { return r[in[i]]; };
    switch (op) {
        case Op::descend: {
            const Vec<T> eta = splat(-s(2));
            return binary<T>(reg(0), reg(1), n, to, [&](auto theta, auto g) { return fma(eta, g, theta); });
        }
        case Op::decay: {
            const Vec<T> keep = splat(T(1.0 - double(s(1)) * double(s(2))));
            return unary<T>(reg(0), n, to, [&](auto theta) { return theta * keep; });
        }
        case Op::accelerate: {
            const Vec<T> mu = splat(s(2));
            return binary<T>(reg(0), reg(1), n, to, [&](auto v, auto g) { return fma(v, mu, g); });
        }
        case Op::average: {
            const Vec<T> keep = splat(s(2)), take = splat(T(1) - s(2));
            return binary<T>(reg(0), reg(1), n, to, [&](auto m, auto g) { return fma(m, keep, g * take); });
        }
        case Op::average_square: {
            const Vec<T> keep = splat(s(2)), take = splat(T(1) - s(2));
            return binary<T>(reg(0), reg(1), n, to, [&](auto v, auto g) { return fma(v, keep, g * g * take); });
        }
        case Op::scaled_descend: {
            const HatRates<T> by(s(3), s(4));
            return each<T>(n, to, [&](auto get) { return by.descend(get(reg(0)), get(reg(1)), get(reg(2))); });
        }
        default: {
            const AdamRates<T> by(s(3), s(4), s(5), s(6));
            return each<T>(n, to, [&](auto get) { return by.descend(get(reg(0)), get(reg(1)), get(reg(2))); });
        }
    }
}

// The three updates of Adam in one go, so that the memory of the moments and the square root do not wait for each
// other. `by` makes the step of both.
template <class T, class Rates>
CP_INLINE void adam(const Micro* m, const Register<T>* r, T keep1, T keep2, const Rates& by, int64_t n, T* const* to) {
    auto data = [&](int k, int i) { return r[m[k].inputs[i]].data; };
    const Vec<T> keep_m = splat(keep1), take_m = splat(T(1) - keep1);
    const Vec<T> keep_v = splat(keep2), take_v = splat(T(1) - keep2);
    const T *first = data(0, 0), *second = data(1, 0), *gradient = data(0, 1), *theta = data(2, 0);
    const auto each_of = [&](int64_t i, auto get, auto put) {
        const Vec<T> g = get(gradient + i);
        const Vec<T> a = fma(get(first + i), keep_m, g * take_m), b = fma(get(second + i), keep_v, g * g * take_v);
        const Vec<T> x = by.descend(get(theta + i), a, b);
        put(to[0] + i, a), put(to[1] + i, b), put(to[2] + i, x);
    };
    int64_t i = 0;
    for (; i + lanes<T> <= n; i += lanes<T>)
        each_of(i, [](const T* p) { return load(p); }, [](T* p, Vec<T> x) { store(p, x); });
    if (const int left = int(n - i))
        each_of(
            i, [left](const T* p) { return load_part(p, left); }, [left](T* p, Vec<T> x) { store_part(p, x, left); });
}

template <class T>
__attribute__((noinline)) void adam(const Micro* m, const Register<T>* r, int64_t n, T* const* to) {
    auto s = [&](int k, int i) {
        return r[m[k].inputs[i]].is_scalar ? r[m[k].inputs[i]].scalar : *r[m[k].inputs[i]].data;
    };
    if (m[2].op == Op::adam_descend)
        adam<T>(m, r, s(0, 2), s(1, 2), AdamRates<T>(s(2, 3), s(2, 4), s(2, 5), s(2, 6)), n, to);
    else
        adam<T>(m, r, s(0, 2), s(1, 2), HatRates<T>(s(2, 3), s(2, 4)), n, to);
}

// Whether three operations are the updates of one array by Adam; `first` is the register of what the first one makes.
template <class T>
CP_INLINE bool are_adam(const Micro* m, const Register<T>* r, int first) {
    return m[0].op == Op::average && m[1].op == Op::average_square &&
           (m[2].op == Op::adam_descend || m[2].op == Op::scaled_descend) && m[0].inputs[1] == m[1].inputs[1] &&
           m[1].inputs[0] < first && m[2].inputs[0] < first && m[2].inputs[1] == first && m[2].inputs[2] == first + 1 &&
           !r[m[0].inputs[0]].is_scalar && !r[m[0].inputs[1]].is_scalar && !r[m[1].inputs[0]].is_scalar &&
           !r[m[2].inputs[0]].is_scalar;
}

template <class T>
void micro(const Micro& m, const Register<T>* r, int64_t n, T* to) {
    const Register<T>&a = r[m.inputs[0]], &b = r[m.inputs[1]], &c = r[m.inputs[2]];
    const T one = 1, number = T(m.number);
    using V = Vec<T>;
    switch (m.op) {
#define UNARY(op, vector, scalar) \
    case Op::op:                  \
        return unary<T>(a, n, to, [=](V x) { return vector; });
#define BINARY(op, vector, scalar) \
    case Op::op:                   \
        return binary<T>(a, b, n, to, [=](V x, V y) { return vector; });
#define TERNARY(op, vector, scalar) \
    case Op::op:                    \
        return ternary<T>(a, b, c, n, to, [=](V x, V y, V z) { return vector; });
#define LANES(op, lane, scalar) \
    case Op::op:                \
        return lane_by_lane<T>(a, n, to, [=](T x) { return lane; });
#include "ops.hpp"
        default:
            return update<T>(m.op, r, m.inputs, n, to);
    }
}

// The chain of an instruction on a block of rows. `head` is where the instruction's own result for these rows lies, if
// that is not in the value itself.
template <class T>
void run_chain(const Instruction& step, const Context& x, int64_t p, int64_t begin, int64_t rows, const T* head) {
    const Chain& chain = x.chains[step.chain];
    const Operand* operands = x.operands + chain.first_operand;
    const Micro* micros = x.micros + chain.first_micro;
    const Matrix<T> shape = matrix<T>(x, step.out);
    const int width = shape.width(p);
    const int64_t most = chunk_bytes / (width * int64_t(sizeof(T)));
    T* scratch = static_cast<T*>(x.scratch);
    constexpr int64_t chunk = (chunk_bytes + slack_bytes) / sizeof(T);
    Register<T> registers[max_registers];
    for (int64_t done = 0; done < rows; done += most) {
        const Piece at{p, begin + done, rows - done < most ? rows - done : most, shape.cols, width};
        for (int i = 0; i < chain.n_operands; ++i) {
            const T* here = head && i == step.head ? head + done * width : nullptr;
            registers[i] = operand<T>(x, operands[i], at, here, scratch + operands[i].scratch * chunk);
        }
        const auto made = [&](int i) {
            const Micro& m = micros[i];
            T* to = m.value >= 0 ? matrix<T>(x, m.value).at(p, at.begin) : scratch + m.scratch * chunk;
            registers[chain.n_operands + i].data = to, registers[chain.n_operands + i].is_scalar = false;
            return to;
        };
        for (int i = 0; i < chain.n_micro; ++i) {
            if (i + 2 < chain.n_micro && are_adam<T>(micros + i, registers, chain.n_operands + i)) {
                T* const to[3] = {made(i), made(i + 1), made(i + 2)};
                adam<T>(micros + i, registers, at.size(), to);
                i += 2;
                continue;
            }
            T* to = made(i);
            micro<T>(micros[i], registers, at.size(), to);
        }
    }
}

}  // namespace clearprop::CLEARPROP_ISA
