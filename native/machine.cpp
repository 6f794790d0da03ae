#include "machine.hpp"

#include <algorithm>
#include <cmath>

#include "pool.hpp"
#include "schedule.hpp"

namespace clearprop {

namespace {

double scalar(const ScalarStep& s, const double* f) {
    const double x = f[s.a], y = f[s.b], z = f[s.c], number = s.number;
    switch (s.op) {
#define UNARY(op, vector, scalar) \
    case Op::op:                  \
        return scalar;
#define BINARY UNARY
#define TERNARY UNARY
#define LANES UNARY
#include "ops.hpp"
        default:
            return std::nan("");
    }
}

}  // namespace

// --- what a thread needs

void fill(const Program& p, double* file) {
    for (const ScalarStep& s : p.scalar_steps) {
        const double y = scalar(s, file);
        file[s.to] = s.is_f32 ? double(float(y)) : y;
    }
}

Context context(const Program& p, void* const* memory, double* file, int64_t n, void* scratch) {
    Context x{};
    x.values = p.values.data();
    x.memory = memory;
    x.operands = p.operands.data();
    x.micros = p.micros.data();
    x.chains = p.chains.data();
    x.file = file;
    x.n = n;
    x.scratch = scratch;
    return x;
}

// --- memory

void pack_state(const Program& p, const StateArray& a, void* const* memory) {
    pack(p, a.data, memory[a.value], a.rows, a.cols);
    if (a.twin < 0) return;
    Instruction turn{};
    turn.code = Code::transpose;
    turn.a = a.value, turn.out = a.twin;
    const auto panels = [&](int64_t cols) { return (cols + p.panel() - 1) / p.panel(); };
    p.run(turn, context(p, memory, nullptr, 0, nullptr), 0, panels(a.rows) * panels(a.cols));
}

void Workspace::pack(const StateArray& a) const { pack_state(program_, a, memory_.data()); }

Buffer::Buffer(int64_t bytes) : block_(new uint8_t[size_t(bytes + slack_bytes + 128)]) {
    const auto address = reinterpret_cast<uintptr_t>(block_.get());
    data_ = reinterpret_cast<void*>((address + 127) / 128 * 128);
}

void Workspace::reserve(int64_t n, int threads) {
    while (int(scratch_.size()) < threads) scratch_.emplace_back(int64_t(max_scratch) * (chunk_bytes + slack_bytes));
    if (n <= n_) return;
    n_ = -1;  // until all is there: memory may run out
    std::fill(memory_.begin(), memory_.end(), nullptr);
    buffers_.clear();
    for (const BufferSize& b : program_.buffers) buffers_.push_back(std::make_unique<Buffer>(b.fixed + b.per_row * n));
    for (size_t v = 0; v < memory_.size(); ++v)
        if (program_.values[v].buffer >= 0) memory_[v] = buffers_[size_t(program_.values[v].buffer)]->data();
    n_ = n;
}

void pack(const Program& p, const void* from, void* to, int64_t rows, int64_t cols) {
    if (p.is_f64)
        p.kernels->pack_f64(static_cast<const double*>(from), static_cast<double*>(to), rows, cols);
    else
        p.kernels->pack_f32(static_cast<const float*>(from), static_cast<float*>(to), rows, cols);
}

void unpack(const Program& p, const void* from, void* to, int64_t rows, int64_t cols) {
    if (p.is_f64)
        p.kernels->unpack_f64(static_cast<const double*>(from), static_cast<double*>(to), rows, cols);
    else
        p.kernels->unpack_f32(static_cast<const float*>(from), static_cast<float*>(to), rows, cols);
}

// --- one run

bool all_finite(const Program& p, const void* x, int64_t n) {
    return p.is_f64 ? p.kernels->finite_f64(static_cast<const double*>(x), n)
                    : p.kernels->finite_f32(static_cast<const float*>(x), n);
}

void Machine::run(int64_t n, int threads, const std::vector<StateArray>& inputs,
                  const std::vector<std::pair<int32_t, double>>& scalars, const int64_t* counter,
                  const std::vector<StateArray>& outputs, double* file_out) {
    const Program& p = *program_;
    work_.reserve(n, threads);
    for (const StateArray& a : inputs)
        p.values[size_t(a.value)].buffer < 0 ? work_.point(a.value, a.data) : work_.pack(a);
    std::vector<double> file = p.file;
    file[0] = double(n);
    for (const auto& [place, number] : scalars) file[size_t(place)] = number;
    fill(p, file.data());
    const Schedule together(p, n, threads), single(p, n, 1);
    const auto body = [&](const Schedule& schedule, int thread, Barrier& barrier) {
        Context x = context(p, work_.memory(), file.data(), n, work_.scratch(thread));
        x.counter = counter;
        schedule.run(p, x, thread, barrier);
    };
    Barrier all(threads), one(1);
    if (!parallel(threads, [&](int thread) { body(together, thread, all); })) body(single, 0, one);
    for (const StateArray& a : outputs) unpack(p, work_.at(a.value), a.data, a.rows, a.cols);
    if (file_out) std::copy(file.begin(), file.end(), file_out);
}

}  // namespace clearprop
