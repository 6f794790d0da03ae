"""A user's activation or loss as data: the list of operations that its graph is made of. A file may carry that; code it
never carries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from clearprop.errors import InvalidValueError, a_or_an, plural
from clearprop.graph import DTYPES, N, Node, Type, as_graph
from clearprop.graph.node import OPS, topological
from clearprop.nn.losses import CustomLoss, Loss, Target
from clearprop.visible import visible

Step = tuple[str, tuple[int, ...], tuple[tuple[str, Any], ...]]  # op, inputs, attributes
Steps = tuple[Step, ...]

_WIDTHS, _DTYPES = (1009, 1013), ("f64", "f32")  # of the arguments that a function is shown: no sizes of its own
_OTHER_WIDTHS = (1, 2, 3, 4)  # at which it must do what was recorded: a function may look whether there is one unit
_MOST = 1000  # operations
_OUTSIDE = frozenset({"variable", "uniform", "size"})
_NUMBERS = frozenset({"value", "exponent", "slope", "alpha"})  # attributes
_WIDTH, _DTYPE, _ROWS = "@width", "@dtype", "@N"
_OF_WIDTH: dict[str, Callable[[Any], float]] = {
    "@1.0 width": float,
    "@1/width": lambda width: 1 / width,
}  # numbers, as a mean has them


@dataclass(frozen=True)
class RecordedActivation:
    """An activation that was recorded: callable as the function was.

    Attributes:
        name: of the function.
        steps: operations; inputs count from 0, which is the argument.
    """

    name: str
    steps: Steps

    def __post_init__(self) -> None:
        _check(self.name, self.steps, 1)
        object.__setattr__(self, "__name__", self.name)  # as a function has it

    def __repr__(self) -> str:
        return visible(self.name)

    def __call__(self, z: Node) -> Node:
        """The activation of z."""
        return replayed(self.steps, (z,))


@dataclass(frozen=True)
class RecordedLoss(Loss):
    """A loss that was recorded.

    Attributes:
        name: of the function.
        steps: operations; inputs count from 0: the outputs a, then the targets y.
        aim: what the targets are; see `Loss.target`.
        needs: the output activation that it needs, if it needs one.
    """

    name: str
    steps: Steps
    aim: Target = "numbers"
    needs: str | None = None

    def __post_init__(self) -> None:
        _check(self.name, self.steps, 2)
        if self.aim not in get_args(Target) or not (self.needs is None or self.needs in ("sigmoid", "softmax")):
            raise InvalidValueError(f"a loss of {self.aim!r:.40} that needs {self.needs!r:.40}", "what losses are of")

    def __repr__(self) -> str:
        return visible(self.name)

    @property
    def target(self) -> Target:
        """What the targets are."""
        return self.aim

    @property
    def output(self) -> str | None:
        """The output activation that it needs."""
        return self.needs

    def __call__(self, a: Node, y: Node) -> Node:
        """The loss of each sample."""
        return replayed(self.steps, (a, y))


def recorded(given: Any) -> RecordedActivation | RecordedLoss:
    """A function from a node to a node, or a loss, as data.

    Raises:
        InvalidValueError: if it is no such function, or if what it does depends on more than its arguments' types.

    Example:
        >>> from clearprop.graph import sin
        >>> recorded(lambda z: z + sin(z) ** 2).steps
        (('sin', (0,), ()), ('power', (1,), (('exponent', 2.0),)), ('add', (0, 2), ()))
    """
    function = given.function if isinstance(given, CustomLoss) else given
    name = getattr(function, "__name__", type(function).__name__)
    if isinstance(given, Loss):
        return RecordedLoss(name, _record(name, given, 2), given.target, given.output)
    return RecordedActivation(name, _record(name, given, 1))


def replayed(steps: Steps, arguments: Sequence[Node]) -> Node:
    """The value that a recorded function has for some arguments."""
    nodes = list(arguments)
    width, dtype = arguments[0].shape[-1], arguments[0].dtype
    for op, inputs, attrs in steps:
        nodes.append(
            OPS[op](*(nodes[i] for i in inputs), **{name: _revived(value, width, dtype) for name, value in attrs})
        )
    return nodes[-1]


# --- recording


def _record(name: str, function: Callable[..., Any], count: int) -> Steps:
    """The operations of a function, of which those for other widths and dtypes must be the same."""
    kinds = [(_WIDTHS[0], _DTYPES[0]), (_WIDTHS[1], _DTYPES[0]), (_WIDTHS[0], _DTYPES[1])]
    first, *others = (_traced(name, function, count, *kind) for kind in kinds)
    if any([step[:2] for step in other] != [step[:2] for step in first] for other in others):
        raise _refused(name, "other operations for other widths or dtypes")
    found = tuple(
        (
            op,
            inputs,
            tuple((key, _merged(name, [dict(steps[i][2])[key] for steps in (first, *others)])) for key, _ in pairs),
        )
        for i, (op, inputs, pairs) in enumerate(first)
    )
    for width in _OTHER_WIDTHS:
        again = replayed(found, [OPS["variable"](shape=(N, width), dtype=_DTYPES[0]) for _ in range(count)])
        if repr(as_graph(again)) != repr(as_graph(_shown(name, function, count, width, _DTYPES[0])[1])):
            raise _refused(name, f"another function for {plural(width, 'unit')}")
    return found


def _shown(name: str, function: Callable[..., Any], count: int, width: int, dtype: str) -> tuple[list[Node], Node]:
    """Arguments of a width, and what the function makes of them."""
    arguments = [OPS["variable"](shape=(N, width), dtype=dtype) for _ in range(count)]
    made = function(*arguments)
    if not isinstance(made, Node):
        raise _refused(name, f"{a_or_an(type(made).__name__)} and no node")
    return arguments, made


def _traced(name: str, function: Callable[..., Any], count: int, width: int, dtype: str) -> list[Step]:
    arguments, made = _shown(name, function, count, width, dtype)
    number = {node: i for i, node in enumerate(arguments)}
    steps: list[Step] = []
    for node in topological([made]):
        if node in number:
            continue
        if node.op.name in _OUTSIDE:
            raise _refused(name, f"{node.op.name} beside its arguments")
        number[node] = count + len(steps)
        steps.append((node.op.name, tuple(number[x] for x in node.inputs), tuple(node.attrs.items())))
    if not steps:
        steps.append(("identity", (number[made],), ()))
    return steps


def _merged(name: str, values: list[Any]) -> Any:
    """What an attribute is, where it is one thing or follows from the width or the dtype."""
    one, wider, other = values
    if isinstance(one, tuple):
        if len({len(value) for value in values}) > 1:
            raise _refused(name, "sizes that depend on the number of units")
        return tuple(_merged(name, list(each)) for each in zip(*values, strict=True))
    if one is N:
        return _ROWS
    if isinstance(one, int) and (one, wider) == _WIDTHS:
        return _WIDTH
    for mark, of in _OF_WIDTH.items():
        if isinstance(one, float) and (one, wider) == tuple(map(of, _WIDTHS)):
            return mark
    if (one, other) == _DTYPES:
        return _DTYPE
    if one != wider or one != other:
        if all(isinstance(value, float) and math.isnan(value) for value in values):
            return "@nan"
        raise _refused(name, "numbers that depend on the number of units")
    return f"@{one}" if isinstance(one, float) and not math.isfinite(one) else one


def _revived(value: Any, width: Any, dtype: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_revived(each, width, dtype) for each in value)
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    known = {_WIDTH: width, _DTYPE: dtype, _ROWS: N, **{mark: of(width) for mark, of in _OF_WIDTH.items()}}
    return known[value] if value in known else float(value[1:])


def _refused(name: str, why: str) -> InvalidValueError:
    return InvalidValueError(
        f"{name!r} cannot be written to a file: {why}",
        "a function of its arguments alone, the same for any number of units",
        "a network with it can be pickled where the function can be imported",
    )


# --- checking what a file says


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or value in _OF_WIDTH or value in ("@inf", "@-inf", "@nan")


def _is_plain(value: Any) -> bool:
    """Whether a value is made of numbers, marks and dtypes alone."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return _is_number(value) or isinstance(value, bool) or value in (_WIDTH, _DTYPE, _ROWS, *DTYPES)


