"""What a page begins with: a table, a model, a link, a file of a state, or an example."""

from __future__ import annotations

import binascii
import json
import os
import re
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from clearprop.errors import ClearpropError, FileError, InvalidValueError, ModelFileError, a_or_an, listed
from clearprop.estimators import MultiTargetModel, TableModel, load
from clearprop.execute import Array
from clearprop.messages import Message
from clearprop.network import Network
from clearprop.nn import ACTIVATIONS, LOSSES, Activation, Dense, Linear, loss_name, resolve_activation
from clearprop.play.presets import PRESETS
from clearprop.play.state import MOST_INPUTS, DataChoice, LayerChoice, NetworkChoice, State, TrainingChoice
from clearprop.play.tables import state_of_text, text_of_frame
from clearprop.table import load_demo, read_table
from clearprop.table.target import ClassTarget
from clearprop.train import as_features, as_targets
from clearprop.visible import shown_name

Tell = Callable[[Message], None]
_LINK = re.compile(r"https?://[^#]*#s=(.*)$")
_MOST_UNPACKED = 100 << 20  # bytes of a link's state: a small fragment may hold a huge one
_MOST_ROWS = 2000  # of a model's table that are shown
_DEMO = "demo:"
_LEARNS_AS_USUAL = {"trainable": True, "learning_rate_factor": 1.0, "decay_factor": None}


def opened(what: Any = None, table: Any = None, target: str = "", tell: Tell = lambda _: None) -> State:
    """The state that something in Python makes: what `opening` reads, or a network, a model, a data frame, a state.

    Args:
        what: XOR by default.
        table: of a model: rows for it, a file or a data frame; of a network: (X, y).
        target: of a table: the column to predict, by default the last one.
        tell: is told of rows that were left out.

    Raises:
        ClearpropError: if it cannot be read, or is none of them.
    """
    if what is None:
        what = "xor"
    if isinstance(what, str | os.PathLike):
        return opening(os.fspath(what), table, target, tell)
    if isinstance(what, Network | TableModel):
        return state_of_model(what, table, tell)
    if isinstance(what, State | Mapping):
        _check_unused("a state", table, target)
        return what if isinstance(what, State) else State.from_dict(dict(what))
    if hasattr(what, "columns"):
        _check_unused("a data frame", table)
        return state_of_text("table", text_of_frame(what), target)
    raise InvalidValueError(
        f"{a_or_an(type(what).__name__)} to open",
        "a table, a network, a model, a link, a state, or one of: " + listed(PRESETS),
    )


def opening(what: str, table: Any = None, target: str = "", tell: Tell = lambda _: None) -> State:
    """The state that a page begins with.

    Args:
        what: a table, a model, a link, a file of a state, a preset's name, or "demo:NAME".
        table: of a model: rows for it, a file or a data frame.
        target: of a table: the column to predict, by default the last one.
        tell: is told of rows that were left out.

    Raises:
        ClearpropError: if it cannot be read, or is none of them.
    """
    link = _LINK.match(what)
    if link:
        _check_unused(what, table, target)
        return state_of_link(link[1])
    if what in PRESETS and not Path(what).exists():
        _check_unused(what, table, target)
        return PRESETS[what].state(what)
    if what.startswith(_DEMO):
        _check_unused(what, table)
        return state_of_text(what, text_of_frame(load_demo(what.removeprefix(_DEMO))), target or "target")
    path = Path(what)
    if not path.exists():
        raise FileError(f"there is no {what}", "a table, a model, a link, or one of: " + listed(PRESETS))
    if path.suffix == ".json":
        found = _state_in(path)
        if found is not None:
            _check_unused(what, table, target)
            return found
    if path.is_file() and _may_be_model(path):
        _check_unused(what, target=target)
        return state_of_model(load(path), table, tell)
    _check_unused(what, table)
    return state_of_text(path.name, text_of_frame(read_table(path)), target)


def _is_none(table: Any) -> bool:
    return table is None or (isinstance(table, str) and not table)


def _check_unused(what: str, table: Any = None, target: str = "") -> None:
    """Refuse rows for what is no model, and a target for what is no table: they would be left out in silence."""
    if not _is_none(table):
        named = f" {shown_name(table)}" if isinstance(table, str) else ""
        raise InvalidValueError(f"{shown_name(what)} and a table{named}", "a table for a model alone")
    if target:
        raise InvalidValueError(f"{shown_name(what)} and a target {shown_name(target)}", "a target for a table alone")


