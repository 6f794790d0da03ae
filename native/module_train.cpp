// What Python sees of training: assignments, their outcomes, and the two ways to carry them out.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "gil.hpp"
#include "module.hpp"
#include "pool.hpp"
#include "train.hpp"

namespace clearprop {

namespace {

using Places = std::vector<std::pair<int32_t, double>>;
using Sources = std::vector<std::pair<int32_t, Read>>;
using Place = std::pair<int32_t, int32_t>;

std::vector<std::pair<int32_t, const void*>> pointers(const Sources& arrays) {
    std::vector<std::pair<int32_t, const void*>> data;
    for (const auto& [value, array] : arrays) data.emplace_back(value, array.data());
    return data;
}

// An assignment, and the arrays that it points into.
struct Asked {
    Assignment assignment;
    std::vector<ArraySpec<Written>> kept, best;
    Sources data, held_out_data;
    std::optional<Table<double>> table;
    std::optional<Column<int64_t>> among, held_out_rows;
    std::optional<Table<int64_t>> order;
};

void set_up(Asked* self, std::tuple<int64_t, int64_t, int64_t, int64_t, uint64_t, bool, bool> epochs,
            std::optional<Column<int64_t>> among, std::optional<Table<int64_t>> order,
            const std::vector<ArraySpec<Written>>& kept, const Sources& data, const Places& constants,
            const Table<double>& table, const std::vector<int32_t>& columns, const std::vector<Place>& report) {
    new (self) Asked{{}, kept, {}, data, {}, table, among, {}, order};
    const auto [rows, batch, first, count, seed, shuffle, joins] = epochs;
    self->assignment = {{rows, batch, first, count, seed, shuffle, joins, among ? among->data() : nullptr,
                         order ? order->data() : nullptr},
                        state_of(kept),
                        pointers(data),
                        constants,
                        table.data(),
                        columns,
                        report,
                        {}};
}

void hold_out(Asked& self, std::shared_ptr<const Program> program, const std::vector<std::array<int64_t, 5>>& state,
              const Sources& data, const Places& constants, Place loss, const Column<int64_t>& rows, int64_t chunk,
              bool in_threads, std::tuple<bool, int64_t, double, double, int64_t> patience,
              const std::vector<ArraySpec<Written>>& best,
              const std::vector<std::tuple<int32_t, int64_t, int64_t>>& rest) {
    self.best = best, self.held_out_data = data, self.held_out_rows = rows;
    std::vector<StateArray> others;
    for (const auto& [value, height, width] : rest) others.push_back({value, -1, nullptr, height, width});
    const auto [stops, epochs, min_delta, so_far, waited] = patience;
    std::vector<Shared> shared;
    for (const auto& [trained, value, twin, height, width] : state)
        shared.push_back({int32_t(trained), int32_t(value), int32_t(twin), height, width});
    self.assignment.held_out.emplace(HeldOut{std::move(program),
                                             std::move(shared),
                                             pointers(data),
                                             constants,
                                             loss,
                                             rows.data(),
                                             int64_t(rows.shape(0)),
                                             chunk,
                                             in_threads,
                                             {stops, epochs, min_delta, so_far, waited},
                                             state_of(best),
                                             std::move(others)});
}

// Asks Python whether to stop, with its lock, and remembers if it raised.
class Stop {
  public:
    explicit Stop(const nb::callable& stop) : stop_(stop) {}
    template <class Arguments>
    bool ask(WithoutGil& released, const Arguments& arguments) {
        return released.ask([&] {
            const FlushToZero::Off ordinary;  // Python counts with denormal numbers
            if (PyErr_CheckSignals() != 0) return raised_ = true;
            PyObject* const with = arguments();
            PyObject* const said = with ? PyObject_CallObject(stop_.ptr(), with) : nullptr;
            const int yes = said ? PyObject_IsTrue(said) : -1;
            Py_XDECREF(with);
            Py_XDECREF(said);
            if (yes < 0) raised_ = true;
            return yes != 0;
        });
    }
    void check() const {
        if (raised_) throw nb::python_error();
    }

