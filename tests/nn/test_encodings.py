"""Encodings of columns, against arithmetic written out here."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.execute import instruction_sets
from clearprop.nn import Cuts, Given
from sources import executed

rng = np.random.default_rng(0)
EXECUTORS = [cp.Reference(), *([None] if instruction_sets() else [])]


def encoded(X, cuts, scale=0.5):
    """The definition, one number at a time."""
    rows = []
    for x in X:
        row = []
        for value, t in zip(x, cuts, strict=True):
            for low, high in pairwise(t):
                row.append(scale * (2 * min(max((value - low) / (high - low), 0), 1) - 1))
        rows.append(row)
    return np.array(rows)


CUTS = [[-1.0, 0.0, 0.5, 2.0], [], [0.0, 4.0]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("scale", "keep"), [(0.5, True), (1.0, False), (2, True)])
def test_piecewise_linear_is_its_formula(dtype, scale, keep):
    X = rng.normal(size=(50, 3)).astype(dtype) * 3
    X[:4, 0] = CUTS[0]
    net = cp.Network(3, [cp.PiecewiseLinear(CUTS, scale, keep)], dtype=dtype)
    expected = encoded(X, CUTS, scale)
    expected = np.concatenate([X, expected], axis=1) if keep else expected
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-5 if dtype == "float32" else 1e-14, atol=1e-6)


@given(st.lists(st.lists(st.integers(-20, 20), unique=True, max_size=6).filter(lambda t: len(t) != 1), min_size=1))
def test_any_cuts(lists):
    cuts = [sorted(t) for t in lists]
    layer = cp.PiecewiseLinear(cuts)
    assert layer.cuts.lists == cuts
    X = np.random.default_rng(1).normal(size=(5, len(cuts))) * 9
    found = cp.Network(len(cuts), [layer], dtype="float64").predict(X)
    assert np.array_equal(found[:, : len(cuts)], X)
    if layer.cuts.index:
        np.testing.assert_allclose(found[:, len(cuts) :], encoded(X, cuts), atol=1e-14)


def test_a_column_can_be_bent_at_its_cuts_alone():
    """A linear unit behind the encoding fits any piecewise linear function with these bends, exactly."""
    t = np.array([0.0, 1.0, 3.0, 4.0])
    x = np.linspace(0, 4, 41)
    y = np.interp(x, t, [1.0, -2.0, 5.0, 0.0])
    v = cp.Network(1, [cp.PiecewiseLinear([t], keep=False)], dtype="float64").predict(x[:, None])
    A = np.column_stack([v, np.ones(len(x))])
    assert np.abs(A @ np.linalg.lstsq(A, y)[0] - y).max() < 1e-12


def trained(executor=None, dtype="float32", cuts=CUTS, threads=None):
    layers = [cp.PiecewiseLinear(cuts), cp.Dense(8, "relu"), cp.Dense(1)]
    net = cp.Network(3, layers, "squared_error", seed=1, dtype=dtype)
    X = np.random.default_rng(2).normal(size=(64, 3))
    y = np.abs(X[:, 0]) + X[:, 2]
    net.fit(X, y, epochs=5, batch_size=16, executor=executor, n_threads=threads)
    return net, X, y


@pytest.mark.parametrize("executor", EXECUTORS)
def test_cuts_stay_what_they_are(executor):
    net, X, y = trained(executor)
    assert net.parameters["t0"].tolist() == [-1, 0, 0.5, 0]
    assert net.parameters["h0"].tolist() == [1, 0.5, 1.5, 4]
    assert net.n_parameters == 7 * 8 + 8 + 8 + 1
    assert cp.check_gradients(net, X[:8], y[:8]).ok


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_native_trains_as_the_reference_and_on_two_threads_to_the_same_bits():
    ours, theirs = trained(None, "float64")[0], trained(cp.Reference(), "float64")[0]
    for name, values in theirs.arrays().items():
        np.testing.assert_allclose(ours.arrays()[name], values, rtol=1e-8, atol=1e-10)
    one, two = trained(threads=1)[0], trained(threads=2)[0]
    assert all(np.array_equal(a, two.arrays()[name]) for name, a in one.arrays().items())


@pytest.mark.parametrize("many", [False, True])
def test_a_network_from_a_file_predicts_the_same_bits(tmp_path, many):
    cuts = [np.sort(rng.normal(size=700)), [], np.sort(rng.normal(size=700))] if many else CUTS
    net, X, y = trained(cuts=cuts)
    path = tmp_path / "model.clearprop"
    net.save(path)
    loaded = cp.load(path)
    assert np.array_equal(loaded.predict(X), net.predict(X))
    assert loaded.architecture == net.architecture
    assert path.stat().st_size < 100_000
    assert (loaded.architecture.layers[0].cuts.numbers.values is None) is many
    file, _ = executed(loaded.to_source(X, y))
    assert np.array_equal(file["net"].predict(X), net.predict(X))
    loaded.fit(X, y, epochs=1)


@pytest.mark.parametrize(
    ("cuts", "words"),
    [
        ([[1.0, 1.0]], "cuts of column 0.*increasing"),
        ([[0.0, 1.0], [3.0]], "cuts of column 1.*two increasing numbers or more"),
        ([[0.0, np.nan]], "cuts of column 0.*nan"),
        ([[2.0, 1.0]], "increasing"),
    ],
)
def test_wrong_cuts(cuts, words):
    with pytest.raises(InvalidValueError, match=words):
        cp.PiecewiseLinear(cuts)


def test_wrong_use():
    for wrong in (3, "quantiles", []):
        with pytest.raises(DTypeError, match="increasing numbers for each column"):
            cp.PiecewiseLinear(wrong)
    with pytest.raises(ShapeError, match="cuts for 3 columns after 2 values"):
        cp.Network(2, [cp.PiecewiseLinear(CUTS)])
    with pytest.raises(InvalidValueError, match="cuts for one column at least"):
        cp.PiecewiseLinear([[], []], keep=False)
    with pytest.raises(InvalidValueError, match="scale 0"):
        cp.PiecewiseLinear(CUTS, scale=0)
    with pytest.raises(InvalidValueError, match="bad description"):
        Cuts((10**9,), Given((10**9,), "no numbers"))
    with pytest.raises(InvalidValueError, match="bad description"):
        Cuts((1,), cp.PiecewiseLinear([[0, 1]]).cuts.numbers)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_is_written_and_drawn(lang):
    net, X, y = trained()
    trace = net.trace(X[:2], y[:2])
    text = trace.explain(lang=lang, detail="formulas").to_text()
    assert "v[0] = [a[0], min(max((a[0]_(1,1,1,3) − t[0])/h[0], 0), 1) − 0.5]" in text
    assert ("piecewise linear encoding" if lang == "en" else "分段线性编码") in text
    assert "v[0](1)₄ = min(max((a[0](1)₁ − t[0]₁)/h[0]₁, 0), 1) − 0.5" in trace.explain(only="v0[1,4]").to_text()
    assert cp.draw(trace, lang=lang).svg
    trace.sample(0).step_by_step(lang=lang).to_html()
