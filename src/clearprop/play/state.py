"""The state of the playground as one plain object: what a link and a file hold, and what a bench is built from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from clearprop.errors import InvalidValueError, checked_choice, checked_seed
from clearprop.explain.derivation.symbols import NOTATIONS
from clearprop.messages import checked_language
from clearprop.nn import CONVENTIONS
from clearprop.present.formula import checked_digits
from clearprop.table.plain import record

VERSION = 1
MOST_LAYERS = 12
MOST_ROWS = 20_000  # that the page trains on; of a larger table a sample is drawn, and that is said
MOST_TEXT = 100_000  # letters of a table that are sent to and fro; a longer one stays with the bench
Numbers = dict[str, Any]  # parameters or an optimizer's arrays as nested lists, by name


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
        test: share of the rows that is kept for testing.
        ends: from where to where the plane goes that points are drawn on, for each input; of one, for y too.
    """

    kind: str = "preset"
    name: str = "xor"
    rows: int = 200
    noise: float = 0.1
    seed: int = 0
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    X: tuple[tuple[float, ...], ...] = ()
    y: tuple[tuple[float, ...], ...] = ()
    text: str = ""
    target: str = ""
    test: float = 0.0
    ends: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not all(-1e9 <= low < high <= 1e9 for low, high in self.ends):
            raise InvalidValueError(f"a plane that goes from and to {self.ends!r:.60}", "(low, high) for each axis")
        if not 1 <= self.rows <= MOST_ROWS:
            raise InvalidValueError(f"{self.rows:,} rows", f"1 … {MOST_ROWS:,}")
        if not 0 <= self.noise <= 10:
            raise InvalidValueError(f"noise {self.noise:g}", "a number from 0 to 10")
        if not 0 <= self.test < 1:
            raise InvalidValueError(f"a test share of {self.test:g}", "a number from 0 up to 1")
        checked_seed(self.seed)


@dataclass(frozen=True)
class LayerChoice:
    """A dense layer."""

    units: int = 1
    activation: str = "tanh"


@dataclass(frozen=True)
class NetworkChoice:
    """Which network: its layers, the last of which gives the answer."""

    layers: tuple[LayerChoice, ...] = (LayerChoice(2, "tanh"), LayerChoice(1, "sigmoid"))
    loss: str = "binary_cross_entropy"
    init: str = "glorot"
    bias: bool = True
    seed: int = 0


@dataclass(frozen=True)
class TrainingChoice:
    """How it learns; a batch size of 0 takes all rows."""

    optimizer: str = "gradient_descent"
    learning_rate: float = 0.5
    batch_size: int = 1
    shuffle: bool = False
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0


@dataclass(frozen=True)
class View:
    """How it is shown.

    Attributes:
        lang, notation, convention, digits: as of `Trace.explain`.
        row: of the batch, the sample whose numbers stand at the neurons.
        shown: how many values of the step are shown, in the order in which they are computed; -1: all.
        selected: what the formula is shown of: "dW2", or an element "dW2[0,1]", counted from 0 as the arrays are.
        tab: of the picture.
        axes: the two inputs of the plane.
    """

    lang: str = "en"
    notation: str = "delta"
    convention: str = "row"
    digits: int = 4
    row: int = 0
    shown: int = -1
    selected: str = ""
    tab: str = "circles"
    axes: tuple[int, ...] = (0, 1)

    def __post_init__(self) -> None:
        checked_language(self.lang)
        checked_choice("notation", self.notation, NOTATIONS)
        checked_choice("convention", self.convention, CONVENTIONS)
        checked_digits(self.digits)
        if self.row < 0 or any(axis < 0 for axis in self.axes):
            raise InvalidValueError("a row or an axis below 0", "numbers of them, from 0")


@dataclass(frozen=True)
class Position:
    """How far the training is."""

    step: int = 0
    epoch: int = 0
    batch: int = 0


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
    start: Numbers = field(default_factory=dict)
    now: Numbers = field(default_factory=dict)
    slots: Numbers = field(default_factory=dict)

    def changed(self, part: str, changes: Mapping[str, Any]) -> State:
        """The same with other values in some fields of a part.

        Raises:
            InvalidValueError: if there are no such fields, or for a value of another type.
        """
        old = getattr(self, part)
        given = {f.name: getattr(old, f.name) for f in fields(old)}
        if isinstance(old, NetworkChoice):
            given["layers"] = [asdict(layer) for layer in old.layers]
        unknown = [name for name in changes if name not in given]
        layers = changes.get("layers")
        if isinstance(layers, list) and len(layers) > MOST_LAYERS:
            raise InvalidValueError(f"{len(layers):,} layers", f"up to {MOST_LAYERS}")
        if unknown:
            raise InvalidValueError(f"{unknown[0]!r:.40} in {part}", "one of: " + ", ".join(given))
        try:
            return replace(self, **{part: record(type(old), {**given, **changes})})
        except (KeyError, TypeError, ValueError, StopIteration, RecursionError) as error:
            raise InvalidValueError(f"{part}: {error}") from None

    def without_text(self) -> State:
        """The same without a table's text, where that is long."""
        return replace(self, data=replace(self.data, text="")) if len(self.data.text) > MOST_TEXT else self

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]  # tuples become lists

    @classmethod
    def from_dict(cls, data: Any) -> State:
        """The state in plain data, which may come from anyone.

        Raises:
            InvalidValueError: if it is none.
        """
        try:
            if not isinstance(data, dict):
                raise TypeError(f"{type(data).__name__}, which is no object")
            unknown = [name for name in data if name not in {f.name for f in fields(cls)}]
            if unknown:
                raise ValueError(f"{unknown[0]!r:.40}, which is no part of one")
            layers = data.get("network", {}).get("layers", ()) if isinstance(data.get("network", {}), dict) else ()
            if isinstance(layers, list) and len(layers) > MOST_LAYERS:
                raise ValueError(f"{len(layers):,} layers")
            if data.get("version", VERSION) != VERSION:
                raise ValueError(f"version {data['version']!r}")
            numbers = {name: data.get(name) or {} for name in ("start", "now", "slots")}
            if not all(isinstance(each, dict) for each in numbers.values()):
                raise TypeError("numbers that are not by name")
            return record(cls, {**data, **numbers})
        except (KeyError, TypeError, ValueError, StopIteration, RecursionError) as error:
            raise InvalidValueError(
                f"a state that cannot be read: {error}", "what the playground has written"
            ) from None
