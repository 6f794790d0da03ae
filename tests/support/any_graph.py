"""Any graph: random graphs over every op, every rank and every operand order, each a pure function of its seed.

Every op of the registry is applied to what its own type rule takes. While a graph grows its values are computed, so
that they stay moderate and logarithms meet positive numbers; what comes of it is a graph with several outputs, often
its gradients and second gradients, as written or after `simplify`, and two sets of numbers for its variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bounded import concrete, number_of
from clearprop.errors import ClearpropError
from clearprop.execute.codes import UPDATES
from clearprop.graph import OPS, Graph, N, Node, Type, constant, expand, gradient, simplify, topological, variable

WIDTHS = [1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 13, 15, 16, 17, 24, 31, 32, 33, 40, 65]
BATCHES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 23, 33, 64, 65, 100]
RANKS = ["()", "(N,)", "(k,)", "(N, k)", "(N, k)", "(N, 1)", "(m, k)", "(m, 1)", "(1, k)", "(1, 1)"]
POSITIVE = {"log", "log1p", "sqrt", "reciprocal"}
BOUNDED = {"exp", "expm1", "softplus"}
LARGEST = 1e4
Draw = Callable[[tuple[int, ...]], Any]


@dataclass(frozen=True, repr=False)
class Case:
    """A graph and two sets of numbers for it.

    Attributes:
        seed: what it was made from.
        graph: what is computed.
        forward: the outputs before any gradient was taken, by name.
        of: gradient output → its node, what it is the gradient of, and with respect to which variable.
        values: two bindings of the variables.
        n: the batch size of both.
        dtype: of all floating-point values: f32 or f64.
        form: what was done with the graph: as written, simplified, ….
        stored: output → the variable that it replaces after a training step; empty where no steps make sense.
    """

    seed: int
    graph: Graph
    forward: dict[str, Node]
    of: dict[str, tuple[Node, Node, str]]
    values: tuple[dict[str, Any], dict[str, Any]]
    n: int
    dtype: str
    form: str
    stored: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"case {self.seed}, {self.form}, N = {self.n}\n{self.graph}\n"


@dataclass
class _Maker:
    rng: np.random.Generator
    dtype: str
    n: int
    widths: Sequence[int]
    pool: list[Node] = field(default_factory=list)
    value: dict[Node, Any] = field(default_factory=dict)
    bound: list[dict[str, Any]] = field(default_factory=lambda: [{}, {}])
    leaves: list[Node] = field(default_factory=list)
    names: int = 0

    # --- choices

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def pick(self, items: Any) -> Any:
        return items[int(self.rng.integers(len(items)))]

    def width(self) -> int:
        return 0 if self.chance(0.004) else int(self.pick(self.widths))

    def shape(self) -> tuple[Any, ...]:
        kind, k, m = self.pick(RANKS), self.width(), self.width()
        return {
            "()": (),
            "(N,)": (N,),
            "(k,)": (k,),
            "(N, k)": (N, k),
            "(N, 1)": (N, 1),
            "(m, k)": (m, k),
            "(m, 1)": (m, 1),
            "(1, k)": (1, k),
            "(1, 1)": (1, 1),
        }[kind]

    # --- leaves

    def leaf(self, shape: tuple[Any, ...], draw: Draw | None = None, dtype: str = "") -> Node:
        node = variable(f"x{len(self.leaves)}", shape, dtype or self.dtype)
        for given in self.bound:
            made = np.asarray((draw or self.normal)(concrete(shape, self.n)))
            given[str(node.name)] = made.astype({"f32": "float32", "f64": "float64", "i64": "int64"}[node.dtype])
        self.leaves.append(node)
        self.value[node] = self.bound[0][str(node.name)].astype("float64" if node.type.is_float else "int64")
        return node

    def normal(self, shape: tuple[int, ...]) -> Any:
        return self.rng.normal(size=shape)

    def labels(self, length: Any, below: int) -> Node:
        made = self.leaf((length,), lambda shape: self.rng.integers(0, below, shape), "i64")
        return OPS[self.pick(["identity", "stop_gradient"])](made) if self.chance(0.2) else made

    # --- operands

    def any(self, rank: int | None = None) -> Node:
        """A floating-point node of the pool, the newer the likelier, or a new variable."""
        fits = [x for x in self.pool if x.dtype == self.dtype and (rank is None or x.type.rank == rank)]
        if fits and self.chance(0.85):
            return fits[-1 - int(len(fits) * self.rng.random() ** 2)]
        shape = self.shape()
        while rank is not None and len(shape) != rank:
            shape = self.shape()
        return self.add(self.leaf(shape))

    def of(self, shape: tuple[Any, ...]) -> Node:
        """A node of a shape: from the pool, spread from a smaller one, a constant, or a new variable."""
        same = [x for x in self.pool if x.shape == shape and x.dtype == self.dtype]
        if same and self.chance(0.6):
            return self.pick(same)
        smaller = [(x, axes) for x in self.pool if x.dtype == self.dtype for axes in self.spreads(x, shape)]
        if smaller and self.chance(0.5):
            x, axes = self.pick(smaller)
            return self.add(OPS["broadcast"](x, shape=shape, axes=axes))
        if self.chance(0.15):
            return self.seen(constant(float(self.pick([0.0, 1.0, -1.0, 0.5, 2.0, -0.3])), Type(shape, self.dtype)))
        return self.add(self.leaf(shape))

    @staticmethod
    def spreads(x: Node, shape: tuple[Any, ...]) -> list[tuple[int, ...]]:
        if x.type.rank == 0 and shape:
            return [()]
        if x.type.rank == 1 and len(shape) == 2:
            return [(a,) for a in (0, 1) if shape[a] == x.shape[0]]
        return []

    def seen(self, node: Node) -> Node:
        """Compute the numbers of a node and of what it is made from."""
        for x in topological([node]):
            if x not in self.value:
                self.value[x] = number_of(x, [self.value[i] for i in x.inputs], self.n)
        return node

    def add(self, node: Node, name: bool = True) -> Node:
        """Enter a node into the pool; named now and then."""
        self.seen(node)
        if name and node.name is None and node.op.name != "constant" and self.chance(0.25):
            self.names += 1
            named = node.named(f"n{self.names}")
            self.value[named] = self.value[node]
            node = named
        if node.type.is_float or node.dtype == "bool":
            self.pool.append(node)
        return node

    def calm(self, x: Node, bound: float = 3.0) -> Node:
        """x, or its tanh where its numbers are large."""
        return x if np.all(np.abs(self.value[x]) <= bound) else self.add(OPS["tanh"](x), name=False)

    def positive(self, x: Node) -> Node:
        if np.all(self.value[x] > 0.1):
            return x
        way = self.rng.integers(3)
        made = OPS["softplus"](x) if way == 0 else x * x if way == 1 else OPS["exp"](self.calm(x))
        return self.add(made + 0.2, name=False)

    def unit(self, x: Node) -> Node:
        return self.add(OPS["sigmoid"](x), name=False)

    # --- one op, by its type rule

    def apply(self, name: str) -> Node:
        return PROPOSALS.get(name, _elementwise)(self, OPS[name])


def _elementwise(m: _Maker, op: Any) -> Node:
    """Inputs of one type, as the op's examples say how many; numbers where those are numbers."""
    example = m.pick([e for e in op.examples if e.types[0].dtype in (m.dtype, "f64")])
    x = m.any()
    if len(example.types) == 1 and op.name in BOUNDED:
        x = m.calm(x)
    domains = (*example.domains, *["real"] * len(example.types))
    inputs = [x if i == 0 else m.of(x.shape) for i in range(len(example.types))]
    inputs = [
        m.positive(x) if d == "positive" else m.unit(x) if d == "unit" else x
        for x, d in zip(inputs, domains, strict=False)
    ]
    if op.name in ("multiply", "divide", "sigmoid_cross_entropy"):
        inputs = [m.calm(x, 30.0) for x in inputs]
    if op.name in POSITIVE or (op.name == "power" and not float(example.attrs["exponent"]).is_integer()):
        inputs = [m.positive(inputs[0])]
    if op.name == "power":
        inputs = [m.calm(inputs[0], 20.0)]
    if len(inputs) > 1 and m.chance(0.5) and domains[0] == domains[1]:
        inputs[:2] = inputs[1::-1]
    return op(*inputs, **example.attrs)


