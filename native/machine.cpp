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
    x.indices = p.indices.data();
    x.file = file;
    x.n = n;
    x.scratch = scratch;
    return x;
}

double read(const Program& p, const Workspace& work, const double* file, std::pair<int32_t, int32_t> what) {
    if (what.first < 0) return file[what.second];
    const void* at = work.at(what.first);
    return p.is_f64 ? *static_cast<const double*>(at) : double(*static_cast<const float*>(at));
}

// --- memory

int64_t Program::scratch() const {
    for (const Instruction& s : instructions)
        if (s.code == Code::gradient_of_changes) return chain_scratch + int64_t(word) * few_rows * 2 * item();
    return chain_scratch;
}

void pack_state(const Program& p, const StateArray& a, void* const* memory) {
    pack(p, a.data, memory[a.value], a.rows, a.cols);
    turn_state(p, a, memory);
}

void turn_state(const Program& p, const StateArray& a, void* const* memory) {
    if (a.twin < 0) return;
    Instruction turn{};
    turn.code = Code::transpose;
    turn.a = a.value, turn.out = a.twin;
    const auto panels = [&](int64_t cols) { return (cols + p.panel() - 1) / p.panel(); };
    p.run(turn, context(p, memory, nullptr, 0, nullptr), 0, panels(a.rows) * panels(a.cols));
}

Buffer::Buffer(int64_t bytes) : block_(new uint8_t[size_t(bytes + slack_bytes + 128)]) {
    const auto address = reinterpret_cast<uintptr_t>(block_.get());
    data_ = reinterpret_cast<void*>((address + 127) / 128 * 128);
}

Workspace::Workspace(const Program& program)
    : program_(program), buffers_(program.buffers.size()), memory_(program.values.size(), nullptr) {}

void Workspace::reserve_fixed() {
    if (!has_fixed_) allocate(-1);
}

void Workspace::reserve(int64_t n, int threads) {
    while (int(scratch_.size()) < threads) scratch_.emplace_back(program_.scratch());
    if (n <= n_) return;
    forget_rows();
    allocate(n);
    n_ = n;
}

// Makes the buffers that are not there; those of batches only for n ≥ 0 rows.
void Workspace::allocate(int64_t n) {
    for (size_t b = 0; b < buffers_.size(); ++b) {
        const BufferSize& size = program_.buffers[b];
        if (!buffers_[b] && (n >= 0 || size.per_row == 0))
            buffers_[b] = std::make_unique<Buffer>(size.fixed + size.per_row * std::max<int64_t>(n, 0));
    }
    for (size_t v = 0; v < memory_.size(); ++v) {
        const int32_t b = program_.values[v].buffer;
        if (b >= 0 && buffers_[size_t(b)]) memory_[v] = buffers_[size_t(b)]->data();
    }
    has_fixed_ = true;
}

void Workspace::forget_rows() {
    n_ = -1;
    for (size_t b = 0; b < buffers_.size(); ++b)
        if (program_.buffers[b].per_row > 0) buffers_[b].reset();
}

void Workspace::forget_batches() {
    forget_rows();
    scratch_.clear();
}

void Workspace::pack(const StateArray& a) const { pack_state(program_, a, memory_.data()); }

void Workspace::unpack(const StateArray& a) const {
    const void* from = at(a.value);
    if (from != a.data) clearprop::unpack(program_, from, a.data, a.rows, a.cols);
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

// --- state

void Machine::load(const std::vector<StateArray>& state) {
    work_.reserve_fixed();
    for (const StateArray& a : state)
        program_->values[size_t(a.value)].buffer < 0 ? work_.point(a.value, a.data) : work_.pack(a);
}

void Machine::store(const std::vector<StateArray>& state) const {
    for (const StateArray& a : state) work_.unpack(a);
}

bool Machine::finite(const std::vector<StateArray>& state) const {
    return std::all_of(state.begin(), state.end(),
                       [&](const StateArray& a) { return all_finite(*program_, work_.at(a.value), a.rows * a.cols); });
}

}  // namespace clearprop