def _may_be_model(path: Path) -> bool:
    """Whether a file is called as those of ONNX are, or begins as models do: the length of a header, and a brace."""
    if path.suffix.lower() == ".onnx":
        return True
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def _state_in(path: Path) -> State | None:
    """The state in a file; None if it is JSON of something else, such as a table."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return State.from_dict(data) if isinstance(data, dict) and "view" in data and "network" in data else None


def state_of_link(fragment: str) -> State:
    """The state in a link's fragment.

    Raises:
        InvalidValueError: if there is none in it.
    """
    try:
        packed = urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4))
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        text = unpacking.decompress(packed, _MOST_UNPACKED)
        if unpacking.unconsumed_tail:
            raise ValueError("too large")
        return State.from_dict(json.loads(text))
    except ClearpropError:
        raise
    except (ValueError, zlib.error, binascii.Error, RecursionError):
        raise InvalidValueError("a link that cannot be read", "the whole link, as it was copied") from None


# --- models


def state_of_model(
    model: Network | TableModel | MultiTargetModel, table: Any = None, tell: Tell = lambda _: None
) -> State:
    """A saved model as a state, with rows of a table or one row of zeros.

    Args:
        model: what was saved.
        table: rows for it.
        tell: is told of rows that were left out.

    Raises:
        ClearpropError: for a network that has other layers than dense ones, or a table that does not fit.
    """
    if isinstance(model, MultiTargetModel):
        raise InvalidValueError(
            f"a model of {listed(model.names)}", "one target", "model[target].save(path), and open that"
        )
    net = model if isinstance(model, Network) else model.network
    inputs = _inputs(model, net)
    X, y, classes = _rows(model, net, table, tell)
    if X.shape[1] > MOST_INPUTS:
        raise ModelFileError(f"a network of {X.shape[1]:,} inputs", f"up to {MOST_INPUTS:,} to look at")
    layers = layers_of(net)
    parameters: dict[str, Any] = {str(name): np.asarray(a, np.float64).tolist() for name, a in net.parameters.items()}
    loss = loss_name(net.architecture.checked_loss())
    if loss not in LOSSES:
        raise ModelFileError(f"a network with the loss {loss}", "one of: " + ", ".join(LOSSES))
    rows: dict[str, Any] = {"X": tuple(map(tuple, X.tolist())), "y": tuple(map(tuple, y.tolist()))}
    data = DataChoice("numbers", "", inputs=inputs, classes=classes, **rows)
    l1, l2 = (_number(penalty, tell) for penalty in (net.architecture.l1, net.architecture.l2))
    training = TrainingChoice("adam", 0.001, batch_size=0, l1=l1, l2=l2)
    return State(data=data, network=NetworkChoice(layers, loss), training=training, start=parameters)


def _number(penalty: Any, tell: Tell) -> float:
    """A penalty's factor; of one that changes as the training goes on, none, which is told."""
    if isinstance(penalty, int | float):
        return float(penalty)
    tell(Message("play.table.penalty_left_out", schedule=repr(penalty)))
    return 0.0


def layers_of(net: Network) -> tuple[LayerChoice, ...]:
    """The layers of a network as the page has them.

    Raises:
        ModelFileError: for others than dense ones with biases.
    """
    found: list[LayerChoice] = []
    for layer in net.architecture.layers:
        if any(getattr(layer, name, usual) != usual for name, usual in _LEARNS_AS_USUAL.items()):
            raise ModelFileError(f"a network with {layer!r}", "layers that learn as all others do")
        match layer:
            case Dense(units=units, activation=activation, bias=True, parametrization="standard"):
                found.append(LayerChoice(units, _named(activation)))
            case Linear(out_features=units, bias=True):
                found.append(LayerChoice(units, "identity"))
            case Activation(function=function) if found and found[-1].activation == "identity":
                found[-1] = LayerChoice(found[-1].units, _named(function))
            case _:
                raise ModelFileError(f"a network with {layer!r}", "dense layers with biases, which the page shows")
    return tuple(found)


def _named(activation: Any) -> str:
    found = resolve_activation(activation)
    if ACTIVATIONS.get(found.name) != found:
        raise ModelFileError(f"a network with the activation {found.name}", "one that has a name")
    return found.name


def _inputs(model: Network | TableModel, net: Network) -> tuple[str, ...]:
    if isinstance(model, Network):
        return ()
    return tuple(map(shown_name, model.encoder.feature_names[: net.architecture.n_inputs]))


def _rows(model: Network | TableModel, net: Network, table: Any, tell: Tell) -> tuple[Array, Array, tuple[str, ...]]:
    """Inputs, targets and classes: those of a table, or one row of zeros."""
    classes: tuple[str, ...] = ()
    if isinstance(model, TableModel) and isinstance(model.target, ClassTarget):
        classes = tuple(map(str, model.target.classes))
    elif net.architecture.checked_loss().target == "classes":
        classes = tuple(map(str, range(net.architecture.n_outputs)))
    if _is_none(table):
        y = np.zeros((1, 1 if classes else net.architecture.n_outputs))
        return np.zeros((1, net.architecture.n_inputs)), y, classes
    X, y = _pair(model, table) if isinstance(model, Network) else _encoded(model, table, tell)
    return np.asarray(X, np.float64), np.asarray(y, np.float64).reshape(len(X), -1), classes


def _pair(net: Network, given: Any) -> tuple[Array, Array]:
    """X and y for a network, which knows no columns."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InvalidValueError("a table for a network that knows no columns", "(X, y), or a model of a table")
    architecture = net.architecture
    X = as_features(given[0], architecture.n_inputs, "f64")
    if len(X) > _MOST_ROWS:
        raise InvalidValueError(f"X with {len(X):,} rows", f"up to {_MOST_ROWS:,} to look at", "pass some of them")
    y, form = as_targets(given[1], architecture.checked_loss(), architecture.n_outputs, len(X), "f64")
    if form == "rows" and architecture.checked_loss().target == "classes":
        raise InvalidValueError("probabilities as targets", "classes, which the page shows")
    return X, y


def _encoded(model: TableModel, table: Any, tell: Tell) -> tuple[Array, Array]:
    """X and y of the rows of a file, of an example or of a data frame, as the model sees them; of very many, some."""
    if not isinstance(table, str | os.PathLike):
        frame = table
    elif str(table).startswith(_DEMO):
        frame = load_demo(str(table).removeprefix(_DEMO))
    else:
        frame = read_table(table)
    if len(frame) > _MOST_ROWS:
        tell(Message("play.table.drawn", n=f"{_MOST_ROWS:,}", rows=f"{len(frame):,}"))
        frame = nw.from_native(frame).sample(_MOST_ROWS, seed=0).to_native()
    X, y = model.arrays(frame)
    if len(X) < len(frame):
        tell(Message("report.data.without", n=f"{len(frame) - len(X):,}"))
    return X, y