def _update(m: _Maker, op: Any) -> Node:
    """An optimizer's rule: arrays of one shape, then float64 numbers."""
    example = op.examples[0]
    arrays = len([t for t in example.types if t.shape != ()])
    first = m.calm(m.any())
    inputs = [first, *(m.of(first.shape) for _ in range(arrays - 1))]
    inputs = [m.positive(x) if d == "positive" else m.calm(x) for x, d in zip(inputs, example.domains, strict=False)]

    def number() -> Node:
        fits = [x for x in m.pool if x.type == Type((), "f64")]
        if fits and m.chance(0.2):
            return m.unit(m.pick(fits))
        return m.leaf((), lambda shape: m.rng.uniform(0.1, 0.9, shape), "f64")

    return op(*inputs, *(number() for _ in range(len(example.types) - arrays)))


def _where(m: _Maker, op: Any) -> Node:
    conditions = [x for x in m.pool if x.dtype == "bool"]
    condition = m.pick(conditions) if conditions and m.chance(0.5) else m.add(m.apply("greater"), name=False)
    return op(condition, m.of(condition.shape), m.of(condition.shape))


def _reduce(m: _Maker, op: Any) -> Node:
    x = m.any(rank=int(m.pick([1, 2, 2])))
    axis = int(m.rng.integers(x.type.rank))
    return op(x, axis=axis)


