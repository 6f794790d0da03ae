"""A network for one sample as loops over numbers, for languages that have no arrays that compute as a whole.

The batch axis is left away: X is a row. Each value that has a name, or that others read again and again, becomes an
array of its own and a loop that fills it; the rest stands within the expressions that use it, entry by entry. Sums run
from the first entry to the last, so their order is always the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from clearprop.errors import InvalidValueError
from clearprop.graph import Graph, Node, tidy, topological, variable
from clearprop.interop.source.expression import PRODUCT, SUM, Expression, infix
from clearprop.interop.source.literals import Identifiers

FREE = ("broadcast", "transpose", "cast", "stop_gradient", "identity", "slice", "take_columns")  # another place only
_LEAVES = ("variable", "constant")
_SUMMED = ("affine", "matmul", "sum", "max", "concat", "add_columns")  # of several entries
_LARGEST = 6  # ops of one expression; what is larger is taken apart
_ROWS = ("n", "m", "j")  # the indices of a value, the last ones of these


class Language(Protocol):
    """What a language writes in its own way."""

    name: str
    ops: Mapping[str, EntryRule]

    def number(self, value: float, dtype: str) -> Expression:
        """A constant."""

    def entry(self, name: str, index: Sequence[str], shape: Sequence[int]) -> str:
        """An entry of an array."""

    def loop(self, index: str, length: int) -> str:
        """The head of a loop over 0 ≤ index < length."""

    def array(self, name: str, shape: Sequence[int], dtype: str) -> str:
        """The statement that declares an array."""

    def scalar(self, name: str, value: Expression, dtype: str, changes: bool = False) -> str:
        """The statement that declares a number."""

    def integers(self, name: str, values: Sequence[int]) -> str:
        """The statement that declares an array of whole numbers outside of functions."""

    def function(self, name: str, arguments: Sequence[str], dtype: str, body: Sequence[str]) -> str:
        """A function from numbers to a number."""

    def library(self, name: str, dtype: str) -> str:
        """The source of a function that the language lacks."""


def plain(name: str) -> str:
    """A name of Latin letters, digits and underscores, as every language takes it; for others one that none takes, and
    `Identifiers` finds another."""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) else "0"


EntryRule = Callable[[Language, Node, list[Expression]], Expression]  # how an entry is written, given those it is of


@dataclass
class Helpers:
    """Functions and tables of a file that its network needs, in an order in which each comes after those it uses."""

    language: Language
    names: Identifiers
    written: list[str] = field(default_factory=list)
    _known: dict[object, str] = field(default_factory=dict)

    def library(self, name: str, dtype: str) -> str:
        """The name of a function that the language lacks."""
        return self._named((name, dtype), name, lambda new: self.language.library(new, dtype))

    def columns(self, index: Sequence[int]) -> str:
        """The name of a list of column numbers."""
        return self._named(tuple(index), "columns", lambda new: self.language.integers(new, index))

    def of_op(self, node: Node) -> str:
        """The name of the function of an elementwise fused op, written from its stable form."""
        key = (node.op.name, tuple(node.attrs.items()), node.dtype)
        return self._named(key, node.op.name, lambda new: self._source(new, node))

    def _named(self, key: object, wanted: str, source: Callable[[str], str]) -> str:
        if key not in self._known:
            self._known[key] = name = self.names.new(plain(wanted), "op")
            text = source(name)  # those that it calls are written meanwhile
            self.written.append(text)
        return self._known[key]

    def _source(self, name: str, node: Node) -> str:
        letters = ["x"] if len(node.inputs) == 1 else ["x", "y", "z"][: len(node.inputs)]
        inputs = [variable(letter, (), node.dtype) for letter in letters]
        graph = tidy(Graph({"": meaning(node)(*inputs, **node.attrs)}))
        loops = Loops(self, Identifiers(letters), dict(zip(inputs, letters, strict=True)))
        body, value = loops.number_of(graph.outputs[""])
        return self.language.function(name, letters, node.dtype, [*body, f"return {value};"])


def meaning(node: Node) -> Callable[..., Node]:
    """What a fused op is made of: its stable form, if it has one."""
    found = node.op.stable or node.op.definition
    assert found is not None
    return found


class Loops:
    """Statements that compute a graph's output for one sample.

    Args:
        helpers: of the file.
        names: that values may have.
        bound: what has a name already: the sample, the parameters.
        formulas: how some values are told in a comment.
    """

    def __init__(
        self,
        helpers: Helpers,
        names: Identifiers,
        bound: Mapping[Node, str],
        formulas: Mapping[Node, str] | None = None,
    ) -> None:
        self.helpers, self.language, self.names = helpers, helpers.language, names
        self._bound, self._formulas = dict(bound), dict(formulas or {})
        self._lines: list[str] = []
        self._after = 0  # lines up to the last value that has a name of its own

    def number_of(self, output: Node) -> tuple[list[str], str]:
        """The statements before a number, and the number."""
        self._fill(topological([output]), {output}, output)
        return self._lines, self._at(output, ()).text

    def into(self, output: Node, target: str) -> list[str]:
        """The statements that fill an array which is there with the output."""
        nodes = topological([output])
        self._fill(nodes, self._kept(nodes, output), output)
        self._told(output)
        self._statements(output, target)
        return self._lines

    def _fill(self, nodes: Sequence[Node], kept: Iterable[Node], output: Node) -> None:
        kept = {*kept, *self._kept(nodes, output)} - {output}
        for node in nodes:
            if node in kept and node not in self._bound and 0 not in one_sample(node):
                self._told(node)
                self._declared(node)

    # --- what gets a name

    def _kept(self, nodes: Sequence[Node], output: Node) -> set[Node]:
        uses = Counter(x for node in nodes for x in node.inputs)
        kept, weight = {output}, dict.fromkeys(nodes, 0)

        def keep(node: Node) -> None:
            """Give a name to what a loop reads again and again."""
            while node.op.name in FREE and node not in kept:
                node = node.inputs[0]
            if node.op.name not in _LEAVES:
                kept.add(node)

        for node in nodes:
            op = node.op.name
            weight[node] = (op not in FREE) + sum(0 if x in kept else weight[x] for x in node.inputs)
            is_value = node.name is not None and node.name.role == "value"
            if op in _LEAVES:
                weight[node] = 0
            elif is_summed(node) or is_value or weight[node] > _LARGEST or (uses[node] > 1 and op not in FREE):
                kept.add(node)
            if op in ("affine", "matmul", "take_columns", "embed") or (op == "broadcast" and node.inputs[0].shape):
                keep(node.inputs[0])
        return kept

    def _told(self, node: Node) -> None:
        """Say what a value is, above what it is made of."""
        if node in self._formulas:
            self._lines.insert(self._after, self._formulas[node])

    def _declared(self, node: Node) -> None:
        wanted = plain(str(node.name)) if node.name is not None else "u1"
        name = self.names.new(wanted) if node.name is not None else self.names.numbered("u")
        shape = one_sample(node)
        if shape:
            self._lines.append(self.language.array(name, shape, node.dtype))
        self._statements(node, name)
        self._bound[node] = name
        self._after = len(self._lines) if node.name is not None else self._after

    # --- loops

    def _statements(self, node: Node, target: str) -> None:
        shape = one_sample(node)
        match node.op.name:
            case "concat":
                self._concat(node, target)
            case "add_columns":
                self._add_columns(node, target)
            case "affine" | "matmul" if shape and shape[-1] > 1:
                self._product(node, target)
            case "affine" | "matmul" | "sum" | "max" if is_summed(node):
                index = _ROWS[3 - len(shape) :]
                self._nested(index, shape, [*self._reduced(node, target, index)])
            case _ if not shape:
                self._lines.append(self.language.scalar(target, self._written(node, ()), node.dtype))
            case _:
                index = _ROWS[3 - len(shape) :]
                place = self.language.entry(target, index, shape)
                self._nested(index, shape, [f"{place} = {self._written(node, index).text};"])

    def _nested(self, index: Sequence[str], shape: Sequence[int], body: list[str]) -> None:
        """Statements within a loop for each index."""
        for letter, length in reversed([*zip(index, shape, strict=True)]):
            inner = [f"    {line}" for line in body]
            head = self.language.loop(letter, length)
            body = [head, *inner] if len(inner) == 1 or _is_loop(body) else [f"{head} {{", *inner, "}"]
        self._lines += body

    def _product(self, node: Node, target: str) -> None:
        """A product of matrices, row by row of W as it lies in memory: for each i a term is added to every sum."""
        shape = one_sample(node)
        index = _ROWS[3 - len(shape) :]
        place = self.language.entry(target, index, shape)
        start, length, update = self._steps(node, index, place)
        self._nested(index, shape, [f"{place} = {start.text};"])
        if length:
            inner = [*zip((*index[:-1], "i", index[-1]), (*shape[:-1], length, shape[-1]), strict=True)]
            self._nested([letter for letter, _ in inner], [n for _, n in inner], [update])

    def _reduced(self, node: Node, target: str, index: Sequence[str]) -> Iterable[str]:
        """The statements that sum up an entry, or find the largest."""
        shape = one_sample(node)
        s = target if not shape else "s"
        start, length, update = self._steps(node, index, s)
        yield self.language.scalar(s, start, node.dtype, changes=True)
        if length:
            yield self.language.loop("i", length)
            yield f"    {update}"
        if shape:
            yield f"{self.language.entry(target, index, shape)} = {s};"

    def _steps(self, node: Node, index: Sequence[str], s: str) -> tuple[Expression, int, str]:
        """What a sum starts from, how many terms it has, and the statement that adds one."""
        x = node.inputs[0]
        zero = self.language.number(0.0, node.dtype)
        if node.op.name in ("sum", "max"):
            axis = _axis(node, "a sum over the samples", self.language)
            entry = self._at(x, (*index[:axis], "i", *index[axis:]))
            length = one_sample(x)[axis]
            if node.op.name == "sum":
                return zero, length, f"{s} += {entry.text};"
            first, z = self._at(x, (*index[:axis], "0", *index[axis:])), entry.within(SUM)
            return first, length, f"if ({z} > {s} || {z} != {z}) {s} = {z};"  # NaN stays NaN
        W = node.inputs[1]
        left, right = _contracted(node, index, self.language)
        start = self._at(node.inputs[2], index[-1:]) if node.op.name == "affine" else zero
        term = infix("*", PRODUCT, self._at(x, left), self._at(W, right))
        return start, one_sample(x)[left.index("i")], f"{s} += {term.text};"

    def _concat(self, node: Node, target: str) -> None:
        shape, at = one_sample(node), _axis(node, "values of several samples side by side", self.language)
        index, start = _ROWS[3 - len(shape) :], 0
        for x in node.inputs:
            own = one_sample(x)
            if 0 not in own:
                place = [f"{start} + {k}" if a == at and start else k for a, k in enumerate(index)]
                entry = self.language.entry(target, place, shape)
                self._nested(index, own, [f"{entry} = {self._at(x, index).text};"])
            start += own[at]

    def _add_columns(self, node: Node, target: str) -> None:
        (x,), shape = node.inputs, one_sample(node)
        zero = self.language.number(0.0, node.dtype).text
        self._nested(("j",), shape, [f"{self.language.entry(target, ['j'], shape)} = {zero};"])
        if node.attrs["index"]:
            place = self.language.entry(target, [self._column(node.attrs["index"], "j")], shape)
            self._nested(("j",), one_sample(x), [f"{place} += {self._at(x, ('j',)).text};"])

    def _column(self, columns: Sequence[int], j: str) -> str:
        """The number of the column that the j-th one is; written as a sum where they follow each other."""
        first = columns[0]
        if [*columns] == [*range(first, first + len(columns))]:
            return j if not first else f"{first} + {j}"
        if j.isdigit():
            return str(columns[int(j)])
        return self.language.entry(self.helpers.columns(columns), [j], [len(columns)])

    # --- entries

    def _at(self, node: Node, index: Sequence[str]) -> Expression:
        """An entry of a value, as an expression of what has names."""
        if node in self._bound:
            return Expression(self.language.entry(self._bound[node], index, one_sample(node)))
        return self._written(node, index)

    def _written(self, node: Node, index: Sequence[str]) -> Expression:
        moved = self._moved(node, index)
        if moved is not None:
            return moved
        inputs = [self._at(x, index) for x in node.inputs] if not is_summed(node) else []
        rule = self.language.ops.get(node.op.name)
        if rule is not None:
            return rule(self.language, node, inputs)
        if is_by_entry(node):
            return Expression(f"{self.helpers.of_op(node)}({', '.join(x.text for x in inputs)})")
        if node.op.name in ("erf", "sign", "maximum", "minimum"):
            name = self.helpers.library(node.op.name, node.dtype)
            return Expression(f"{name}({', '.join(x.text for x in inputs)})")
        raise refused(node, self.language)

    def _moved(self, node: Node, index: Sequence[str]) -> Expression | None:
        """What only stands in another place; None for other ops."""
        x, a = node.inputs[0] if node.inputs else node, node.attrs
        match node.op.name:
            case "constant":
                return self.language.number(a["value"], node.dtype)
            case "broadcast":
                skip = node.type.has_batch
                return self._at(x, [index[k - skip] for k in a["axes"] if not (k == 0 and skip)])
            case "sum" | "max" if not is_summed(node):
                axis = _axis(node, "a sum over the samples", self.language)
                return self._at(x, (*index[:axis], "0", *index[axis:]))
            case "transpose":
                return self._at(x, index[::-1])
            case "slice":
                axis = _axis(node, "some of the samples", self.language)
                place = list(index)
                place[axis] = _plus(a["start"], index[axis])
                return self._at(x, place)
            case "take_columns":
                return self._at(x, (self._column(a["index"], index[-1]),))
            case "embed":
                codes = self._at(node.inputs[1], ())
                row = f"{self.helpers.library('row_of', node.dtype)}({codes.text}, {one_sample(x)[0]})"
                return self._at(x, (row, index[-1]))
        return None


def one_sample(node: Node) -> tuple[int, ...]:
    """The shape of a value without the axis of the samples."""
    return tuple(d for d in node.shape if isinstance(d, int))


def is_summed(node: Node) -> bool:
    """Whether an entry is made of several entries of an input; a sum of one is that one."""
    if node.op.name not in ("sum", "max"):
        return node.op.name in _SUMMED
    return node.inputs[0].shape[int(node.attrs["axis"])] != 1


def is_by_entry(node: Node) -> bool:
    """Whether a fused op computes each entry from the same place in its inputs."""
    return node.op.fused and node.op.kind == "elementwise" and all(x.type == node.type for x in node.inputs)


def refused(node: Node, language: Language, what: str = "") -> InvalidValueError:
    """The error of what cannot be written for one sample at a time."""
    return InvalidValueError(
        f"{what or repr(node.op.name)} in {language.name}",
        "a network that answers each sample by itself, of ops that can be written there",
        "leave away the layer that uses it, or write the network with to_numpy_source()",
    )


def _is_loop(lines: Sequence[str]) -> bool:
    """Whether lines are one loop and what is within it."""
    return lines[0].startswith("for ") and all(line.startswith((" ", "}")) for line in lines[1:])


def _plus(start: int, index: str) -> str:
    if index.isdigit():
        return str(start + int(index))
    return f"{start} + {index}" if start else index


def _axis(node: Node, what: str, language: Language) -> int:
    """The axis of an op in a value without samples."""
    axis = int(node.attrs["axis"]) - node.inputs[0].type.has_batch
    if axis < 0:
        raise refused(node, language, what)
    return axis


def _contracted(node: Node, index: Sequence[str], language: Language) -> tuple[list[str], list[str]]:
    """Where a term of the product of two matrices stands in the one and in the other."""
    x, W = node.inputs[:2]
    if W.type.has_batch or (x.type.has_batch and node.attrs.get("transpose_a")):
        raise refused(node, language, "a product over the samples")
    rows, columns = len(one_sample(x)) - 1, len(one_sample(W)) - 1
    left, right = [*index[:rows], "i"], ["i", *index[rows : rows + columns]]
    return (
        left[::-1] if node.attrs.get("transpose_a") else left,
        right[::-1] if node.attrs.get("transpose_b") else right,
    )
