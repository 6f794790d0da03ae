"""`load`: whatever was saved, a network or a model of a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from clearprop.errors import ModelFileError, a_or_an
from clearprop.estimators.predictor import PREDICTORS, reader_of
from clearprop.estimators.several.model import KIND as SEVERAL
from clearprop.estimators.several.model import MultiTargetModel
from clearprop.estimators.table_model import TableModel
from clearprop.files import checked_path
from clearprop.interop import Shapes, begins_as_safetensors, read_model
from clearprop.network import Network, network_from
from clearprop.network.incoming import from_onnx


def load(path: str | os.PathLike[str]) -> Network | TableModel | MultiTargetModel:
    """Read what `save` wrote: a `Network`, or a model of a table, of one target or several, with the same `predict`.

    A file called `….onnx` is read as `cp.from_onnx` does, unless `save` wrote it. Nothing in a file is executed.

    Raises:
        FileError: if the file cannot be read.
        ModelFileError: if it is truncated, damaged, foreign, or from a newer version.
    """
    path = checked_path(path)
    if path.lower().endswith(".onnx") and not _is_saved(path):
        return from_onnx(path)

    def check(header: dict[str, Any], shapes: Shapes) -> None:
        described = header.get("network")
        if header.get("kind") == "network":
            PREDICTORS["network"].check(path, described, shapes)
        elif header.get("kind") in ("table_model", SEVERAL):
            reader_of(path, described).check(path, described, shapes)

    header, arrays = read_model(path, check)
    kind = header.get("kind")
    if kind == "network":
        return network_from(path, header.get("network"), arrays)
    if kind == "table_model":
        return TableModel.from_parts(path, header, arrays)
    if kind == SEVERAL:
        return MultiTargetModel.from_parts(path, header, arrays)
    hint = "go on with it by net.fit(..., checkpoint=path, resume=True)" if kind == "checkpoint" else None
    raise ModelFileError(f"{path} holds {a_or_an(str(kind))}", "a network or a table model", hint)


def _is_saved(path: str) -> bool:
    """Whether a file looks like one that `save` wrote, whatever it is called."""
    try:
        with Path(path).open("rb") as file:
            return begins_as_safetensors(file.read(9), os.fstat(file.fileno()).st_size)
    except (OSError, ValueError):  # whoever reads it says so
        return False