def _rows(m: _Maker, op: Any) -> Node:
    """Over the last axis of a vector or of rows."""
    x = m.calm(m.any(rank=int(m.pick([1, 2, 2]))), 30.0)
    if op.name == "softmax_cross_entropy":
        if m.chance(0.3) and x.type.rank == 2:
            return op(x, OPS["one_hot"](m.labels(x.shape[0], x.shape[1]), classes=x.shape[1], dtype=m.dtype))
        return op(x, m.unit(m.of(x.shape)))
    return op(x, m.calm(m.of(x.shape))) if op.name == "squared_error" else op(x)


def _matmul(m: _Maker, op: Any) -> Node:
    a = m.calm(m.any(rank=int(m.pick([1, 2, 2]))))
    ta, tb = m.chance(0.4), m.chance(0.4)
    inner = (a.shape[::-1] if ta else a.shape)[-1]
    if m.chance(0.35):
        b = m.of((inner,))
    else:
        other = m.pick([m.width(), m.width(), N])
        b = m.of((other, inner) if tb else (inner, other))
    flags = {"transpose_a": ta, "transpose_b": tb}
    a, b = (b, a) if m.chance(0.1) else (a, b)
    return op(a, m.calm(b), **{flag: True for flag, on in flags.items() if on})


def _affine(m: _Maker, op: Any) -> Node:
    x = m.calm(m.any(rank=int(m.pick([1, 2, 2]))))
    if m.chance(0.2):  # what else its type rule takes: a vector of weights, a batch contracted
        W = m.of((x.shape[-1],))
        return op(x, W, m.of(x.shape[:-1]))
    W = m.of((x.shape[-1], m.width()))
    return op(x, W, m.of((W.shape[1],)))


def _transpose(m: _Maker, op: Any) -> Node:
    return op(m.any(rank=2))


