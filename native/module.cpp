// What Python sees: programs made of tables of numbers, machines that run them, and what the processor can do.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "cpu.hpp"
#include "epochs.hpp"
#include "gil.hpp"
#include "module.hpp"
#include "pool.hpp"
#include "predictor.hpp"

namespace nb = nanobind;
using namespace clearprop;

namespace {

// The records of execute/layout.py, field for field.
using ValueRecord = std::array<int32_t, 3>;
using BufferRecord = std::array<int64_t, 2>;
using OperandRecord = std::tuple<int32_t, int32_t, int32_t, double>;
using MicroRecord = std::tuple<int32_t, std::array<int32_t, 7>, int32_t, int32_t, double>;
using ChainRecord = std::array<int32_t, 4>;
using InstructionRecord = std::array<int32_t, 11>;
using ScalarRecord = std::tuple<int32_t, int32_t, int32_t, int32_t, int32_t, bool, double>;

std::shared_ptr<Program> make_program(const std::string& isa, bool is_f64, const std::vector<ValueRecord>& values,
                                      const std::vector<BufferRecord>& buffers,
                                      const std::vector<OperandRecord>& operands,
                                      const std::vector<MicroRecord>& micros, const std::vector<ChainRecord>& chains,
                                      const std::vector<InstructionRecord>& instructions,
                                      const std::vector<ScalarRecord>& scalar_steps,
                                      const std::vector<int32_t>& indices, const std::vector<double>& file) {
    auto p = std::make_shared<Program>();
    p->kernels = kernels_named(isa);
    if (!p->kernels) throw nb::value_error("no kernels for this instruction set");
    p->is_f64 = is_f64;
    for (const auto& [rows, cols, buffer] : values) p->values.push_back({rows, cols, buffer});
    for (const auto& [fixed, per_row] : buffers) p->buffers.push_back({fixed, per_row});
    for (const auto& [mode, value, scratch, number] : operands)
        p->operands.push_back({Mode(mode), value, scratch, number});
    for (const auto& [op, inputs, value, scratch, number] : micros) {
        Micro m{Op(op), {}, value, scratch, number};
        std::copy(inputs.begin(), inputs.end(), m.inputs);
        p->micros.push_back(m);
    }
    for (const auto& [first_operand, n_operands, first_micro, n_micro] : chains)
        p->chains.push_back({first_operand, n_operands, first_micro, n_micro});
    for (const auto& [code, domain, phase, a, b, c, out, twin, start, chain, head] : instructions)
        p->instructions.push_back({Code(code), Domain(domain), phase, a, b, c, out, twin, start, chain, head});
    for (const auto& [op, a, b, c, to, is_f32, number] : scalar_steps)
        p->scalar_steps.push_back({Op(op), a, b, c, to, is_f32, number});
    p->indices = indices;
    p->file = file;
    return p;
}

void run(Machine& machine, int64_t n, int threads, const std::vector<ArraySpec<Read>>& inputs,
         const std::vector<std::pair<int32_t, double>>& scalars, Column<int64_t> counter,
         const std::vector<ArraySpec<Written>>& outputs, nb::ndarray<double, nb::ndim<1>, nb::c_contig> file) {
    const auto in = state_of(inputs), out = state_of(outputs);
    const WithoutGil released;
    machine.run(n, threads, in, scalars, counter.data(), out, file.data());
}

void load_state(Machine& machine, const std::vector<ArraySpec<Read>>& arrays) {
    const auto state = state_of(arrays);
    const WithoutGil released;
    machine.load(state);
}

void store_state(const Machine& machine, const std::vector<ArraySpec<Written>>& arrays) {
    const auto state = state_of(arrays);
    const WithoutGil released;
    machine.store(state);
}

bool is_finite(const Machine& machine, const std::vector<std::tuple<int32_t, int64_t, int64_t>>& values) {
    std::vector<StateArray> state;
    for (const auto& [value, rows, cols] : values) state.push_back({value, -1, nullptr, rows, cols});
    const WithoutGil released;
    return machine.finite(state);
}

// The fast way to a prediction: an array that needs no conversion goes straight to the kernels. None for anything else
// (lists, other dtypes, other shapes, NaN), which the caller then checks and converts with words.
class View {
  public:
    explicit View(PyObject* object) {
        held_ = PyObject_GetBuffer(object, &buffer_, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) == 0;
        if (!held_) PyErr_Clear();
    }
    ~View() {
        if (held_) PyBuffer_Release(&buffer_);
    }
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    bool holds(char format) const {
        return held_ && buffer_.format && buffer_.format[0] == format && !buffer_.format[1];
    }
    const Py_buffer& buffer() const { return buffer_; }

