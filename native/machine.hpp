// The machine: a program bound to memory, run once, or over the batches of many epochs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "program.hpp"

namespace clearprop {

struct ScalarStep {  // file[to] = op(file[a], file[b], file[c]), rounded to float32 if asked
    Op op;
    int32_t a, b, c, to;
    bool is_f32;
    double number;
};

struct BufferSize {
    int64_t fixed, per_row;  // bytes
};

// Everything a plan says, in plain data. Shared, never changed.
struct Program {
    const Kernels* kernels;
    bool is_f64;
    std::vector<Value> values;
    std::vector<BufferSize> buffers;
    std::vector<Operand> operands;
    std::vector<Micro> micros;
    std::vector<Chain> chains;
    std::vector<Instruction> instructions;  // sorted by phase
    std::vector<ScalarStep> scalar_steps;
    std::vector<int32_t> indices;
    std::vector<double> file;  // initial scalars: constants; the first is the batch size

    int64_t item() const { return is_f64 ? 8 : 4; }
    int64_t scratch() const;  // bytes that a thread needs beside the values
    int64_t panel() const { return is_f64 ? kernels->panel_f64 : kernels->panel_f32; }
    void run(const Instruction& s, const Context& x, int64_t begin, int64_t end) const {
        (is_f64 ? kernels->run_f64 : kernels->run_f32)(s, x, begin, end);
    }
};

// Aligned memory with slack behind it.
class Buffer {
  public:
    explicit Buffer(int64_t bytes);
    void* data() const { return data_; }

  private:
    std::unique_ptr<uint8_t[]> block_;
    void* data_;
};

struct StateArray {
    int32_t value, twin;  // twin: the value that holds the transpose, or −1
    void* data;           // row-major, the caller's
    int64_t rows, cols;
};

// Memory of one run at a time. What has the size of a batch comes and goes with the batch; the rest stays.
class Workspace {
  public:
    explicit Workspace(const Program& program);
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    void reserve(int64_t n, int threads);  // for batches up to n rows
    void reserve_fixed();                  // for what does not depend on the batch: the state
    void forget_batches();                 // and scratch
    void pack(const StateArray& a) const;  // from the caller's rows to where the value lives
    void unpack(const StateArray& a) const;
    void point(int32_t value, const void* data) { memory_[size_t(value)] = const_cast<void*>(data); }
    void* at(int32_t value) const { return memory_[size_t(value)]; }
    void* const* memory() const { return memory_.data(); }
    void* scratch(int thread) const { return scratch_[size_t(thread)].data(); }

  private:
    void allocate(int64_t n);
    void forget_rows();
    const Program& program_;
    std::vector<std::unique_ptr<Buffer>> buffers_;  // null where there is none yet
    std::vector<Buffer> scratch_;
    std::vector<void*> memory_;
    bool has_fixed_ = false;
    int64_t n_ = -1;
};

struct Assignment;
struct Outcome;

class Machine {
  public:
    explicit Machine(std::shared_ptr<const Program> program) : program_(std::move(program)), work_(*program_) {}
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    // One run over a batch of n rows. `inputs` and `outputs` are row-major; values of batches among the inputs are
    // sources of gathers, all others are packed.
    void run(int64_t n, int threads, const std::vector<StateArray>& inputs,
             const std::vector<std::pair<int32_t, double>>& scalars, const int64_t* counter,
             const std::vector<StateArray>& outputs, double* file_out);

    // --- training: the state stays here from call to call

    // Takes over the numbers of the caller's arrays. One without a place of its own is read where it lies.
    void load(const std::vector<StateArray>& state);
    void store(const std::vector<StateArray>& state) const;   // to the caller's arrays
    bool finite(const std::vector<StateArray>& state) const;  // whether all numbers in it are
    void forget_batches() { work_.forget_batches(); }         // the memory of everything but the state

    // Training steps over the batches of some epochs, see train.hpp. `poll` is asked now and then whether to leave, and
    // told how many epochs are done. `company`: threads that train something each at the same time, for one caller.
    Outcome train(const Assignment& work, int threads, const std::function<bool(int64_t epochs)>& poll,
                  bool may_go_alone, bool profile, int company = 1);

  private:
    std::shared_ptr<const Program> program_;
    Workspace work_;
};

// One thread's view of a run in this memory.
Context context(const Program& p, void* const* memory, double* file, int64_t n, void* scratch);
// What follows from the scalars of a step.
void fill(const Program& p, double* file);
void pack_state(const Program& p, const StateArray& a, void* const* memory);  // and its transposed twin
void turn_state(const Program& p, const StateArray& a, void* const* memory);  // the twin alone
void pack(const Program& p, const void* from, void* to, int64_t rows, int64_t cols);
void unpack(const Program& p, const void* from, void* to, int64_t rows, int64_t cols);
// A number of a run: of a value, or where that is −1 from the file of scalars.
double read(const Program& p, const Workspace& work, const double* file, std::pair<int32_t, int32_t> what);
bool all_finite(const Program& p, const void* x, int64_t n);  // neither NaN nor an infinity among them

}  // namespace clearprop