  private:
    const nb::callable& stop_;
    bool raised_ = false;
};

Outcome train(Machine& machine, const Asked& asked, int threads, nb::callable stop, bool may_go_alone, bool profile) {
    Stop python(stop);
    Outcome outcome;
    {
        WithoutGil released;
        const auto poll = [&](int64_t) { return python.ask(released, [] { return PyTuple_New(0); }); };
        outcome = machine.train(asked.assignment, threads, poll, may_go_alone, profile);
    }
    python.check();
    return outcome;
}

PyObject* as_argument(const std::vector<int64_t>& numbers) {
    PyObject* const list = PyList_New(Py_ssize_t(numbers.size()));
    for (size_t i = 0; list && i < numbers.size(); ++i) {
        PyObject* const number = PyLong_FromLongLong(numbers[i]);
        if (!number) {
            Py_DECREF(list);
            return nullptr;
        }
        PyList_SET_ITEM(list, Py_ssize_t(i), number);
    }
    if (!list) return nullptr;
    PyObject* const tuple = PyTuple_Pack(1, list);
    Py_DECREF(list);
    return tuple;
}

std::vector<Outcome> side_by_side(const std::vector<std::pair<Machine*, const Asked*>>& all, int threads,
                                  nb::callable stop) {
    Stop python(stop);
    std::vector<Member> members;
    for (const auto& [machine, asked] : all) members.push_back({machine, &asked->assignment});
    std::vector<Outcome> outcomes;
    {
        WithoutGil released;
        outcomes = train_side_by_side(members, threads, [&](const std::vector<int64_t>& epochs) {
            return python.ask(released, [&] { return as_argument(epochs); });
        });
    }
    python.check();
    return outcomes;
}

}  // namespace

void bind_training(nb::module_& m) {
    nb::class_<Asked>(m, "Assignment")
        .def("__init__", &set_up, nb::kw_only(), nb::arg("epochs"), nb::arg("among").none(), nb::arg("order").none(),
             nb::arg("kept"), nb::arg("data"), nb::arg("constants"), nb::arg("table"), nb::arg("columns"),
             nb::arg("report"))
        .def("hold_out", &hold_out, nb::kw_only(), nb::arg("program"), nb::arg("state"), nb::arg("data"),
             nb::arg("constants"), nb::arg("loss"), nb::arg("rows"), nb::arg("chunk"), nb::arg("in_threads"),
             nb::arg("patience"), nb::arg("best"), nb::arg("rest"));
    const auto own = nb::rv_policy::automatic;  // the arrays belong to whoever asked
    nb::class_<Outcome>(m, "Outcome")
        .def_ro("steps", &Outcome::steps)
        .def_ro("good_epoch", &Outcome::good_epoch)
        .def_ro("diverged", &Outcome::diverged)
        .def_ro("forked", &Outcome::forked)
        .def_prop_ro(
            "reports", [](const Outcome& o) { return as_array(o.reports); }, own)
        .def_prop_ro(
            "seconds", [](const Outcome& o) { return as_array(o.epoch_seconds); }, own)
        .def_prop_ro(
            "profile", [](const Outcome& o) { return as_array(o.profile); }, own)
        .def_prop_ro(
            "validation", [](const Outcome& o) { return as_array(o.validated.losses); }, own)
        .def_prop_ro("best", [](const Outcome& o) { return o.validated.patience.best; })
        .def_prop_ro("waited", [](const Outcome& o) { return o.validated.patience.waited; })
        .def_prop_ro("best_epoch", [](const Outcome& o) { return o.validated.best_epoch; })
        .def_prop_ro("stopped", [](const Outcome& o) { return o.validated.stopped; });
    m.def("train", &train, nb::arg("machine"), nb::arg("assignment"), nb::kw_only(), nb::arg("threads"),
          nb::arg("stop"), nb::arg("may_go_alone"), nb::arg("profile"));
    m.def("side_by_side", &side_by_side, nb::arg("members"), nb::kw_only(), nb::arg("threads"), nb::arg("stop"));
}

}  // namespace clearprop