  private:
    Py_buffer buffer_;
    bool held_;
};

struct Prediction {
    Predictor predictor;
    nb::object empty, dtype;  // numpy.empty, and the dtype of results
    int threads;
};

nb::object predict(const Prediction& p, nb::handle x) {
    const Predictor& predictor = p.predictor;
    const View given(x.ptr());
    if (!given.holds(predictor.is_f64() ? 'd' : 'f')) return nb::none();
    const Py_buffer& b = given.buffer();
    const bool one = b.ndim == 1;
    if ((b.ndim != 2 && !one) || b.shape[b.ndim - 1] != predictor.inputs()) return nb::none();
    const int64_t n = one ? 1 : b.shape[0];
    if (n == 0) return nb::none();
    nb::object result = outliving([&] {
        return one ? p.empty(predictor.outputs(), p.dtype) : p.empty(nb::make_tuple(n, predictor.outputs()), p.dtype);
    });
    const View made(result.ptr());
    bool finite;
    if (n <= 16) {
        finite = predictor(b.buf, made.buffer().buf, n, 1);
    } else {
        const WithoutGil released;
        finite = predictor(b.buf, made.buffer().buf, n, p.threads);
    }
    if (!finite) return nb::none();
    return result;
}

}  // namespace

NB_MODULE(clearprop_native, m) {
    nb::set_leak_warnings(false);  // programs that are still cached when the interpreter ends are no leak
    nb::class_<Program>(m, "Program");
    m.def("program", &make_program, nb::kw_only(), nb::arg("isa"), nb::arg("is_f64"), nb::arg("values"),
          nb::arg("buffers"), nb::arg("operands"), nb::arg("micros"), nb::arg("chains"), nb::arg("instructions"),
          nb::arg("scalar_steps"), nb::arg("indices"), nb::arg("file"));
    nb::class_<Machine>(m, "Machine")
        .def(nb::init<std::shared_ptr<const Program>>())
        .def("run", &run)
        .def("load", &load_state)
        .def("store", &store_state)
        .def("finite", &is_finite)
        .def("forget_batches", &Machine::forget_batches);
    bind_training(m);
    nb::class_<Prediction>(m, "Predictor")
        .def("__init__",
             [](Prediction* self, std::shared_ptr<const Program> program, int32_t source, int32_t output,
                const std::vector<ArraySpec<Read>>& parameters, const std::vector<std::pair<int32_t, double>>& scalars,
                nb::object empty, nb::object dtype, int threads) {
                 new (self) Prediction{
                     {std::move(program), source, output, state_of(parameters), scalars}, empty, dtype, threads};
             })
        .def("__call__", &predict);
    m.def("instruction_sets", &instruction_sets);
    nb::list ops;  // of the table that this was built with, in its order
#define NAMED(op, ...) ops.append(#op);
#include "ops.hpp"
    m.attr("ops") = ops;
    m.def("ceiling", [](const std::string& isa, bool is_f64, int64_t repeats) {
        const Kernels* k = kernels_named(isa);
        if (!k) throw nb::value_error("no kernels for this instruction set");
        const WithoutGil released;
        return (is_f64 ? k->ceiling_f64 : k->ceiling_f32)(repeats);
    });
    m.def("permutation", [](uint64_t seed, uint32_t epoch, int64_t n) {
        std::vector<int64_t> order(static_cast<size_t>(n));
        Shuffle().permutation(*kernels_named(instruction_sets().front()), seed, epoch, order);
        return order;
    });
}

// What Python calls. Types and threads belong to one interpreter, and Python before 3.12 does not ask about that. It is
// asked here, because nanobind's own beginning already changes what the whole process shares.
extern "C" NB_EXPORT PyObject* PyInit__native() {
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError,
                        "clearprop's native machine loads in the main interpreter only, not in a subinterpreter");
        return nullptr;
    }
    return PyInit_clearprop_native();
}
