"""The state of the playground as one plain object: what a link and a file hold, and what a bench is built from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Annotated, Any, TypeVar

from clearprop.errors import ClearpropError, InvalidValueError, checked_choice, checked_integer, checked_seed, plural
from clearprop.explain.derivation.symbols import NOTATIONS
from clearprop.messages import checked_language
from clearprop.nn import CONVENTIONS
from clearprop.present.formula import checked_digits
from clearprop.table.plain import UpTo, record

Part = TypeVar("Part")
VERSION = 1
MOST_LAYERS = 12
MOST_ROWS = 20_000  # that the page trains on; of a larger table a sample is drawn, and that is said
MOST_TEXT = 100_000  # letters of a table that are sent to and fro; a longer one stays with the bench
HEADERS = ("guess", "names", "values")
MOST_INPUTS, MOST_CLASSES = 1000, 1000
_MOST_NUMBERS = 2_000_000  # of samples that are typed or drawn
_MOST_SHOWN = 1000  # values of a step: more than a network of so many layers has
_MOST_LETTERS = 10_000  # of a name
Numbers = dict[str, Any]  # parameters or an optimizer's arrays as nested lists, by name


def whole(text: str) -> str:
    """A text, if it has no half letters (surrogates), which no file and no page can hold.

    Raises:
        InvalidValueError: for one that has.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        around = text[max(0, error.start - 10) : error.start + 10]
        raise InvalidValueError(f"half a letter in {around!r}", "whole letters of Unicode") from None
    return text


def _name(text: str) -> str:
    """A text that is no longer than a name may be."""
    if len(text) > _MOST_LETTERS:
        raise InvalidValueError(f"a name of {len(text):,} letters", f"up to {_MOST_LETTERS:,}")
    return whole(text)


Text = Annotated[str, whole]
Name = Annotated[str, _name]
Named = Annotated[dict[Name, Any], UpTo(20 * MOST_LAYERS, "arrays")]  # whose numbers the bench looks at
Row = Annotated[tuple[float, ...], UpTo(MOST_INPUTS, "numbers in a row")]


@dataclass(frozen=True)
class DataChoice:
    """Which samples the network sees.

    Attributes:
        kind: "preset", "numbers" (typed), "points" (drawn), "table" (a file's text).
        name: of a preset; of a file.
        rows, noise, seed: of a preset that is generated.
        inputs, classes: names, where there are any.
        X, y: the numbers, or the points and their classes.
        text, target: of a table.
        header: whether its first line holds "names" or "values", or is to be looked at ("guess").
        test: share of the rows that is kept for testing.
        ends: from where to where the plane goes that points are drawn on, for each input; of one, for y too.
    """

    kind: str = "preset"
    name: Name = "xor"
    rows: int = 200
    noise: float = 0.1
    seed: int = 0
    inputs: Annotated[tuple[Name, ...], UpTo(MOST_INPUTS, "names of inputs")] = ()
    classes: Annotated[tuple[Name, ...], UpTo(MOST_CLASSES, "classes")] = ()
    X: Annotated[tuple[Row, ...], UpTo(MOST_ROWS, "rows of X", _MOST_NUMBERS)] = ()
    y: Annotated[tuple[Row, ...], UpTo(MOST_ROWS, "rows of y", _MOST_NUMBERS)] = ()
    text: Text = ""
    target: Name = ""
    header: Name = "guess"
    test: float = 0.0
    ends: Annotated[tuple[tuple[float, float], ...], UpTo(MOST_INPUTS, "axes with ends")] = ()

    def __post_init__(self) -> None:
        if not all(-1e9 <= low < high <= 1e9 for low, high in self.ends):
            raise InvalidValueError(f"a plane that goes from and to {self.ends!r:.60}", "(low, high) for each axis")
        if not 1 <= self.rows <= MOST_ROWS:
            raise InvalidValueError(f"{self.rows:,} rows", f"1 … {MOST_ROWS:,}")
        if not 0 <= self.noise <= 10:
            raise InvalidValueError(f"noise {self.noise:g}", "a number from 0 to 10")
        if not 0 <= self.test < 1:
            raise InvalidValueError(f"a test share of {self.test:g}", "a number from 0 up to 1")
        checked_choice("header", self.header, HEADERS)
        checked_seed(self.seed)


@dataclass(frozen=True)
class LayerChoice:
    """A dense layer."""

    units: int = 1
    activation: Name = "tanh"


def in_words(layers: tuple[LayerChoice, ...]) -> str:
    """Layers as they are said.

    Example:
        >>> in_words((LayerChoice(2, "tanh"), LayerChoice(1, "sigmoid")))
        '2 tanh, 1 sigmoid'
    """
    return ", ".join(f"{layer.units} {layer.activation}" for layer in layers)


@dataclass(frozen=True)
class NetworkChoice:
    """Which network: its layers, the last of which gives the answer."""

    layers: Annotated[tuple[LayerChoice, ...], UpTo(MOST_LAYERS, "layers")] = (
        LayerChoice(2, "tanh"),
        LayerChoice(1, "sigmoid"),
    )
    loss: Name = "binary_cross_entropy"
    init: Name = "glorot"
    bias: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        checked_seed(self.seed)


