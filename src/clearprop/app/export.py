"""`clearprop export`: a model as a file that other programs run, compared with the model before it is written."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from clearprop.app import options as o
from clearprop.app.exported import FORMATS, Compared, compared
from clearprop.app.exported_tables import TABLE_FORMATS, ComparedTable, compared_tables
from clearprop.app.made_up import made_up_rows
from clearprop.app.terminal import print_lines
from clearprop.errors import DataWarning, InvalidValueError, TableError
from clearprop.estimators import MultiTargetModel, TableModel, load
from clearprop.files import refuse_overwriting, write_atomically
from clearprop.messages import Language, checked_language
from clearprop.network import Network
from clearprop.train import made_up
from clearprop.visible import shown_json

_ROWS = 1000  # of the comparison


@dataclass(frozen=True)
class _Written:
    """A file's content, what it is compared by, what runs it, and what it reads: "rows", "features" or "inputs"."""

    content: bytes
    found: Compared | ComparedTable
    needs: str
    reads: str


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
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", parser=o.a_file, show_default="MODEL with another ending")
    ] = None,
    bare: Annotated[
        bool, typer.Option("--network", help="Of a model of a table the network alone, which reads features.")
    ] = False,
    target: o.OneTarget = None,
    member: o.WholeMember = None,
    reading: o.ReadingOptions,
    lang: o.Lang = "en",
    as_json: o.Json = False,
) -> None:
    """Write a model as source code or in a format of others, once its answers to a thousand rows are as ours.

    The file of a model of a table holds its preprocessing, too: it reads values as they stand in the table's columns.
    A file whose answers are others is not written.
    """
    spoken, loaded = checked_language(lang), load(model)
    path = model.with_suffix(FORMATS[to].ending) if out is None else out
    refuse_overwriting([path], [model])
    if bare or isinstance(loaded, Network):
        _require_no_table(table, bare)
        written = _network(to, spoken, o.network_of(loaded, member), isinstance(loaded, Network))
    else:
        alone = _of_member(o.of_target(model, loaded, target), o.member_of(loaded, member))
        written = _whole(to, spoken, alone, *_rows(alone, loaded, table, reading))
    write_atomically(path, written.content)
    if as_json:
        facts = {"model": str(model), "to": to, "out": str(path), "bytes": len(written.content)}
        print_lines(shown_json({**facts, "reads": written.reads, **written.found.to_dict()}))
        return
    print_lines(f"{path}: {len(written.content):,} bytes, for {written.needs}")
    if written.reads == "features":
        print_lines("It holds the network, which reads features; what makes them of a table's columns is not in it.")
    print_lines(str(written.found))


def _require_no_table(table: str | None, bare: bool) -> None:
    if table is not None:
        hint = "leave out --network" if bare else "a network is compared on numbers that are drawn"
        raise InvalidValueError(f"the table {table} for a network", "no table", hint)


def _of_member(model: TableModel, member: int | None) -> TableModel:
    return model if member is None else replace(model, predictor=model.members[member])


def _network(to: str, lang: Language, network: Network, is_bare: bool) -> _Written:
    form = FORMATS[to]
    content = form.written(network, lang)
    found = compared(form, content, network, made_up(network.architecture, _ROWS)[0])
    return _Written(content, found, form.needs, "inputs" if is_bare else "features")


def _whole(to: str, lang: Language, model: TableModel, frame: Any, of: str) -> _Written:
    form = TABLE_FORMATS[to]
    content = form.written(model, lang)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # values that are new are among what is compared
        found = compared_tables(form, content, model, frame, of)
    return _Written(content, found, form.needs, "rows")


def _rows(
    model: TableModel, loaded: TableModel | MultiTargetModel, table: str | None, reading: o.ReadingOptions
) -> tuple[Any, str]:
    """The rows that are compared, and where they are from."""
    if table is None:
        return made_up_rows(model.encoder, _ROWS), "made up from what the model knows of its columns"
    source = reading.source(table, loaded)
    frame = source.read(_ROWS).frame
    if not len(frame):
        raise TableError(f"{source.place.title} has no rows", "rows to compare")
    return frame, f"of {source.place.title}"