def _broadcast(m: _Maker, op: Any) -> Node:
    x = m.any()
    k = m.pick([N, m.width(), m.width()])
    if m.chance(0.03) and x.type.rank <= 2:  # three axes: more than the machine has
        return op(x, shape=(*x.shape, 2, 3)[: x.type.rank + 2], axes=tuple(range(x.type.rank)))
    if x.type.rank == 0:
        shape = m.shape() or (k,)
        return op(x, shape=shape, axes=())
    if x.type.rank == 2:
        return op(x, shape=x.shape, axes=(0, 1))
    shape, axes = ((x.shape[0], k), (0,)) if m.chance(0.5) else ((k, x.shape[0]), (1,))
    return op(x, shape=shape, axes=axes)


def _slice(m: _Maker, op: Any) -> Node:
    x = m.any(rank=int(m.pick([1, 2, 2])))
    axes = [a for a, d in enumerate(x.shape) if d is not N]
    if not axes:
        return op(m.add(m.leaf((m.width(),))), axis=0, start=0, stop=1)
    axis = m.pick(axes)
    start, stop = sorted(int(m.rng.integers(x.shape[axis] + 1)) for _ in range(2))
    return op(x, axis=axis, start=start, stop=max(stop, min(start + 1, x.shape[axis])))


def _concat(m: _Maker, op: Any) -> Node:
    x = m.any(rank=int(m.pick([1, 2, 2])))
    axes = [a for a, d in enumerate(x.shape) if d is not N]
    if not axes:
        x, axes = m.add(m.leaf((m.width(),))), [0]
    axis = m.pick(axes)
    parts = [x]
    for _ in range(int(m.rng.integers(1, 3))):
        parts.append(x if m.chance(0.3) else m.of((*x.shape[:axis], m.width(), *x.shape[axis + 1 :])))
    order = m.rng.permutation(len(parts))
    return op(*(parts[i] for i in order), axis=axis)


def _one_hot(m: _Maker, op: Any) -> Node:
    classes = max(1, m.width())
    return op(m.labels(m.pick([N, N, max(1, m.width())]), classes), classes=classes, dtype=m.dtype)


def _take_columns(m: _Maker, op: Any) -> Node:
    x = m.any(rank=2)
    return op(x, index=tuple(int(i) for i in m.rng.integers(0, x.shape[1], max(1, m.width()))))


def _add_columns(m: _Maker, op: Any) -> Node:
    x, columns = m.any(rank=2), max(1, m.width())
    if m.chance(0.4):  # side by side, round and round
        start = int(m.rng.integers(columns))
        return op(x, index=tuple((start + j) % columns for j in range(x.shape[1])), columns=columns)
    return op(x, index=tuple(int(i) for i in m.rng.integers(0, columns, x.shape[1])), columns=columns)


def _take(m: _Maker, op: Any) -> Node:
    table = m.any(rank=2)
    if table.shape[0] is N or table.shape[0] == 0:
        table = m.of((max(1, m.width()), m.width()))
    return op(table, m.labels(m.pick([N, N, max(1, m.width())]), table.shape[0]))


def _scatter(m: _Maker, op: Any) -> Node:
    x, rows = m.any(rank=2), max(1, m.width())
    return op(x, m.labels(x.shape[0], rows), rows=rows)


def _codes(m: _Maker, length: Any, levels: int) -> Node:
    """Codes as they come: whole numbers, others between them, and some beyond the table."""
    return m.leaf((length,), lambda shape: m.rng.integers(-4, 2 * levels + 4, shape) / 2)


def _embed(m: _Maker, op: Any) -> Node:
    table = m.any(rank=2)
    if table.shape[0] is N or table.shape[0] == 0:
        table = m.of((max(1, m.width()), m.width()))
    return op(table, _codes(m, m.pick([N, N, max(1, m.width())]), table.shape[0]))