@dataclass(frozen=True)
class TrainingChoice:
    """How it learns; a batch size of 0 takes all rows."""

    optimizer: Name = "gradient_descent"
    learning_rate: float = 0.5
    batch_size: int = 1
    shuffle: bool = False
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        checked_seed(self.seed)
        if not 0 <= self.batch_size <= MOST_ROWS:
            raise InvalidValueError(
                f"batches of {plural(self.batch_size, 'row')}", f"1 … {MOST_ROWS:,}, or 0 for all rows"
            )


@dataclass(frozen=True)
class View:
    """How it is shown.

    Attributes:
        lang, notation, convention, digits: as of `Trace.explain`.
        row: of the batch, the sample whose numbers stand at the neurons; of a smaller last batch its last one.
        shown: how many values of the step are shown, in the order in which they are computed; -1: all.
        selected: what the formula is shown of: "dW2", or an element "dW2[0,1]", counted from 0 as the arrays are.
        tab: of the picture.
        axes: the two inputs of the plane; of one input, that and the target.
    """

    lang: Name = "en"
    notation: Name = "delta"
    convention: Name = "row"
    digits: int = 4
    row: int = 0
    shown: int = -1
    selected: Name = ""
    tab: Name = "circles"
    axes: Annotated[tuple[int, ...], UpTo(2, "axes")] = (0, 1)

    def __post_init__(self) -> None:
        checked_language(self.lang)
        checked_choice("notation", self.notation, NOTATIONS)
        checked_choice("convention", self.convention, CONVENTIONS)
        checked_digits(self.digits)
        checked_integer("row", self.row, low=0)
        if not -1 <= self.shown <= _MOST_SHOWN:
            raise InvalidValueError(f"{self.shown:,} values of a step", f"0 … {_MOST_SHOWN:,}, or -1 for all")
        if len(set(self.axes)) != 2 or min(self.axes) < 0:
            raise InvalidValueError(f"the axes {list(self.axes)}", "numbers of two inputs, from 0")


@dataclass(frozen=True)
class Position:
    """How far the training is."""

    step: int = 0
    epoch: int = 0
    batch: int = 0

    def __post_init__(self) -> None:
        for name, number in asdict(self).items():
            checked_integer(name, number, low=0)


@dataclass(frozen=True)
class State:
    """Everything: `State()` is XOR before the first step.

    Attributes:
        start, now: parameters before the first step and now; empty where they follow from the seed, and from `start`.
        slots: the optimizer's arrays.
    """

    version: int = VERSION
    data: DataChoice = field(default_factory=DataChoice)
    network: NetworkChoice = field(default_factory=NetworkChoice)
    training: TrainingChoice = field(default_factory=TrainingChoice)
    view: View = field(default_factory=View)
    position: Position = field(default_factory=Position)
    start: Named = field(default_factory=dict)
    now: Named = field(default_factory=dict)
    slots: Named = field(default_factory=dict)

    def changed(self, part: str, changes: Mapping[str, Any]) -> State:
        """The same with other values in some fields of a part.

        Raises:
            InvalidValueError: if there are no such fields, or for a value of another type.
        """
        kind = type(getattr(self, part))
        _refuse_unknown(part, kind, changes)
        given = _recorded(part, kind, changes)
        return replace(self, **{part: replace(getattr(self, part), **{name: getattr(given, name) for name in changes})})

    def without_text(self) -> State:
        """The same without a table's text, where that is long."""
        return replace(self, data=replace(self.data, text="")) if len(self.data.text) > MOST_TEXT else self

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return json.loads(json.dumps(self, default=vars))  # type: ignore[no-any-return]  # tuples become lists

    @classmethod
    def from_dict(cls, data: Any) -> State:
        """The state in plain data, which may come from anyone.

        Raises:
            InvalidValueError: if it is none.
        """
        _refuse_unknown("a state", cls, data)
        if data.get("version", VERSION) != VERSION:
            raise InvalidValueError(f"a state of version {data['version']!r:.40}", f"version {VERSION}")
        absent: dict[str, Numbers] = {name: {} for name in ("start", "now", "slots") if data.get(name) is None}
        return _recorded("a state", cls, {**data, **absent})


def _recorded(what: str, kind: type[Part], data: Mapping[str, Any]) -> Part:
    """A state, or a part of one, from plain data."""
    try:
        return record(kind, data)
    except ClearpropError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"{what} that cannot be read: {error}") from None


def _refuse_unknown(what: str, kind: Any, data: Any) -> None:
    """Refuse what is no object, and fields that a part does not have, in parts of it as well."""
    if not isinstance(data, Mapping):
        raise InvalidValueError(f"{what} of type {type(data).__name__}", "an object")
    known = {one.name: one.default_factory for one in fields(kind)}
    for name, value in data.items():
        if name not in known:
            raise InvalidValueError(f"{name!r:.40} in {what}", "one of: " + ", ".join(known))
        if is_dataclass(known[name]):
            _refuse_unknown(name, known[name], value)
        for layer in value[:MOST_LAYERS] if name == "layers" and isinstance(value, list) else ():
            _refuse_unknown("a layer", LayerChoice, layer)
