"""A table of one's own as samples: read, split and encoded as `clearprop train` does it, with what was guessed said."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from clearprop.errors import ClearpropError, TableError
from clearprop.estimators.preparation import Prepared, prepare
from clearprop.estimators.recipe import Recipe
from clearprop.messages import Message
from clearprop.play.samples import Samples
from clearprop.play.state import MOST_ROWS, DataChoice, LayerChoice, NetworkChoice, State, TrainingChoice
from clearprop.table import read_table
from clearprop.table.look import how_it_is_written
from clearprop.table.options import ReadOptions
from clearprop.table.target import ClassTarget
from clearprop.visible import shown_name

_TEST, FEW_ROWS = 0.2, 10  # of so few rows none can be spared for a test
_MOST_FEATURES = 400
_NUMBER = re.compile(r'\s*"?[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?"?\s*', re.I)
_MOST_LETTERS, _MOST_COLUMNS = 200_000, 1000  # of a row; more than these keep whoever waits for minutes


def samples_of_table(choice: DataChoice) -> Samples:
    """The rows of a table's text, encoded.

    Raises:
        ClearpropError: if it cannot be read, or has no such target.
    """
    named = names_columns(choice)
    frame, how = _read(choice, named)
    target = choice.target or frame.columns[-1]
    rows, frame = len(frame), frame.sample(MOST_ROWS, seed=choice.seed) if len(frame) > MOST_ROWS else frame
    prepared = prepare(frame, target, Recipe(seed=choice.seed, validation=0.0, test=choice.test), {})
    coding, parts = prepared.target, [prepared.parts[name] for name in ("train", "test")]
    X, y = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    if X.shape[1] > _MOST_FEATURES:
        raise TableError(f"{X.shape[1]:,} inputs for the network", f"up to {_MOST_FEATURES} to look at")
    classes = tuple(map(str, coding.classes)) if isinstance(coding, ClassTarget) else ()
    n = len(parts[0][0])
    said = [*how, *_said(prepared, choice, target, rows, len(frame))]
    return Samples(
        np.asarray(X, np.float64),
        np.asarray(y, np.int64) if classes else np.asarray(y, np.float64).reshape(len(y), 1),
        tuple(map(shown_name, prepared.encoder.feature_names)),
        classes,
        np.arange(n),
        np.arange(n, len(X)),
        tuple(said),
        tuple(frame.columns),
        tuple(_columns(prepared)),
        target,
        named,
    )


def names_columns(choice: DataChoice) -> bool:
    """Whether the first line of a table's text names the columns: as it was chosen, else unless all it has are numbers.

    Example:
        >>> names_columns(DataChoice(text="x,y\\n1,2")), names_columns(DataChoice(text="5.1,0\\n4.9,1"))
        (True, False)
    """
    if choice.header != "guess":
        return choice.header == "names"
    first = next((line for line in choice.text[: 2 * _MOST_LETTERS].splitlines() if line.strip()), "")
    mark = max(";\t|,", key=first.count)
    fields = first.split(mark)
    return len(fields) < 2 or not all(map(_NUMBER.fullmatch, fields))


def _read(choice: DataChoice, named: bool) -> tuple[Any, list[Message]]:
    """The text as a data frame, and what is to be said of how it was read."""
    from clearprop.report.reading import how_read

    if not choice.text.strip():
        raise TableError(f"the table {choice.name!r} is empty", "rows of values under a line of names")
    lines = choice.text.splitlines()
    longest = max(map(len, lines))
    if longest > _MOST_LETTERS:
        raise TableError(f"{choice.name!r} has a line of {longest:,} letters", f"up to {_MOST_LETTERS:,} in a row")
    columns = max(lines[0].count(mark) for mark in ",;\t|") + 1
    if columns > _MOST_COLUMNS:
        raise TableError(f"{choice.name!r} has about {columns:,} columns", f"up to {_MOST_COLUMNS:,} to look at")
    if "\0" in choice.text or choice.text.startswith("%PDF"):
        raise TableError(f"{choice.name!r} is no table of text", "a CSV or TSV file")
    with tempfile.TemporaryDirectory(prefix="clearprop-") as folder:
        path = Path(folder) / "table.csv"
        path.write_text(choice.text, encoding="utf-8")
        try:
            frame = read_table(path, header=named)
            found = {**how_it_is_written(str(path), ReadOptions(header=named)), "header": True}  # said by the page
        except ClearpropError as error:  # which names a file that nobody knows
            raise TableError(str(error).replace(str(path), choice.name or "the table")) from None
    guessed = [Message("play.table.values_first")] if not named and choice.header == "guess" else []
    return frame, guessed + [Message("report.data.sentence", words=line) for line in how_read(found)]


def _said(prepared: Prepared, choice: DataChoice, target: str, rows: int, kept: int) -> Iterator[Message]:
    """What was guessed, left out or bounded."""
    if not choice.target:
        yield Message("play.table.target", name=shown_name(target))
    if rows <= FEW_ROWS and not choice.test:
        yield Message("play.table.few", n=rows)
    if kept < rows:
        yield Message("play.table.drawn", n=f"{kept:,}", rows=f"{rows:,}")
    if prepared.without_target:
        yield Message("report.data.without", n=f"{prepared.without_target:,}")
    coding = prepared.target
    if not isinstance(coding, ClassTarget):
        key = "play.table.scaled" if coding.log_unit is None else "play.table.by_logarithm"
        yield Message(key, mean=f"{coding.mean:.4g}", std=f"{coding.std:.4g}")
    yield from prepared.division.said
    yield from prepared.remarks


def _columns(prepared: Prepared) -> Iterator[tuple[str, Message, Message]]:
    """Each column with its kind and what the encoder made of it; those that are left out with the reason."""
    for column in prepared.encoder.columns:
        yield shown_name(column.name), Message(f"table.kinds.{column.kind}"), column.describe()
    for name, why in prepared.encoder.ignored.items():
        yield shown_name(name), Message("play.table.left_out"), why


def state_of_text(name: str, text: str, target: str = "", header: str = "guess") -> State:
    """A state with a table, and a network that suits it.

    Args:
        name, text: of the file.
        target: the column to predict, by default the last one.
        header: "names", "values" or "guess": what its first line holds.

    Raises:
        ClearpropError: if it cannot be read, or has no such target.
    """
    choice = DataChoice("table", name[:200], text=text, target=target, header=header)
    if text.strip().count("\n") + 1 - names_columns(choice) > FEW_ROWS:
        choice = replace(choice, test=_TEST)
    return suited(State(data=choice), samples_of_table(choice))


def suited(state: State, samples: Samples) -> State:
    """The same data with a small network whose output and loss suit the target."""
    k, wide = len(samples.classes), LayerChoice(8, "tanh")
    if k == 2:
        last, loss = LayerChoice(1, "sigmoid"), "binary_cross_entropy"
    elif k:
        last, loss = LayerChoice(k, "softmax"), "cross_entropy"
    else:
        last, loss = LayerChoice(samples.y.shape[1], "identity"), "mean_squared_error"
    batch = 32 if len(samples.train) > 200 else 10
    network, training = NetworkChoice((wide, last), loss), TrainingChoice("adam", 0.01, batch, shuffle=True)
    return replace(state, network=network, training=training)


def text_of_frame(frame: Any) -> str:
    """A data frame as CSV, whatever file or library it came from."""
    try:
        text: str = nw.from_native(frame, eager_only=True).write_csv()
    except TypeError:
        raise TableError(f"a table of type {type(frame).__name__}", "a data frame of Polars or pandas") from None
    return text