def _add_embedded(m: _Maker, op: Any) -> Node:
    x, levels = m.any(rank=2), max(1, m.width())
    return op(x, _codes(m, x.shape[0], levels), levels=levels)


def _uniform(m: _Maker, op: Any) -> Node:
    counters = [x for x in m.leaves if x.shape == (3,) and x.dtype == "i64" and str(x.name) in ("counter",)]
    if not counters:
        counters = [variable("counter", (3,), "i64")]
        for given in m.bound:
            given["counter"] = m.rng.integers(0, 9, 3) * [1, *m.pick([(1, 1), (0, 0)])]
        m.leaves.append(counters[0])
        m.value[counters[0]] = m.bound[0]["counter"]
    shape = m.shape() if m.chance(0.7) else m.any().shape
    return op(counters[0], shape=shape, dtype=m.dtype, stream=int(m.rng.integers(5)))


def _cast(m: _Maker, op: Any) -> Node:
    """To whole numbers or truth values and back; rarely to the other width."""
    x = m.any()
    if m.chance(0.1):
        return op(op(x, dtype="f64" if m.dtype == "f32" else "f32"), dtype=m.dtype)
    if m.chance(0.5):
        truth = [x for x in m.pool if x.dtype == "bool"]
        return op(m.pick(truth) if truth else m.apply("greater"), dtype=m.dtype)
    return op(op(x, dtype=m.pick(["i64", "bool"])), dtype=m.dtype)


def _constant(m: _Maker, op: Any) -> Node:
    return constant(float(m.pick([0.0, 1.0, -2.0, 0.25])), Type(m.shape(), m.dtype))


PROPOSALS: dict[str, Callable[[_Maker, Any], Node]] = {
    "constant": _constant,
    "variable": lambda m, op: m.leaf(m.shape()),
    "size": lambda m, op: op(dtype=m.dtype),
    "uniform": _uniform,
    "sum": _reduce,
    "max": _reduce,
    "matmul": _matmul,
    "affine": _affine,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "slice": _slice,
    "concat": _concat,
    "one_hot": _one_hot,
    "take_columns": _take_columns,
    "add_columns": _add_columns,
    "take_rows": _take,
    "scatter_rows": _scatter,
    "embed": _embed,
    "add_embedded": _add_embedded,
    "cast": _cast,
    "where": _where,
    "softmax": _rows,
    "log_softmax": _rows,
    "softmax_cross_entropy": _rows,
    "squared_error": _rows,
    **dict.fromkeys(sorted(UPDATES), _update),
}
# Drawn more often than others: what joins, moves and reduces is where layouts go wrong.
FAVOURITES = [
    "matmul",
    "matmul",
    "affine",
    "broadcast",
    "sum",
    "max",
    "softmax",
    "multiply",
    "add",
    "concat",
    "slice",
    "take_columns",
]


def random_case(seed: int, widths: Sequence[int] = WIDTHS, batches: Sequence[int] = BATCHES) -> Case:
    """The case of a seed, its sizes drawn from these."""
    rng = np.random.default_rng([2026, seed])
    m = _Maker(rng, "f64" if rng.random() < 0.5 else "f32", int(rng.choice(batches)), widths)
    names = sorted(OPS)
    made: list[Node] = []
    m.add(m.leaf(m.shape()))
    wanted = int(rng.integers(1, 10))
    for _ in range(wanted * 4):
        name = m.pick(FAVOURITES) if m.chance(0.4) else m.pick(names)
        before = len(m.pool), len(m.leaves)
        try:
            node = m.add(m.apply(name))
        except (ClearpropError, ValueError):  # the type rule says no, or it is the maximum of nothing
            continue
        if node.type.is_float and not np.all(np.abs(m.value[node]) <= LARGEST):
            del m.pool[before[0] :]
            continue
        made.append(node)
        if len(made) == wanted:
            break
    forward = _outputs(m, made)
    of = _gradients(m, list(forward.values()))
    outputs = {**forward, **{name: dx for name, (dx, *_) in of.items()}}
    stored = _stored(m, outputs)
    graph, form = _form(m, Graph(outputs))
    return Case(seed, graph, forward, of, (m.bound[0], m.bound[1]), m.n, m.dtype, form, stored)


