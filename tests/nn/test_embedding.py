"""Rows of tables by codes in the data: the op, its sums, and the layer, against loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.execute import Native, Reference, instruction_sets
from clearprop.graph import OPS, Graph, N, gradient, variable

rng = np.random.default_rng(0)
EXECUTORS = [Reference(), *(Native(threads, isa) for isa in instruction_sets() for threads in (1, 2, 4))]
CODES = [0, 1, 2.9, -1, -0.5, 3, 1e30, -1e30, np.inf, -np.inf, np.nan]
ROWS = [0, 1, 2, 0, 0, 3, 3, 0, 3, 0, 0]  # of a table of four


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: e.describe())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_codes_mean(executor, dtype):
    table, codes, u = variable("E", (4, 3), dtype), variable("x", (N,), dtype), variable("u", (N, 3), dtype)
    y = cp.embed(table, codes)
    (slope,) = gradient(y, [table], u)
    program = executor.load(Graph({"y": y, "dE": slope}))
    assert not getattr(program, "why", "")
    values = {
        "E": rng.normal(size=(4, 3)).astype(dtype),
        "x": np.array(CODES, dtype),
        "u": rng.integers(-9, 9, (11, 3)).astype(dtype),
    }
    found = program.run(values)
    assert np.array_equal(found["y"], values["E"][ROWS])
    sums = np.zeros((4, 3))
    for row, u_row in zip(ROWS, values["u"], strict=True):
        sums[row] += u_row
    assert np.array_equal(found["dE"], sums)


@given(st.integers(1, 3000), st.integers(1, 40), st.integers(0, 99))
def test_sums_of_rows_have_the_same_bits_on_any_number_of_threads(levels, width, seed):
    draw = np.random.default_rng(seed)
    values, codes, index = variable("v", (N, width), "f32"), variable("x", (N,), "f32"), variable("i", (N,), "i64")
    by_code = OPS["add_embedded"](values, codes, levels=levels)
    by_number = OPS["scatter_rows"](values, index, rows=levels)
    i = draw.integers(0, levels, 50)
    given = {"v": draw.normal(size=(50, width)).astype("f4"), "x": i.astype("f4"), "i": i}
    graph = Graph({"code": by_code * 2.0, "number": by_number * 2.0})  # each with a chain behind it
    found = [executor.load(graph).run(given) for executor in EXECUTORS[:4]]
    for other in found:
        assert np.array_equal(other["code"], found[0]["code"])
        assert np.array_equal(other["number"], found[0]["number"])


def test_codes_have_no_gradient():
    table, codes = variable("E", (4, 3)), variable("x", (N,))
    (slope,) = gradient(cp.sum(cp.embed(table, codes * 2.0)), [codes])
    assert (slope.op.name, slope.attrs["value"], slope.shape) == ("constant", 0.0, (N,))


def test_types_that_do_not_fit():
    table, codes = variable("E", (4, 3)), variable("x", (N,))
    with pytest.raises(DTypeError, match="equal dtypes"):
        cp.embed(table, variable("x", (N,), "f32"))
    with pytest.raises(ShapeError, match="one for each sample"):
        cp.embed(table, variable("x", (N, 1)))
    with pytest.raises(ShapeError, match="a matrix"):
        cp.embed(variable("E", (N, 3)), codes)
    with pytest.raises(ShapeError, match="one row of values per code"):
        OPS["add_embedded"](variable("v", (5, 3)), codes, levels=2)


X = np.column_stack([rng.integers(0, 5, 60), rng.normal(size=60), rng.integers(-1, 4, 60)])
y = np.array([3.0, -1, 0, 2, 5])[X[:, 0].astype(int)] + X[:, 1]


def net(dtype="float64", **options):
    layers = [cp.Embedding({2: 3, 0: 5}, width=4, **options), cp.Dense(8, "relu"), cp.Dense(1)]
    return cp.Network(3, layers, "squared_error", seed=1, dtype=dtype)


def test_the_layer_puts_rows_in_the_place_of_codes():
    made = net()
    assert {name: a.shape for name, a in made.parameters.items() if name[0] == "E"} == {"E0": (5, 4), "E0_2": (3, 4)}
    first, second = made.parameters["E0"], made.parameters["E0_2"]
    expected = np.hstack([X[:, [1]], first[X[:, 0].astype(int)], second[np.clip(X[:, 2], 0, 2).astype(int)]])
    np.testing.assert_allclose(made.trace(X)["v0"], expected)
    assert made.n_parameters == 5 * 4 + 3 * 4 + 9 * 8 + 8 + 8 + 1


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_native_trains_as_the_reference_and_on_two_threads_to_the_same_bits():
    def trained(executor, dtype="float64"):
        made = net(dtype, learning_rate_factor=0.5)
        made.fit(X, y, optimizer=cp.AdamW(0.01), epochs=4, batch_size=16, executor=executor)
        return made.arrays()

    ours, theirs = trained(Native(1)), trained(Reference())
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-7, atol=1e-9)
    one, two = trained(Native(1), "float32"), trained(Native(2), "float32")
    assert all(np.array_equal(a, two[name]) for name, a in one.items())


def test_it_learns_what_codes_mean():
    made = net("float32")
    made.fit(X, y, optimizer=cp.Adam(0.02), epochs=100)
    assert made.evaluate(X, y)["loss"] < 0.05


def test_many_levels():
    """A row that no sample had moves only by what the optimizer does to a gradient of 0: not at all."""
    made = cp.Network(2, [cp.Embedding({0: 50_000}), cp.Dense(1)], "squared_error", seed=0)
    before = made.parameters["E0"]
    data = np.column_stack([np.arange(0, 50_000, 500), np.ones(100)])
    made.fit(data, data[:, 0] / 50_000, epochs=2, batch_size=50)
    moved = (made.parameters["E0"] != before).any(axis=1)
    assert np.flatnonzero(moved).tolist() == data[:, 0].astype(int).tolist()


def test_checked_explained_drawn_and_saved(tmp_path):
    made = net()
    assert cp.check_gradients(made, X[:6], y[:6]).ok
    trace = made.trace(X[:2], y[:2])
    for lang, words in (("en", "embedding"), ("zh", "嵌入")):
        text = trace.explain(lang=lang, detail="formulas").to_text()
        assert words in text
        assert "v[0] = [a[0]₂, E[0]_(1 + a[0]₁,:), E[0b]_(1 + a[0]₃,:)]" in text
        assert cp.draw(trace, lang=lang).svg
    row = int(X[0, 0])
    assert f"v[0](1)₂ = E[0]{'₁₂₃₄₅'[row]}₁" in trace.explain(only="v0[1,2]").to_text()
    made.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    assert loaded.architecture == made.architecture
    assert np.array_equal(loaded.predict(X), made.predict(X))


def test_wrong_levels():
    for wrong in (3, "shop", [3, 4]):
        with pytest.raises(DTypeError, match="levels"):
            cp.Embedding(wrong)
    with pytest.raises(InvalidValueError, match="each once"):
        cp.Embedding([(0, 3), (0, 4)])
    with pytest.raises(InvalidValueError, match="one column at least"):
        cp.Embedding({})
    with pytest.raises(InvalidValueError, match="number of levels"):
        cp.Embedding({0: 0})
    with pytest.raises(ShapeError, match="column 3 of 3"):
        cp.Network(3, [cp.Embedding({3: 2})])
