#include "predictor.hpp"

#include <algorithm>
#include <atomic>

#include "pool.hpp"
#include "schedule.hpp"

namespace clearprop {

namespace {

constexpr int64_t chunk_target = 1 << 18;  // bytes of all batch values of a chunk

bool is_batch(const Value& v) { return v.rows < 0; }

}  // namespace

Predictor::Predictor(std::shared_ptr<const Program> program, int32_t source, int32_t output,
                     const std::vector<StateArray>& parameters, const std::vector<std::pair<int32_t, double>>& scalars)
    : program_(std::move(program)),
      source_(source),
      output_(output),
      file_(program_->file),
      memory_(program_->values.size(), nullptr) {
    for (const auto& [place, number] : scalars) file_[size_t(place)] = number;
    const Program& p = *program_;
    std::vector<void*> of_buffer(p.buffers.size(), nullptr);
    int64_t per_row = 1;
    for (const BufferSize& b : p.buffers) per_row += b.per_row;
    chunk_rows_ = std::clamp<int64_t>(chunk_target / per_row / 8 * 8, 64, 512);
    for (size_t v = 0; v < p.values.size(); ++v) {
        const Value& value = p.values[v];
        if (is_batch(value) || value.buffer < 0) continue;
        void*& at = of_buffer[size_t(value.buffer)];
        if (!at) {
            fixed_.push_back(std::make_unique<Buffer>(p.buffers[size_t(value.buffer)].fixed));
            at = fixed_.back()->data();
        }
        memory_[v] = at;
    }
    for (const StateArray& a : parameters) {
        if (memory_[size_t(a.value)]) pack_state(p, a, memory_.data());
    }
    Program once = p;  // the part that no row enters
    once.instructions.clear();
    for (const Instruction& s : p.instructions)
        if (s.domain == Domain::rows)
            by_rows_.push_back(&s);
        else
            once.instructions.push_back(s);
    Buffer scratch(p.scratch());
    std::vector<double> file = file_;
    fill(p, file.data());
    const Context x = context(p, memory_.data(), file.data(), 0, scratch.data());
    Barrier nobody(1);
    const FlushToZero flush;
    Schedule(once, 0, 1).run(once, x, 0, nobody);
}

Predictor::~Predictor() {
    for (auto& place : idle_) delete place.load();
}

std::unique_ptr<Predictor::Work> Predictor::borrow() const {
    for (auto& place : idle_)
        if (place.load(std::memory_order_relaxed))
            if (Work* found = place.exchange(nullptr)) return std::unique_ptr<Work>(found);
    const Program& p = *program_;
    auto work = std::make_unique<Work>();
    work->memory = memory_;
    work->file = file_;
    work->scratch = std::make_unique<Buffer>(p.scratch());
    for (const BufferSize& b : p.buffers) work->buffers.push_back(std::make_unique<Buffer>(b.per_row * chunk_rows_));
    for (size_t v = 0; v < p.values.size(); ++v)
        if (is_batch(p.values[v]) && p.values[v].buffer >= 0)
            work->memory[v] = work->buffers[size_t(p.values[v].buffer)]->data();
    return work;
}

void Predictor::give_back(std::unique_ptr<Work> work) const {
    for (auto& place : idle_) {
        Work* none = nullptr;
        if (!place.load(std::memory_order_relaxed) && place.compare_exchange_strong(none, work.get())) {
            (void)work.release();
            return;
        }
    }
}

void Predictor::chunk(Work& work, const uint8_t* x, uint8_t* out, int64_t n) const {
    const Program& p = *program_;
    work.memory[size_t(source_)] = const_cast<uint8_t*>(x);
    work.file[0] = double(n);
    fill(p, work.file.data());
    const Context view = context(p, work.memory.data(), work.file.data(), n, work.scratch->data());
    for (const Instruction* s : by_rows_) p.run(*s, view, 0, n);
    unpack(p, work.memory[size_t(output_)], out, n, outputs());
}

bool Predictor::operator()(const void* x, void* out, int64_t n, int threads) const {
    const auto* from = static_cast<const uint8_t*>(x);
    auto* to = static_cast<uint8_t*>(out);
    const int64_t in_row = inputs() * program_->item(), out_row = outputs() * program_->item();
    if (n <= chunk_rows_) {
        if (!all_finite(*program_, x, n * inputs())) return false;
        const FlushToZero flush;
        auto work = borrow();
        chunk(*work, from, to, n);
        give_back(std::move(work));
        return true;
    }
    std::atomic<int64_t> next{0};
    std::atomic<bool> finite{true};
    std::vector<std::unique_ptr<Work>> works;  // before the threads start: see parallel
    for (int thread = 0; thread < threads; ++thread) works.push_back(borrow());
    const auto body = [&](int thread) {
        Work& work = *works[size_t(thread)];
        for (int64_t i = next.fetch_add(chunk_rows_); i < n && finite; i = next.fetch_add(chunk_rows_)) {
            const int64_t rows = std::min(chunk_rows_, n - i);
            if (!all_finite(*program_, from + i * in_row, rows * inputs())) finite = false;
            chunk(work, from + i * in_row, to + i * out_row, rows);
        }
    };
    if (!parallel(threads, body)) parallel(1, body);
    for (auto& work : works) give_back(std::move(work));
    return finite;
}

}  // namespace clearprop