def _outputs(m: _Maker, made: list[Node]) -> dict[str, Node]:
    ends = [x for x in made if not any(x in y.inputs for y in made)] or [m.pool[0]]
    more = [x for x in made if m.chance(0.2)]
    return {f"y{i}": x for i, x in enumerate(dict.fromkeys([*ends, *more]))}


def _stored(m: _Maker, outputs: dict[str, Node]) -> dict[str, str]:
    """Now and then new values for some variables: a step down a gradient, or any output of the same type.

    The random counter of a step is (seed, epoch, step), so that the numbers of a run say what a step should give.
    """
    inputs = Graph(outputs).inputs
    if m.chance(0.6) or m.n == 0 or ("counter" in inputs and any(m.bound[0]["counter"][1:])):
        return {}
    found: dict[str, str] = {}
    for name, x in inputs.items():
        if not x.type.is_float or x.type.has_batch or m.chance(0.3):
            continue
        same = [y for y in outputs.values() if y.type == x.type]
        down = outputs.get(f"d{name}")
        if down is not None and m.chance(0.7):
            eta = m.leaf((), lambda shape: m.rng.uniform(0.1, 0.9, shape), "f64")
            outputs[f"{name}'"] = OPS["descend"](x, down, eta)
        elif same:
            outputs[f"{name}'"] = m.pick(same)
        else:
            continue
        found[f"{name}'"] = name
    floats = [y for y in outputs.values() if y.type.is_float]
    if not found or not floats:
        return {}
    outputs["L"] = total(m.pick(floats))
    return found


def total(y: Node) -> Node:
    """The mean over all elements, as losses are: Σ/N over a batch."""
    while y.type.rank:
        axis = y.type.rank - 1
        count = OPS["size"](dtype=y.dtype) if y.shape[axis] is N else None
        y = OPS["sum"](y, axis=axis)
        y = y if count is None else y / (count if y.shape == () else OPS["broadcast"](count, shape=y.shape, axes=()))
    return y


def _gradients(m: _Maker, outputs: list[Node]) -> dict[str, tuple[Node, Node, str]]:
    """Gradients of a scalar made of the outputs, and now and then gradients of those."""
    floats = [y for y in outputs if y.dtype == m.dtype]
    leaves = [x for x in m.leaves if x.dtype == m.dtype]
    if not floats or not leaves or m.chance(0.3):
        return {}
    L = total(m.pick(floats))
    L = L if m.chance(0.5) else OPS["tanh"](L)
    chosen = [x for x in leaves if m.chance(0.7)] or leaves[:1]
    found = _slopes(L, chosen, "d")
    if found and m.chance(0.3):
        first = next(iter(found.values()))[0]
        again = total(first * first) if m.chance(0.5) else total(OPS["sin"](first))
        found |= _slopes(again, chosen, "dd")
    return found


def _slopes(L: Node, leaves: list[Node], prefix: str) -> dict[str, tuple[Node, Node, str]]:
    return {
        f"{prefix}{x.name}": (dx, L, str(x.name))
        for x, dx in zip(leaves, gradient(L, leaves), strict=True)
        if dx is not None and dx.op.name != "constant"
    }


def _form(m: _Maker, graph: Graph) -> tuple[Graph, str]:
    forms: dict[str, Callable[[Graph], Graph]] = {
        "as written": lambda g: g,
        "simplified": simplify,
        "simplified, names kept": lambda g: simplify(g, keep_names=True),
        "expanded": expand,
        "expanded, simplified": lambda g: simplify(expand(g)),
    }
    way = m.pick([*forms, "simplified"])
    return forms[way](graph), way