def _check(name: Any, steps: Any, count: int) -> None:
    """Refuse what is no list of operations, and what does not fit together.

    Raises:
        InvalidValueError, and what the ops raise for types that do not fit.
    """
    if not isinstance(name, str) or not isinstance(steps, tuple) or not 1 <= len(steps) <= _MOST:
        raise InvalidValueError(
            f"a function of {len(steps) if isinstance(steps, tuple) else steps!r} operations", f"1 to {_MOST}"
        )
    for i, step in enumerate(steps):
        op, inputs, attrs = step
        if op not in OPS or op in _OUTSIDE or not isinstance(attrs, tuple):
            raise InvalidValueError(f"operation {op!r} in a function", "an op of the graph")
        for key, value in attrs:
            if not (_is_number(value) if key in _NUMBERS else _is_plain(value)):
                raise InvalidValueError(f"{key} {value!r:.40} of {op!r} in a function", "a number, sizes or a dtype")
        if not all(type(x) is int and 0 <= x < count + i for x in inputs):
            raise InvalidValueError(
                f"inputs {inputs} of operation {i} in a function", f"numbers from 0 to {count + i - 1}"
            )
    a = Type((N, 7), "f64")
    made = replayed(steps, [OPS["variable"](shape=a.shape, dtype=a.dtype) for _ in range(count)])
    wanted = a if count == 1 else Type((N,), "f64")
    if made.type != wanted:
        raise InvalidValueError(f"a function that makes {made.type} of {a}", str(wanted))
