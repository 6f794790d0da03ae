// What a plan becomes: plain data that every instruction set's kernels read. No pointers to the graph, no strings.
//
// Layout. Every value is a matrix of R rows and C columns (a vector has R = 1 or C = 1). Its columns are cut into
// panels of P = 2 vectors; panel p holds columns pP … pP + w − 1 of all rows, row after row, w = min(P, C − pP). So a
// panel is one contiguous piece, a product's right-hand side streams through it, P rows of it are one contiguous block,
// and there is no padding: a last panel is as narrow as its columns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace clearprop {

enum class Domain : int32_t { rows, tiles, single };  // how the work of an instruction is split over threads

enum class Code : int32_t {
    product_nn,   // out = a · b (+ bias): rows of a against panels of b
    product_tn,   // out = aᵀ · b, contracted over the rows: the gradient of a weight matrix
    chain,        // elementwise
    sum_columns,  // out[c] = Σ over rows
    max_columns,
    sum_rows,  // out[r] = Σ over columns
    max_rows,
    softmax,
    log_softmax,
    softmax_cross_entropy,         // −Σ t·ln softmax(z) for rows of targets
    softmax_cross_entropy_labels,  // the same for integer labels
    gather,                        // rows of a data array, by number
    gather_labels,
    transpose,
    slice_columns,
    slice_rows,
    paste_columns,  // a part of a concatenation
    paste_rows,
    take_columns,  // out[r, c] = a[r, index[c]]
    add_columns,   // out[r, c] = Σ a[r, j] over the columns j that belong to c
    take_rows,
    scatter_rows,
    embed,  // as take_rows and scatter_rows, by codes that are floating-point numbers
    add_embedded,
    copy,
    find_changes,          // of rows within blocks of columns, see changes.hpp
    sums_of_blocks,        // of rows of a matrix, from the last of a block to the first
    product_of_changes,    // product_nn from both
    gradient_of_changes,   // product_tn from changes
    find_pieces,           // find_changes of numbers that are encoded piece by piece as it goes
    sum_squares_rows,      // out[r] = Σ over columns of a[r, c]²
    find_changes_of_rows,  // find_changes of rows of a data array, by number, which nothing else reads
};

enum class Mode : int32_t { full, row, column, scalar, file, constant, one_hot, uniform };

// Every line of the table of kernels is a value: NAMED(op, …) stands for each kind of line.
enum class Op : int32_t {
#define NAMED(op, ...) op,
#include "ops.hpp"
};

// What a chain reads. `full` is read in place; row, column, one_hot and uniform are spread into scratch first.
struct Operand {
    Mode mode;
    int32_t value;    // index of a value, or place in the scalar file
    int32_t scratch;  // where it is spread to, −1 if it is not
    double number;    // for constants; the random stream for uniform
};

// result = op(inputs). Registers 0 … n_operands − 1 are the operands, then one per micro-operation.
struct Micro {
    Op op;
    int32_t inputs[7];
    int32_t value;    // the value it is stored to, −1 if it lives in scratch only
    int32_t scratch;  // its place in scratch, −1 if it is written straight to the value
    double number;
};

struct Chain {
    int32_t first_operand, n_operands, first_micro, n_micro;
};

struct Instruction {
    Code code;
    Domain domain;
    int32_t phase;
    int32_t a, b, c, out;  // values; c is a bias or an index
    int32_t twin;          // value that receives the transpose of the last stored result, −1 if none
    int32_t start;         // of slices and of parts that are pasted; of columns' numbers and marks among the indices
    int32_t chain;         // epilogue, or the chain itself; −1 if none
    int32_t head;          // operand of the chain that is the instruction's own result, −1 if it is not read again
};

struct Value {
    int32_t rows;  // −1: the batch size
    int32_t cols;
    int32_t buffer;
};

// What was found in the rows of a data array and is kept from batch to batch, until the memory for it is full.
struct KeptRows {
    int32_t source;         // the value that is the array
    void** places;          // of each row of it, for all threads; null: not kept
    uint8_t **free, *full;  // what no thread has taken yet, for all threads
    uint8_t *next, *end;    // what this thread has taken and not used yet
};

// One thread's view of a run.
struct Context {
    const Value* values;
    void* const* memory;  // base of every value
    const Operand* operands;
    const Micro* micros;
    const Chain* chains;
    const int32_t* indices;  // numbers of columns
    double* file;            // scalars of the step: learning rate, bias corrections, what follows from them
    const int64_t* counter;  // seed, epoch, step
    const int64_t* index;    // row numbers to gather; null: 0, 1, 2, …
    int64_t n;
    void* scratch;   // of this thread
    KeptRows* kept;  // what this thread keeps of the rows of a data array; null: nothing
};

constexpr int chunk_bytes = 4096;   // what a chain works on at once: 1024 float32
constexpr int rows_at_once = 1024;  // of a table, when rows are added up by number: they stay in L2
constexpr int word = 64;            // columns of which a row says together where their changes end
constexpr int few_rows = 512;       // of changes: so many may be put in the order of their columns, a word at a time

// Whether a gradient is made of the changes of some rows word by word: where they are few, and no block of columns goes
// on from one word into the next. first[k]: whether one begins at column k.
inline bool is_by_words(const int32_t* first, int64_t columns, int64_t rows) {
    for (int64_t k = word; k < columns; k += word)
        if (!first[k]) return false;
    return rows <= few_rows;
}
constexpr int max_scratch = 24;  // chunks
constexpr int max_registers = 96;
constexpr int slack_bytes = 512;  // behind every buffer: kernels read, never write, past the end of a narrow panel
constexpr int64_t chain_scratch = int64_t(max_scratch) * (chunk_bytes + slack_bytes);

struct Counter;

// What one instruction set offers.
struct Kernels {
    const char* name;
    int panel_f32, panel_f64;
    void (*run_f32)(const Instruction&, const Context&, int64_t begin, int64_t end);
    void (*run_f64)(const Instruction&, const Context&, int64_t begin, int64_t end);
    void (*pack_f32)(const float* from, float* to, int64_t rows, int64_t cols);
    void (*pack_f64)(const double* from, double* to, int64_t rows, int64_t cols);
    void (*unpack_f32)(const float* from, float* to, int64_t rows, int64_t cols);
    void (*unpack_f64)(const double* from, double* to, int64_t rows, int64_t cols);
    bool (*finite_f32)(const float* x, int64_t n);  // neither NaN nor an infinity among them
    bool (*finite_f64)(const double* x, int64_t n);
    void (*random)(const Counter& at, uint32_t first, int64_t n, uint32_t* words);  // blocks of four words
    double (*ceiling_f32)(int64_t repeats);  // floating-point operations done by a register tile that stays in L1
    double (*ceiling_f64)(int64_t repeats);
};

}  // namespace clearprop
