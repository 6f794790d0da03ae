"""Products by rows that change in few places: the same as the plain ones, on every instruction set."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.execute import Batches, Native, Reference, instruction_sets
from clearprop.train.scalars import scalar_table
from clearprop.train.step import step_graph

pytestmark = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
SETS = instruction_sets()
CHANGES = {"find_changes", "sums_of_blocks"}


def network(counts, units, keep=True, seed=0, dtype="float64", end=3, scale=0.5):
    cuts = [np.sort(np.random.default_rng(j).normal(size=n)) if n else [] for j, n in enumerate(counts)]
    layers = [
        cp.PiecewiseLinear(cuts, keep=keep, scale=scale),
        cp.Dense(units, "relu"),
        cp.Dropout(0.3),
        cp.Dense(end, "softmax"),
    ]
    return cp.Network(len(counts), layers, "cross_entropy", seed=seed, dtype=dtype, l2=0.01)


def kernels(plan):
    return {step.kernel for step in plan.steps}


def step_of(net, isa, threads=1, X=None, y=None):
    """One step of training: all its outputs, on the machine and on the reference."""
    step = step_graph(net.architecture, cp.Adam(0.01), net.dtype, "labels")
    given = net.arrays() | {"X": X, "y": y, "counter": np.array([1, 2, 3])}
    zeros = {name: np.zeros(node.shape, X.dtype) for name, node in step.graph.inputs.items() if name not in given}
    inputs = {name: value if value.shape else value + 0.5 for name, value in zeros.items()} | given
    program = Native(threads, isa).load(step.graph, step.stored)
    assert kernels(program.plan) >= CHANGES
    return program.run(inputs), Reference().load(step.graph, step.stored).run(inputs)


@settings(max_examples=12)
@given(
    counts=st.lists(st.sampled_from([0, 20, 33, 70]), min_size=1, max_size=6).filter(lambda n: max(n) > 0),
    units=st.sampled_from([16, 17, 32, 45, 130]),
    rows=st.integers(1, 40),
    keep=st.booleans(),
    scale=st.sampled_from([0.5, 0.3]),
    seed=st.integers(0, 99),
    isa=st.sampled_from(SETS),
)
def test_a_step_of_training_is_that_of_the_reference(counts, units, rows, keep, scale, seed, isa):
    if sum(n == 0 for n in counts) * 4 > sum(counts) / 4:
        return  # too few columns of it are encoded
    net = network(counts, units, keep, seed, scale=scale)
    rng = np.random.default_rng(seed)
    X, y = np.round(rng.normal(size=(rows, len(counts))), 1), rng.integers(0, 3, rows)
    got, expected = step_of(net, isa, 1, X, y)
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_and_batches_do_not_show(isa, dtype):
    net = network([40, 0, 64, 33], 70, dtype=dtype)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 4)).astype(dtype), rng.integers(0, 3, 100)
    alone, _ = step_of(net, isa, 1, X, y)
    together, _ = step_of(net, isa, 3, X, y)
    assert all(np.array_equal(value, together[name]) for name, value in alone.items())
    p = net.predict(X)
    assert np.array_equal(net.predict(X[:1]), p[:1])
    assert np.array_equal(net.predict(X[:37]), p[:37])


def test_no_thread_writes_where_another_still_reads_changes():
    """A row of changes lies elsewhere than a row of a layer with as many units: in one phase they share no buffer."""
    cuts = np.sort(np.random.default_rng(0).normal(size=40))
    layers = [cp.PiecewiseLinear([cuts], keep=False), cp.Dense(82, "relu"), cp.Dense(82, "relu"), cp.Dense(1)]
    net = cp.Network(1, layers, "mean_squared_error", seed=0, dtype="float64")
    plan = Native(2).load(net.graph()).plan
    changes = next(step.output for step in plan.steps if step.kernel == "find_changes")
    reading = next(step for step in plan.steps if changes in step.inputs)
    later = [v for step in plan.steps if step.phase <= reading.phase for v in step.made if v != changes]
    like = [plan.values[v] for v in later if plan.values[v].type == plan.values[changes].type]
    assert len(like) > 1  # there are values of the same size, which would take its place
    assert plan.values[changes].slot not in {value.slot for value in like}


def test_an_encoding_that_nobody_reads_is_not_in_memory():
    def steps(net):
        return [step.kernel for step in net.plan("train").steps]

    assert not {"take_columns", "concat"} & set(steps(network([40, 0, 30], 32)))
    cuts = [np.linspace(0, 1, 40), np.linspace(0, 1, 30)]
    read = cp.Network(2, [cp.PiecewiseLinear(cuts), cp.Scale(), cp.Dense(32), cp.Dense(1)], "mean_squared_error")
    assert "take_columns" in steps(read)  # a layer behind it reads it


def test_an_encoding_of_another_form_is_found_in_memory():
    """What is cut off elsewhere than at 0 and 1 has few changes too, but no kernel of its own."""
    x, t, W = cp.variable("x", (cp.N, 3)), cp.variable("t", (90,)), cp.variable("W", (90, 32))
    taken = cp.take_columns(x, [k // 30 for k in range(90)])
    cut = cp.clip((taken - cp.broadcast(t, taken.shape, [1])) * 2.0, -1.0, 2.0)
    graph = cp.Graph({"y": cut @ W})
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(7, 3)), "t": np.sort(rng.normal(size=90)), "W": rng.normal(size=(90, 32))}
    for isa in SETS:
        program = Native(1, isa).load(graph)
        assert kernels(program.plan) >= CHANGES | {"take_columns"}
        expected = Reference().load(graph).run(inputs)["y"]
        assert program.run(inputs)["y"] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_what_it_is_worth_decides():
    def planned(net):
        return kernels(net.plan("train"))

    assert planned(network([40], 32)) >= CHANGES
    assert not CHANGES & planned(network([40], 8))  # too few units to fill a vector
    assert not CHANGES & planned(network([3, 3, 3], 32))  # too few intervals
    assert not CHANGES & planned(network([10] + [0] * 200, 32))  # mostly other columns
    assert not CHANGES & planned(cp.Network(64, [cp.Dense(32, "relu"), cp.Dense(1)], "mean_squared_error"))
    assert kernels(network([40], 32).plan("predict")) >= CHANGES


@pytest.mark.parametrize("isa", SETS)
def test_numbers_far_out_missing_and_infinite_are_those_of_the_reference(isa):
    net = network([40, 0], 32)
    far = [[1e30, -1e30], [-1e30, 1e-30], [0.0, -0.0], [1e-310, 5.0]]
    X = np.array([*far, [np.nan, 1.0], [1.0, np.nan], [np.inf, 1.0], [-np.inf, 1.0], [1.0, np.inf], [0.5, 0.25]])
    graph = net.graph()
    inputs = {"X": X, "y": np.zeros(len(X), int), **net.arrays()}
    wanted = {name: inputs[name] for name in graph.inputs if name in inputs}
    program = Native(1, isa).load(graph)
    assert kernels(program.plan) >= CHANGES
    got, expected = (each.run(wanted) for each in (program, Reference().load(graph)))
    assert any(np.isnan(value).any() for value in expected.values())
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), name


def test_members_read_the_same_changes():
    members = [network([40, 50], 32, seed=k) for k in range(3)]
    whole = cp.ensemble_of(members)
    plan = whole.plan("predict")
    assert [step.kernel for step in plan.steps].count("find_changes") == 1
    assert [step.kernel for step in plan.steps].count("sums_of_blocks") == 3
    X = np.random.default_rng(0).normal(size=(50, 2))
    mean = np.mean([member.predict(X) for member in members], axis=0)
    assert whole.predict(X) == pytest.approx(mean, rel=1e-12)


def mostly_zero(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < 0.1)


@settings(max_examples=12)
@given(
    columns=st.integers(16, 300),
    units=st.sampled_from([16, 33, 100]),
    rows=st.sampled_from([1, 7, 50, 512, 513]),  # from 513 on the gradient is gathered panel by panel
    seed=st.integers(0, 99),
    isa=st.sampled_from(SETS),
)
def test_zeros_of_the_input_are_passed_over(columns, units, rows, seed, isa):
    net = cp.Network(columns, [cp.Dense(units, "tanh"), cp.Dense(3, "softmax")], "cross_entropy", dtype="float64")
    step = step_graph(net.architecture, cp.SGD(0.1), net.dtype, "labels")
    X, y = mostly_zero(rows, columns, seed), np.random.default_rng(seed).integers(0, 3, rows)
    inputs = net.arrays() | {"X": X, "y": y, "η": np.float64(0.1)}
    expected = Reference().load(step.graph, step.stored).run(inputs)
    for threads in (1, 2):
        program = Native(threads, isa).load(step.graph, step.stored, zeros=["X"])
        assert "find_changes" in kernels(program.plan)
        assert "sums_of_blocks" not in kernels(program.plan)
        for name, value in program.run(inputs).items():
            assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_that_are_mostly_zero_are_read_in_any_order(isa, dtype):
    """Batches of shuffled rows, some of them held out; the last batch of an epoch is a short one."""
    X, y = mostly_zero(333, 150).astype(dtype), np.arange(333) % 3
    nets = []
    for executor in (Native(1, isa), Native(2, isa), Reference()):
        net = cp.Network(150, [cp.Dense(40, "relu"), cp.Dense(3, "softmax")], "cross_entropy", dtype=dtype, seed=3)
        net.fit(X, y, epochs=4, batch_size=50, validation=0.2, executor=executor)
        nets.append(net.arrays())
    for name, value in nets[2].items():
        assert np.array_equal(nets[0][name], nets[1][name]), name
        assert nets[0][name] == pytest.approx(value, rel=1e-9 if dtype == "float64" else 2e-4, abs=1e-5), name


def test_a_fit_finds_out_whether_its_inputs_are_mostly_zero():
    X, y = mostly_zero(300, 40), np.arange(300) % 2
    nets = [cp.Network(40, [cp.Dense(32, "relu"), cp.Dense(2, "softmax")], "cross_entropy") for _ in range(3)]
    nets[0].fit(X, y, epochs=3)
    assert "find_changes" in kernels(nets[0]._run.session.program.plan)
    assert "find_changes" in {row.kernel for row in nets[0].profile(X, y, steps=10).rows}
    nets[1].fit(np.where(X == 0, 1e-3, X), y, epochs=3)
    assert "find_changes" not in kernels(nets[1]._run.session.program.plan)
    cp.fit_together([nets[2]], X, y, epochs=3)
    assert all(np.array_equal(value, nets[2].arrays()[name]) for name, value in nets[0].arrays().items())
    nets[0].fit(np.where(X == 0, 1e-3, X), y, epochs=1)  # the optimizer goes on in another program
    assert nets[0]._run.step == 4 * 10


def sparse_net(columns=150, dtype="float64", seed=3):
    layers = [cp.Dense(40, "relu"), cp.Dense(3, "softmax")]
    return cp.Network(columns, layers, "cross_entropy", dtype=dtype, seed=seed)


def fitted(X, y, calls, epochs, executor, **how):
    """The arrays after some calls of fit of so many epochs each: rows are kept from epoch to epoch, but not from call
    to call."""
    net = sparse_net(X.shape[1], X.dtype.name)
    for _ in range(calls):
        net.fit(X, y, epochs=epochs, batch_size=50, executor=executor, **how)
    return net.arrays()


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [333, 1500])  # of 1500, those behind the thousandth are full: there is no room for all
def test_rows_that_are_kept_give_the_same_bits_as_rows_that_are_searched(isa, dtype, rows):
    X, y = mostly_zero(rows, 150).astype(dtype), np.arange(rows) % 3
    X[1000:] += 1
    searched = fitted(X, y, 5, 1, Native(1, isa))
    for executor in (Native(1, isa), Native(2, isa)):
        kept = fitted(X, y, 1, 5, executor)
        assert all(np.array_equal(kept[name], value) for name, value in searched.items())


def test_some_of_the_rows_are_kept_by_their_numbers_in_the_data():
    X, y = mostly_zero(4000, 100), np.arange(4000) % 3
    nets = [sparse_net(100) for _ in range(3)]
    rows = np.random.default_rng(0).permutation(4000)[:700]
    cp.fit_together(nets[:2], X, y, rows=[rows, rows], epochs=4, n_threads=2)
    nets[2].fit(X[rows], y[rows], epochs=4)
    for net in nets[:2]:
        assert all(np.array_equal(value, nets[2].arrays()[name]) for name, value in net.arrays().items())


@pytest.mark.parametrize("isa", SETS)
def test_a_row_may_come_twice_in_a_batch(isa):
    """Two threads may find it at once."""
    X, y = mostly_zero(20, 150), np.arange(20) % 3
    order = np.random.default_rng(0).integers(0, 20, (6, 20))
    nets = []
    for threads in (1, 4):
        net = sparse_net()
        step = step_graph(net.architecture, cp.GradientDescent(), "f64", "labels")
        batches = Batches(20, 20, 6, joins=False, order=order)
        table = scalar_table(net.architecture, cp.GradientDescent(0.1), np.arange(len(batches)), 1, 1, 0)
        program = Native(threads, isa).load(step.graph, step.stored, zeros=["X"])
        state = net.arrays()
        program.open(state, list(state)).run({"X": X, "y": y}, batches, table, [], lambda: False)
        nets.append(state)
    assert all(np.array_equal(value, nets[1][name]) for name, value in nets[0].items())


MEMORY = """
import numpy as np, clearprop as cp
X = np.ones((20_000, 400))
X[:1000, 10:] = 0  # what the fit looks at
net = cp.Network(400, [cp.Dense(16, "relu"), cp.Dense(2, "softmax")], "cross_entropy", dtype="float64")
y = np.arange(len(X)) % 2
used = []
for epochs in (1, 2, 4):
    net.fit(X, y, epochs=epochs)
    used += [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]
kernels = {step.kernel for step in net._run.session.program.plan.steps}
print("find_changes" in kernels, *used)
"""


@pytest.mark.system
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is /proc that tells the most memory a process had")
def test_what_is_kept_takes_half_as_much_memory_as_the_rows():
    """Whole rows would take twice as much as they are."""
    out = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True).stdout.split()
    before, *after = map(int, out[1:])
    data = 20_000 * 400 * 8 // 1024
    assert out[0] == "True"
    assert all(0.3 * data < size - before < 0.6 * data for size in after)
