"""A model of a table as one Python file: what becomes of each column, the network, and what it answers."""

from __future__ import annotations

import pprint
import re
from collections.abc import Sequence
from importlib.resources import files

from clearprop.graph import DTYPES
from clearprop.interop.source.content import Content
from clearprop.interop.source.file import docstring
from clearprop.interop.source.literals import WIDTH
from clearprop.interop.source.numpy_file import numpy_parts
from clearprop.interop.source.table_description import described, number_answered
from clearprop.interop.source.torch_file import torch_parts
from clearprop.table.encoder import TableEncoder
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import Target
from clearprop.table.values import FALSE, TRUE

_NAMES = """network predict probabilities values COLUMNS YES NO DTYPE CLASSES CUTS TARGET Any Callable Mapping UTC
date datetime timedelta re unicodedata annotations"""


def table_numpy(encoder: TableEncoder, target: Target, content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for a column whose values cannot be read in it, by its name, or an op without words.
    """
    names = re.findall(r"^(?:def )?([A-Za-z]\w*)", _runtime(), re.MULTILINE)
    imports, numbers, functions = numpy_parts(content.predicting, "network", [*names, *_NAMES.split()])
    return _written(encoder, target, content, imports.splitlines(), [numbers, *functions])


def table_torch(encoder: TableEncoder, target: Target, content: Content) -> str:
    """The same with the network in PyTorch.

    Raises:
        InvalidValueError: for a layer or an activation that PyTorch lacks, too, by its name.
    """
    net = torch_parts(content)
    imports = [*["import base64"] * ("base64." in net), "import numpy as np", "import torch", "from torch import nn"]
    return _written(encoder, target, content, imports, [net, _TORCH])


def _written(
    encoder: TableEncoder, target: Target, content: Content, imports: Sequence[str], network: Sequence[str]
) -> str:
    """The file around a network, which is `network(X)`.

    Args:
        encoder, target: of the model.
        content: of the network.
        imports: that it needs.
        network: numbers and functions.
    """
    columns = pprint.pformat(described(encoder, "Python source"), width=WIDTH, compact=True, sort_dicts=False)
    answer, data = _answer(target)
    own = [line for line in imports if line in ("import base64", "import math")]
    others = [line for line in imports if line and line not in own]
    standard = sorted(["import re", "import unicodedata", *own])
    head = [
        docstring(
            content.say("source.table_title"), [content.say("source.table_columns"), *content.predicting.notes()]
        ),
        "from __future__ import annotations",
        "\n".join([*standard, *_FROM]),
        "\n".join(others),
        f"COLUMNS = {columns}",
        "\n".join([f"YES = {_data(sorted(TRUE))}", f"NO = {_data(sorted(FALSE))}", *data]),
        f"DTYPE = np.{DTYPES[content.dtype]}",
    ]
    return "\n\n".join(head) + "\n\n\n" + "\n\n\n".join([_runtime(), *network, answer]) + "\n"


def _runtime() -> str:
    """The part of table_runtime.py that stands in the files."""
    text = files(__package__).joinpath("table_runtime.py").read_text(encoding="utf-8")
    return text.partition("# --- what stands in the files\n")[2].strip()


def _data(value: object) -> str:
    return pprint.pformat(value, width=WIDTH - 8, compact=True, sort_dicts=False)


def _answer(target: Target) -> tuple[str, list[str]]:
    """The functions that a caller calls, and the data that they need."""
    if isinstance(target, NumberTarget):
        return (_DATE if target.dates is not None else _NUMBER), [f"TARGET = {_data(number_answered(target))}"]
    cuts = None if target.decision is None else target.decision.cuts
    return _CLASS, [f"CLASSES = {_data(list(target.classes))}", f"CUTS = {_data(cuts)}"]


_FROM = [
    "from collections.abc import Callable, Mapping",
    "from datetime import UTC, date, datetime, timedelta",
    "from typing import Any",
]
_TORCH = '''\
def network(X: Any) -> Any:
    """The outputs of the network (N, k) for its inputs (N, n)."""
    with torch.no_grad():
        return net(torch.from_numpy(X)).numpy()'''
_CLASS = '''\
def probabilities(rows: Any) -> Any:
    """The probability of each of the CLASSES (N, k)."""
    a = network(features(rows))
    return a if a.shape[1] > 1 else np.concatenate([1 - a, a], axis=1)


def predict(rows: Any) -> list[Any]:
    """The label of each row."""
    p = probabilities(rows)
    return [CLASSES[k] for k in (p if CUTS is None else p / np.array(CUTS)).argmax(axis=1)]'''
_VALUES = '''\
def values(rows: Any) -> Any:
    """The number of each row (N,); of a date, days since 1970-01-01."""
    t = network(features(rows))[:, 0].astype(np.float64) * TARGET["std"] + TARGET["mean"]
    unit = TARGET["unit"]
    if unit is not None and TARGET["most"] is not None:
        t = unit * (np.exp(np.clip(t, 0, TARGET["most"])) * TARGET["smear"] - 1)
    elif unit is not None:
        t = np.sign(t) * unit * np.expm1(np.abs(t))
    return t if TARGET["lowest"] is None else np.clip(t, TARGET["lowest"], TARGET["highest"])


'''
_NUMBER = (
    _VALUES
    + '''\
def predict(rows: Any) -> Any:
    """The number of each row (N,)."""
    return values(rows)'''
)
_DATE = (
    _VALUES
    + '''\
def predict(rows: Any) -> list[date]:
    """The date of each row."""
    found = []
    for days in np.clip(values(rows), -700_000, 2_900_000).tolist():
        at = datetime(1970, 1, 1) + timedelta(days=round(days) if TARGET["daily"] else days)
        found.append(at.date() if TARGET["daily"] else at.replace(microsecond=0))
    return found'''
)
