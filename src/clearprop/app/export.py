"""`clearprop export`: a model as a file that other programs run, compared with the model before it is written."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from clearprop.app import options as o
from clearprop.app.exported import FORMATS, Compared, compared
from clearprop.app.exported_tables import (
    TABLE_FORMATS,
    ComparedTable,
    ComparedTargets,
    compared_tables,
    compared_targets,
)
from clearprop.app.source import TableSource
from clearprop.app.terminal import print_lines
from clearprop.errors import DataWarning, InvalidValueError, TableError, listed
from clearprop.estimators import MultiTargetModel, TableModel, load
from clearprop.estimators.made_up import made_up_rows
from clearprop.estimators.rounding import model_in_int8
from clearprop.files import refuse_overwriting, write_atomically
from clearprop.messages import Language, checked_language
from clearprop.network import Network
from clearprop.network.rounding import in_int8, measured
from clearprop.nn import Radial
from clearprop.visible import shown_json

_ROWS = 1000  # of the comparison


@dataclass(frozen=True)
class _Written:
    """A file's content, what it is compared by, what runs it, and what it reads: "rows", "features" or "inputs"."""

    content: bytes
    found: Compared | ComparedTable | ComparedTargets
    needs: str
    reads: str
    cost: str = ""  # of weights of 8 bits, in a sentence


def export(
    model: o.AnyModel,
    table: Annotated[
        str | None,
        typer.Argument(metavar="TABLE", help="Table whose rows are compared, 1,000 of them; made up if not given."),
    ] = None,
    *,
    to: Annotated[
        Literal["onnx", "c", "javascript", "numpy", "torch", "keras"], typer.Option("--to", help="What to write.")
    ],
    out: Annotated[Path | None, o.file_option(help="Where to.", show_default="MODEL with another ending")] = None,
    bare: Annotated[
        bool, typer.Option("--network", help="Of a model of a table the network alone, which reads features.")
    ] = False,
    int8: Annotated[
        bool, typer.Option("--int8", help="In C, weights in 8 bits: a quarter of the memory. What it costs is printed.")
    ] = False,
    target: o.OneTarget = None,
    member: o.WholeMember = None,
    reading: o.ReadingOptions,
    lang: o.Lang = "en",
    as_json: o.Json = False,
) -> None:
    """Write a model as source code or in a format of others, once its answers to a thousand rows are as ours.

    The file of a model of a table holds its preprocessing, too: it reads values as they stand in the table's columns.
    Of several targets --to onnx writes all into one file, and --target one alone; other formats take one.
    A file whose answers are others is not written.
    """
    spoken, loaded = checked_language(lang), load(model)
    path = model.with_name(model.stem + FORMATS[to].ending) if out is None else out
    if bare or isinstance(loaded, Network):
        _require_no_table(table, reading, bare)
        o.require_no_target(target, "written")
    elif table is None:
        reading.require_none("without a TABLE", "the table, too", "rows are made up where none is given")
    source = None if table is None or isinstance(loaded, Network) else reading.source(table, loaded)
    refuse_overwriting([path], [model, *(source.place.files if source else [])])
    if int8 and to != "c":
        raise InvalidValueError(f"--int8 of a file of {to}", "--to c, the language that has it")
    if bare or isinstance(loaded, Network):
        network = o.network_of(loaded, member)
        written = _network(to, spoken, network, isinstance(loaded, Network), int8)
    else:
        _require_format(to)
        found = _of_member(_of_target(model, loaded, target, to), o.member_of(loaded, member))
        written, network = _whole(to, spoken, found, _rows(source), int8), found.network
    has_centres = any(isinstance(layer, Radial) for layer, *_ in network.architecture.built())
    write_atomically(path, written.content)
    if as_json:
        cost = {"int8": written.cost} if int8 else {}
        facts = {"model": str(model), "to": to, "out": str(path), "bytes": len(written.content), "centres": has_centres}
        print_lines(shown_json({**facts, "reads": written.reads, **cost, **written.found.to_dict()}))
        return
    print_lines(f"{path}: {len(written.content):,} bytes, for {written.needs}")
    if written.reads == "features":
        print_lines("It holds the network, which reads features; what makes them of a table's columns is not in it.")
    if has_centres:
        print_lines("It holds the centres of a kernel machine: of a model of a table its training rows, scaled.")
    if int8:
        print_lines(f"{written.cost} What follows is measured against these weights.")
    print_lines(str(written.found))


def _require_no_table(table: str | None, reading: o.ReadingOptions, bare: bool) -> None:
    hint = "leave out --network" if bare else "a network is compared on numbers that are drawn"
    if table is not None:
        raise InvalidValueError(f"the table {table} for a network", "no table", hint)
    reading.require_none("for a network", "no such option, as no table is read", hint)


def _require_format(to: str) -> None:
    if to not in TABLE_FORMATS:
        hint = f"--network writes the network alone, or --to {', '.join(TABLE_FORMATS)}"
        raise InvalidValueError(f"a model of a table for {to}", "a network, which reads features", hint)


def _of_target(
    path: Path, model: TableModel | MultiTargetModel, target: str | None, to: str
) -> TableModel | MultiTargetModel:
    """The model of the target that is named; where none is, all of several, which ONNX alone takes in one file."""
    if not isinstance(model, MultiTargetModel) or target is not None:
        return o.of_target(path, model, target)
    if to != "onnx":
        hint = f"--target COL --to {to}, or --to onnx, which writes all of them into one file"
        raise InvalidValueError(f"{path} predicts {listed(model.names)}", f"one of them for a file of {to}", hint)
    return model


def _of_member(model: TableModel | MultiTargetModel, member: int | None) -> TableModel | MultiTargetModel:
    if member is None:
        return model
    if isinstance(model, MultiTargetModel):
        return replace(model, network=model.members[member])
    return replace(model, predictor=model.members[member])


def _network(to: str, lang: Language, network: Network, is_bare: bool, int8: bool) -> _Written:
    form, cost = FORMATS[to], ""
    if int8:
        content = network.to_c(weights="int8", lang=lang).encode()
        cost, (network, _) = measured(network, None, lang).told, in_int8(network)
    else:
        content = form.written(network, lang)
    found = compared(form, content, network, _drawn(network))
    return _Written(content, found, form.needs, "inputs" if is_bare else "features", cost)


def _drawn(network: Network) -> Any:
    return np.random.default_rng(0).normal(size=(_ROWS, network.architecture.n_inputs))


def _whole(
    to: str, lang: Language, model: TableModel | MultiTargetModel, given: tuple[Any, str] | None, int8: bool
) -> _Written:
    form, cost = TABLE_FORMATS[to], ""
    frame, of = given or (made_up_rows(model.encoder, _ROWS), "made up from what the model knows of its columns")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # values that are new are among what is compared
        if isinstance(model, MultiTargetModel):
            content = bytes(model.to_onnx().SerializeToString())
            return _Written(content, compared_targets(content, model, frame, of), form.needs, "rows")
        if int8:
            X = given and given[0]
            content = model.to_c(weights="int8", X=X, lang=lang).encode()
            model, codes = model_in_int8(model, X, lang)
            cost = codes.told
        else:
            content = form.written(model, lang)
        found = compared_tables(form, content, model, frame, of)
    return _Written(content, found, form.needs, "rows", cost)


def _rows(source: TableSource | None) -> tuple[Any, str] | None:
    """The rows of a table that are compared, and where they are from; None without one."""
    if source is None:
        return None
    frame = source.read(_ROWS).frame
    if not len(frame):
        raise TableError(f"{source.place.title} has no rows", "rows to compare")
    return frame, f"of {source.place.title}"
