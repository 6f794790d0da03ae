"""Every array that people hold goes in whole, or is refused with one clear error: masks, objects, layouts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop import graph as g
from clearprop.errors import ClearpropError, DTypeError, InvalidValueError, ShapeError
from clearprop.execute import Native, Reference, as_array, evaluate, instruction_sets
from clearprop.graph import Graph, N, variable

rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
WEIGHTS = rng.uniform(1, 2, 20)
EXECUTORS = [Reference(), *([Native()] if instruction_sets() else [])]


def network():
    return cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1)], "mean_squared_error", dtype="float64", seed=0)


def hiding(array, place):
    mask = np.zeros(array.shape, bool)
    mask[place] = True
    return np.ma.array(array, mask=mask)


# --- masks

ENTRIES = {
    "fit X": lambda masked: network().fit(masked(X), y, epochs=1),
    "fit y": lambda masked: network().fit(X, masked(y), epochs=1),
    "sample_weight": lambda masked: network().fit(X, y, epochs=1, sample_weight=masked(WEIGHTS)),
    "validation X": lambda masked: network().fit(X, y, epochs=1, validation=(masked(X), y)),
    "validation y": lambda masked: network().fit(X, y, epochs=1, validation=(X, masked(y))),
    "predict": lambda masked: network().predict(masked(X)),
    "predict float32": lambda masked: network().predict(masked(X.astype(np.float32))),
    "evaluate X": lambda masked: network().evaluate(masked(X), y),
    "evaluate y": lambda masked: network().evaluate(X, masked(y)),
    "trace X": lambda masked: network().trace(masked(X), y).loss,
    "trace y": lambda masked: network().trace(X, masked(y)).loss,
    "check_gradients": lambda masked: cp.check_gradients(network(), masked(X), y),
    "diagnose": lambda masked: cp.diagnose(network(), masked(X), y),
    "gradient_times_input": lambda masked: cp.gradient_times_input(network(), masked(X)),
    "permutation_importance": lambda masked: cp.permutation_importance(network(), masked(X), y),
    "parameters": lambda masked: network().parameters.__setitem__("W1", masked(np.ones((3, 4)))),
    "graphs": lambda masked: evaluate(g.tanh(variable("v", (20, 3))), {"v": masked(X)}),
    "textbook layers": lambda masked: cp.layers.Sigmoid().forward(masked(X)),
    "textbook loss": lambda masked: cp.layers.SoftmaxWithLoss().forward(masked(X), masked(np.zeros(20, int))),
    "gradients by hand": lambda masked: cp.check_gradients_of(lambda W: (W**2).sum(), {"W": masked(X)}, {"W": 2 * X}),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_masked_entries_are_refused_wherever_arrays_go_in(entry):
    place = {"parameters": (2, 1)}.get(entry, 7)
    with pytest.raises(InvalidValueError, match=r"is masked at row (7|2, column 1)") as error:
        ENTRIES[entry](lambda array: hiding(array, place))
    assert error.value.hint


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_mask_that_hides_nothing_changes_nothing(entry):
    plain, masked = ENTRIES[entry](np.array), ENTRIES[entry](np.ma.array)
    if isinstance(plain, np.ndarray | float | dict):
        np.testing.assert_equal(np.asarray(masked), np.asarray(plain))


@pytest.mark.parametrize(
    "given",
    [
        [np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]), [4.0, 5.0, 6.0]],
        ([1.0, np.ma.masked, 3.0], [4.0, 5.0, 6.0]),
    ],
)
def test_masks_inside_lists_count_too(given):
    with pytest.raises(InvalidValueError, match="X is masked at row 0, column 1"):
        network().predict(given)


@pytest.mark.parametrize("executor", EXECUTORS, ids=[e.name for e in EXECUTORS])
def test_programs_refuse_masks(executor):
    v, w = variable("v", (N, 3)), variable("w", (3, 2))
    program = executor.load(Graph({"y": v @ w}))
    with pytest.raises(InvalidValueError, match="v is masked at row 7"):
        program.run({"v": hiding(X, 7), "w": np.ones((3, 2))})
    with pytest.raises(InvalidValueError, match="w is masked at row 1, column 0"):
        program.bind({"w": hiding(np.ones((3, 2)), (1, 0))})(X)


def test_masked_is_missing_in_a_table():
    numbers = np.arange(40.0)
    hidden = pd.DataFrame({"a": hiding(numbers, 3), "b": numbers % 7, "t": numbers * 2})
    boxed = hidden.assign(a=[np.ma.masked if i == 3 else value for i, value in enumerate(numbers)])
    levels = hidden.assign(
        a=[np.ma.masked if i == 3 else "even" if value % 2 else "odd" for i, value in enumerate(numbers)]
    )
    for frame in (hidden, boxed, levels):
        model = cp.TableModel.train(frame, target="t", epochs=1).model
        column = next(c for c in model.encoder.columns if c.name == "a")
        assert "--" not in repr(column)
        blank = frame.iloc[[3]].assign(a=[None])
        np.testing.assert_array_equal(model.predict(frame.iloc[[3]]), model.predict(blank))


# --- every other kind of array

EXPECTED = network().predict(X)


def other_layouts():
    wide = np.zeros((40, 9))
    wide[::2, ::3] = X
    locked = X.copy()
    locked.flags.writeable = False
    raw = np.zeros(X.nbytes + 1, np.uint8)
    unaligned = raw[1:].view(np.float64).reshape(X.shape)
    unaligned[...] = X
    return {
        "big-endian": X.astype(">f8"),
        "little-endian": X.astype("<f8"),
        "Fortran": np.asfortranarray(X),
        "strided": wide[::2, ::3],
        "reversed": X[::-1][::-1],
        "read-only": locked,
        "unaligned": unaligned,
        "matrix": lambda: np.asmatrix(X),
        "subclass": X.view(type("Mine", (np.ndarray,), {})),
        "memoryview": memoryview(X),
        "longdouble": X.astype(np.longdouble),
        "objects": X.astype(object),
        "fractions": [[Fraction(v) for v in row] for row in X.tolist()],
        "decimals": [[Decimal(v) for v in row] for row in X.tolist()],
        "lists": X.tolist(),
        "list of arrays": list(X),
        "pandas": pd.DataFrame(X),
        "pandas, nullable": pd.DataFrame(X).astype("Float64"),
        "polars": pl.DataFrame(X),
    }


OTHERS = other_layouts()


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", OTHERS)
def test_arrays_of_every_layout_give_the_same_numbers(kind):
    given = OTHERS[kind]() if callable(OTHERS[kind]) else OTHERS[kind]
    np.testing.assert_array_equal(network().predict(given), EXPECTED)


@pytest.mark.parametrize("dtype", [">f4", "<f4", "f2", ">i8", "i1", "u8", "?"])
def test_other_dtypes_are_their_numbers(dtype):
    rows = np.round(np.abs(X)).astype(dtype)
    np.testing.assert_array_equal(network().predict(rows), network().predict(rows.astype(np.float64)))


@pytest.mark.parametrize("dtype", [">i8", ">i2", "u1", "f4", ">f8", object, "?"])
def test_labels_of_every_dtype(dtype):
    labels = np.arange(20) % 2

    def trained(given):
        net = cp.Network(3, [cp.Dense(2, "softmax")], "cross_entropy", seed=0)
        net.fit(X, given, epochs=2, batch_size=5)
        return net.predict(X)

    np.testing.assert_array_equal(trained(labels.astype(dtype)), trained(labels))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (np.array(3.0), ShapeError, r"X has shape \(\)"),
        (np.zeros((2, 3, 1)), ShapeError, r"X has shape \(2, 3, 1\)"),
        (np.zeros(2, [("a", "f8"), ("b", "f8")]), DTypeError, "X holds"),
        (np.ma.zeros(2, [("a", "f8"), ("b", "f8")]), DTypeError, "X holds"),
        (np.zeros((2, 3), "M8[s]"), DTypeError, "X holds datetime64"),
        (np.zeros((2, 3), "c16"), DTypeError, "X holds complex128"),
        (np.array([[1, 2, "three"]]), DTypeError, "X holds <U"),
        (np.array([[1, 2, "three"]], object), DTypeError, "a str at row 0, column 2"),
        (np.array([[1, 2, 3j]], object), DTypeError, "a complex at row 0, column 2"),
        (np.array([[1, None, 3]], object), InvalidValueError, "X has nan at row 0, column 1"),
        (np.array([[1, 10**5000, 3]], object), InvalidValueError, "X has inf at row 0, column 1"),
        (pd.DataFrame({"a": [1, None], "b": [1, 2], "c": [1, 2]}, dtype="Int64"), InvalidValueError, "nan at row 1"),
        (pl.DataFrame({"a": [1, None], "b": [1, 2], "c": [1, 2]}), InvalidValueError, "nan at row 1"),
        ([[1, 2, 3], [1, 2]], ShapeError, "ragged"),
        ({1, 2, 3}, DTypeError, "a set among them"),
        (None, DTypeError, "X"),
        ("text", DTypeError, "X holds <U4"),
    ],
)
def test_what_is_no_array_of_numbers_is_one_clear_error(given, error, words):
    with pytest.raises(ClearpropError, match=words) as caught:
        network().predict(given)
    assert isinstance(caught.value, error)


def test_a_foreign_array_that_cannot_be_read_says_why():
    class OnAnotherDevice:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("copy it to the host first")

    with pytest.raises(DTypeError, match="X of type OnAnotherDevice is no array: copy it to the host first"):
        network().predict(OnAnotherDevice())


def test_a_plain_array_is_taken_as_it_is():
    assert as_array("X", X) is X
