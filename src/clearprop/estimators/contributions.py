"""What the columns of a table contribute to answers: Shapley values with their names, to be read, shown and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, checked_integer, plural
from clearprop.estimators.answered import Answered, Digits, as_table, class_place, drawn_rows, of_what, value_text
from clearprop.estimators.importance import feature_groups
from clearprop.estimators.remarks import warn_of
from clearprop.estimators.shapley import shapley_values
from clearprop.explain.derivation import Explanation
from clearprop.graph import DTYPES
from clearprop.messages import Message, Words, checked_language
from clearprop.present.document import Block, Cell, Column, Document, Figure, Paragraph, Table
from clearprop.present.figure import Axis, Bars, Line, Note, Picture, Plot, Rule
from clearprop.present.figure.plot import Drawn
from clearprop.table.rows import rows_counted
from clearprop.table.target import Label
from clearprop.table.unseen import Unseen
from clearprop.visible import shown_name

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

Array = NDArray[Any]
BACKGROUND = 100  # rows at most, unless more are asked for
_MOST_BARS = 12
_WIDTH, _ROW = 300.0, 24.0  # pixels between the axes, and of a bar


@dataclass(frozen=True, repr=False)
class ShapleyValues:
    """How the columns of some rows bring the model's answer from its mean over the background to what it is.

    φⱼ is what column j adds to the answer, averaged over the orders in which the columns may come to be known; the φ of
    a row add up to its answer less the base value. See `clearprop.estimators.shapley` for the formula and its sources.

    Attributes:
        target: name of the target column.
        names: of the columns.
        values: φ (n, columns), of a model of classes (n, columns, classes).
        errors: the standard error of each by the drawing of orders, of the same shape; 0 where all sets of columns were
            enumerated. What another background would say is not in it.
        base_values: the mean answer of the background: a number, or one for each class (classes,).
        answers: of the rows, (n,) or (n, classes).
        classes: the labels; () of a model of numbers.
        scale: "probability" or "log_odds" of classes, "unit" of numbers, "days" of dates.
        rows: which rows of the table these are, counted from 0.
        data: what stands in the table, as text: for each row a text for each column.
        background: how many rows stand for what is not known.
        pairs: of orders that were drawn; 0 where all sets were enumerated.
    """

    target: str
    names: tuple[str, ...]
    values: Array
    errors: Array
    base_values: Array
    answers: Array
    classes: tuple[Label, ...]
    scale: str
    rows: tuple[int, ...]
    data: tuple[tuple[str, ...], ...]
    background: int
    pairs: int

    @property
    def exact(self) -> bool:
        """Whether all sets of columns were enumerated."""
        return self.pairs == 0

    def __len__(self) -> int:
        return len(self.rows)

    def reordered(self, order: Array) -> ShapleyValues:
        """The same with the classes in another order."""
        found = {name: getattr(self, name)[..., order] for name in ("values", "errors", "base_values", "answers")}
        return replace(self, classes=tuple(self.classes[k] for k in order), **found)

    def of(self, label: Any) -> tuple[Array, Array, float, Array]:
        """Values and errors (n, columns), base value and answers (n,) of one class; of numbers the label is None."""
        every = self.values, self.errors, self.base_values, self.answers
        if not self.classes and label is None:
            values, errors, base, answers = every
        else:
            k = class_place(self.classes, label)
            values, errors, base, answers = (array[..., k] for array in every)
        return values, errors, float(base), answers

    def ranked(self, label: Any = None) -> list[tuple[str, float]]:
        """Each column with the mean of |φ| over the rows, the largest first; without a label over all classes, too."""
        sizes = np.abs(self.values if label is None else self.of(label)[0])
        sizes = (
            sizes.reshape(len(self), len(self.names), -1).mean(axis=(0, 2)) if len(self) else np.zeros(len(self.names))
        )
        return sorted(zip(self.names, sizes.tolist(), strict=True), key=lambda pair: -pair[1])

    def explain(self, row: int = 0, label: Any = None, *, lang: str = "en", title: Words | None = None) -> Explanation:
        """One of the rows as a page: base value, what each column adds, and the answer.

        Args:
            row: which of these rows, counted from 0: `rows[row]` of the table.
            label: of a model of classes, which one; by default the most probable one.
            lang: "en" or "zh".
            title: what stands above it.
        """
        one = _Row.of(self, row, label)
        title = title or Message("shapley.title", row=self.rows[one.row], target=shown_name(self.target))
        return Explanation(Document(title, one.blocks()), checked_language(lang))

    def picture(self, row: int = 0, label: Any = None, lang: str = "en") -> Picture:
        """One of the rows as bars, from the base value to the answer, the largest first; see `explain`."""
        return _Row.of(self, row, label).plot().picture(checked_language(lang))

    def summary(self, label: Any = None, lang: str = "en") -> Picture:
        """The mean of |φ| over the rows as bars; see `ranked`."""
        ranked = self.ranked(label)[: 2 * _MOST_BARS]
        most = max((size for _, size in ranked), default=0.0) or 1.0
        edges, sizes = np.arange(len(ranked) + 1), [size for _, size in ranked]
        write = Digits.of(sizes)
        notes = (Note(size, k + 0.5, write(size), "soft", dx=5, dy=4) for k, size in enumerate(sizes))
        title = Message("shapley.summary", n=len(self), target=shown_name(self.target))
        marks: tuple[Drawn, ...] = (Bars(edges, sizes, sideways=True, gap=0.3, starts=[0.0] * len(sizes)), *notes)
        x, y = Axis(0, 1.15 * most), Axis.named([shown_name(name, 24) for name, _ in ranked])
        height = _ROW * len(ranked)
        return Plot(title, x, y, marks, (Message("shapley.mean_size"), ""), _WIDTH, height, "x").picture(
            checked_language(lang)
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("values", "errors", "base_values", "answers")}
        plain = {name: getattr(self, name) for name in ("target", "scale", "background", "pairs", "exact")}
        lists = {name: list(getattr(self, name)) for name in ("names", "classes", "rows")}
        return {**plain, **lists, **arrays, "data": [list(row) for row in self.data]}

    def __repr__(self) -> str:
        ranked = [(shown_name(name), size) for name, size in self.ranked()]
        width = max(len(name) for name, _ in ranked)
        how = "exact" if self.exact else f"{plural(self.pairs, 'pair')} of orders"
        head = (
            f"<ShapleyValues of {plural(len(self), 'row')}, {how}, against {plural(self.background, 'row')}; mean |φ|:"
        )
        return "\n".join([head, *(f"  {name:{width}}  {size:.4g}" for name, size in ranked), ">"])


@dataclass(frozen=True)
class _Row:
    """One row and one class: what is said and drawn of it."""

    found: ShapleyValues
    row: int
    label: Label | None
    phi: Array  # (columns,)
    errors: Array  # (columns,)
    base: float
    answer: float
    write: Digits

    @classmethod
    def of(cls, found: ShapleyValues, row: int, label: Any) -> _Row:
        row = checked_integer("row", row, low=0)
        if row >= len(found):
            raise InvalidValueError(f"row {row}", f"0 … {len(found) - 1}, of those that were asked for")
        if label is None and found.classes:
            label = found.classes[int(found.answers[row].argmax())]
        values, errors, base, answers = found.of(label)
        own = None if label is None else found.classes[class_place(found.classes, label)]
        write = Digits.of([base, answers[row], *values[row]])
        return cls(found, row, own, values[row], errors[row], base, float(answers[row]), write)

    @property
    def order(self) -> Array:
        """The columns by the size of what they add."""
        return np.argsort(-np.abs(self.phi), kind="stable")

    def blocks(self) -> tuple[Block, ...]:
        """What is said of it."""
        found, write = self.found, self.write
        total = write.rounded(self.answer) - write.rounded(self.base)  # adds up as it is read
        ends = {"base": write(self.base), "answer": write(self.answer)}
        answer = Message("shapley.answer", of=self.of_what(), n=found.background, **ends)
        how = Message("shapley.exact", n=len(found.names)) if found.exact else Message("shapley.drawn", n=found.pairs)
        adds = Message("shapley.adds_up", **ends, sign="−" if total < 0 else "+", sum=write(abs(total)))
        said = Paragraph.of(answer, adds, kind="lead")
        return said, self.table(), Figure(self.plot()), Paragraph.of(Message("shapley.meaning"), how, kind="note")

    def of_what(self) -> Message:
        """What the numbers are."""
        return of_what(self.found.target, self.label, self.found.scale)

    def table(self) -> Table:
        """Column, value and what it adds; where orders were drawn, its standard error."""
        found, values = self.found, self.found.data[self.row]
        heads = ["column", "in_the_table", "adds", *([] if found.exact else ["error"])]
        columns = [Column(Message(f"shapley.head.{name}"), numbers=name in ("adds", "error")) for name in heads]
        rows: list[tuple[Cell, ...]] = []
        for j in self.order:
            error = [] if found.exact else [f"± {self.write(float(self.errors[j]))}"]
            rows.append((shown_name(found.names[j]), values[j], self.write(float(self.phi[j]), signed=True), *error))
        return Table(tuple(columns), tuple(rows), "contributions")

    def plot(self) -> Plot:
        """Bars from the base value to the answer; the smallest contributions are one bar."""
        names, steps, errors = self._steps()
        ends = self.base + np.cumsum(steps)
        starts = ends - steps
        edges = np.arange(len(steps) + 1)
        up, down = (np.where(mask, ends, np.nan) for mask in (steps > 0, steps < 0))
        marks: list[Drawn] = [
            Bars(edges, up, "blue", True, 0.25, starts),
            Bars(edges, down, "orange", True, 0.25, starts),
        ]
        marks += [Rule(x=self.base, colour="soft"), Rule(x=self.answer, colour="ink")]
        x = Axis.of([*starts, *ends]).padded()
        for k, (step, end, error) in enumerate(zip(steps, ends, errors, strict=True)):
            if error > 0:
                marks.append(Line([end - error, end + error], [k + 0.5, k + 0.5], "ink", width=1.2))
            marks.append(Note(x.high, k + 0.5, self.write(float(step), signed=True), "soft", dx=8, dy=4))
        way = {"base": self.write(self.base), "answer": self.write(self.answer)}
        title = Message("shapley.says", of=self.of_what(), **way)
        titles = (self.of_what(), Message("shapley.from_to", **way))
        return Plot(title, x, Axis.named(names), tuple(marks), titles, _WIDTH, _ROW * len(steps), "x")

    def _steps(self) -> tuple[list[str], Array, Array]:
        """Names with their values, what they add, and its errors; what is left of many columns as one."""
        found, order = self.found, self.order
        shown = order if len(order) <= _MOST_BARS else order[: _MOST_BARS - 1]
        names = [f"{shown_name(found.names[j], 20)} = {shown_name(found.data[self.row][j], 14)}" for j in shown]
        steps, errors = self.phi[shown], self.errors[shown]
        if len(shown) < len(order):
            rest = order[len(shown) :]
            names.append(f"… + {len(rest)}")
            steps, errors = np.append(steps, self.phi[rest].sum()), np.append(errors, 0.0)
        return names, steps, errors


def shapley_of(
    model: TableModel,
    frame: Any,
    *,
    rows: int | slice | Iterable[int] | None = None,
    background: Any = None,
    background_rows: int = BACKGROUND,
    scale: str | None = None,
    pairs: int | None = None,
    seed: int = 0,
    progress: Callable[[float], Any] | None = None,
) -> ShapleyValues:
    """What each column adds to the answers on some rows; see `TableModel.shapley`."""
    table = as_table(frame, model.encoder.names)
    chosen = _chosen(rows, len(table))
    others = table if background is None else as_table(background, model.encoder.names)
    if background is None and len(table) < 2:
        raise InvalidValueError(
            f"a table of {plural(len(table), 'row')} to explain, and no background", "rows like those of the training",
            "background=training_table",
        )  # fmt: skip
    others = others[drawn_rows(len(others), checked_integer("background_rows", background_rows), seed)]
    part, dtype, unseen = table[chosen], DTYPES[model.predictor.dtype], Unseen()
    with rows_counted(lambda: np.array(chosen)):
        X = model.encoder.transform(part.to_native(), dtype, unseen)
    B = model.encoder.transform(others.to_native(), dtype)
    warn_of(unseen, stacklevel=3)
    answered = Answered.of(model, scale)
    found = shapley_values(answered, X, B, feature_groups(model.encoder), pairs=pairs, seed=seed, progress=progress)
    names = tuple(column.name for column in model.encoder.columns)
    texts = zip(*([value_text(value) for value in part[name].to_list()] for name in names), strict=True)
    arrays = (found.values, found.errors, found.base, found.answers)
    values, errors, base, answers = arrays if answered.classes else (array[..., 0] for array in arrays)
    about = (answered.classes, answered.scale, tuple(chosen), tuple(texts), len(B), found.pairs)
    return ShapleyValues(model.target.name, names, values, errors, np.asarray(base), answers, *about)


def _chosen(rows: int | slice | Iterable[int] | None, of: int) -> list[int]:
    """Numbers of rows that are there, counted from 0."""
    if rows is None:
        return list(range(of))
    if isinstance(rows, slice):
        return list(range(of))[rows]
    asked = list(rows) if isinstance(rows, Iterable) else [rows]
    chosen = [checked_integer("a row", row, low=0) for row in asked]
    if any(row >= of for row in chosen):
        raise InvalidValueError(f"row {max(chosen)}", f"0 … {of - 1}, counted from 0" if of else "a table with rows")
    return chosen
