"""The options that several commands share."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from clearprop.app.source import STANDARD, TablePlace, TableSource
from clearprop.errors import InvalidValueError, ModelFileError, listed, unknown_name
from clearprop.estimators import MultiTargetModel, TableModel, load
from clearprop.network import Network
from clearprop.table.options import ReadOptions

# An option in one of the groups of the help.
table_option, rows_option, network_option, training_option, output_option = (
    partial(typer.Option, rich_help_panel=panel)
    for panel in (
        *("The table", "Which rows are learned and which judge", "The network", "The training"),
        "What is printed and written",
    )
)

Table = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="File (CSV, Parquet, Excel, JSON, …, packed or not), folder or 'pattern*' of them, - for standard input, "
        "or demo:NAME (iris, wine, moons, …).",
    ),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file written by train.")]
AnyModel = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file written by train, or by net.save().")]
Opened = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model file written by train or by net.save(), or an .onnx file.")
]
BareTarget = Annotated[
    str | None, table_option("--target", metavar="COL,…", help="Of a bare network: the column with the answers.")
]
Inputs = Annotated[
    str | None,
    table_option(metavar="COL,…", show_default="all but the target", help="Of a bare network: its inputs, in order."),
]
Loss = Annotated[str | None, network_option(metavar="NAME", help="Of an .onnx file, which has none: cross_entropy, …")]
_NO_HEADER = "The file has no header; columns are c0, c1, …. A model expects what it was trained with."
NoHeader = Annotated[bool | None, table_option("--no-header/--header", show_default=False, help=_NO_HEADER)]
_NA = "One more mark for a missing value beside NA, ?, null, … May be repeated."
Missing = Annotated[list[str] | None, table_option("--na", metavar="TEXT", help=_NA)]
KeepMissing = Annotated[
    list[str] | None,
    table_option(
        "--keep-na",
        metavar="MARK",
        help="A usual mark that is a value, such as NA for Namibia. - NA None ? are where their column shows it. "
        "May be repeated.",
    ),
]
_NO_DEFAULT_NA = "Nothing but an empty field and --na is a missing value."
NoDefaultMissing = Annotated[bool, table_option("--no-default-na", help=_NO_DEFAULT_NA)]
_found_out = partial(table_option, show_default="found out")
Encoding = Annotated[str | None, _found_out(metavar="NAME", help="Encoding of the text, such as gb18030.")]
_DELIMITER = "Between fields: one character, or tab, or space (any number of blanks)."
Delimiter = Annotated[str | None, _found_out(metavar="CHAR", help=_DELIMITER)]
Skip = Annotated[int | None, _found_out(metavar="N", min=0, help="Lines above the header to skip.")]
_SHEET = "Sheet of an Excel file, by its name or its number."
Sheet = Annotated[str | None, table_option(metavar="NAME", show_default="the first", help=_SHEET)]
Threads = Annotated[
    int | None, training_option(metavar="N", min=1, show_default="by the size of the work", help="Worker threads.")
]
Lang = Annotated[str, output_option(metavar="en|zh", help="Language of what explains: English or Chinese.")]
_MEMBER = "Of a model of several members one alone, counted from 1."
_member = partial(typer.Option, metavar="K", min=1)
Member = Annotated[int | None, _member(help=_MEMBER, show_default="all; layer by layer the first")]
WholeMember = Annotated[int | None, _member(help=_MEMBER, show_default="the whole graph, which ends in the mean")]
FirstMember = Annotated[int | None, _member(help=_MEMBER, show_default="the first")]
OneTarget = Annotated[
    str | None, typer.Option("--target", metavar="COL", help="Of a model of several targets, the one that is meant.")
]
Quiet = Annotated[bool, output_option("--quiet", "-q", help="Print nothing but errors.")]
Json = Annotated[bool, output_option("--json", help="Print one JSON object, for scripts, and nothing else.")]


def a_file(text: str) -> Path:
    """The path of a file to write: no empty text, as an unset variable gives, and no folder."""
    if not text or text.endswith(("/", os.sep)):
        raise typer.BadParameter(f"{text!r} is no name of a file")
    return Path(text)


file_option = partial(output_option, metavar="FILE", parser=a_file)


def a_folder(text: str) -> Path:
    """The path of a folder to write to; an empty text, as an unset variable gives, is none."""
    if not text:
        raise typer.BadParameter("an empty text is no name of a folder (this one is '.')")
    if text == STANDARD:
        raise typer.BadParameter("several files are written, which need a folder and not the standard output")
    return Path(text)


class _Reads:
    """What the options say of a table."""

    def source(
        self, table: str, model: TableModel | MultiTargetModel | None = None, of_others: bool = False
    ) -> TableSource:
        """The table, read as the options say; what they leave open is as in the training of the model.

        A demo is not read from a file: options are refused there, unless they may be meant of other tables beside it.
        """
        said = dict(vars(self))
        no_header, no_default_na = said.pop("no_header"), said.pop("no_default_na", False)
        said |= {"header": None if no_header is None else not no_header, "default_na": False if no_default_na else None}
        given = {name: value for name, value in said.items() if value is not None and value != []}
        place = TablePlace(table)
        if place.demo and not of_others:
            self.require_none(f"for {table}", "none: it says nothing of such a table")
        trained = model.about.get("reading", {}) if model else {}
        usual = asdict(ReadOptions.of(**trained).fitting(place.kind)) if trained else {}
        return TableSource(place, ReadOptions.of(**{**usual, **given}), no_header is not None)

    def require_none(self, beside: str, expected: str, hint: str | None = None) -> None:
        """Refuse them where no table is read: they would be passed over.

        Args:
            beside: what they stand beside, in words.
            expected: what would have been right.
            hint: what to do about it.

        Raises:
            InvalidValueError: if one of them is given.
        """
        for name, value in vars(self).items():
            is_flag = isinstance(value, bool) and name != "no_header"  # which has two forms, and None for neither
            if value if is_flag or isinstance(value, list) else value is not None:
                option = "header" if name == "no_header" and not value else name.replace("_", "-")
                raise InvalidValueError(f"--{option} {beside}", expected, hint)


@dataclass(frozen=True)
class ReadingOptions(_Reads):
    """How the table of a trained model is read."""

    no_header: NoHeader = None
    na: Missing = None
    encoding: Encoding = None
    delimiter: Delimiter = None
    skip: Skip = None
    sheet: Sheet = None


@dataclass(frozen=True)
class TrainReadingOptions(_Reads):
    """How a table to train on is read."""

    no_header: NoHeader = None
    na: Missing = None
    keep_na: KeepMissing = None
    no_default_na: NoDefaultMissing = False
    encoding: Encoding = None
    delimiter: Delimiter = None
    skip: Skip = None
    sheet: Sheet = None


def table_model(path: Path, target: str | None = None) -> TableModel:
    """The model of a table in a file; of several targets, that of one.

    Raises:
        InvalidValueError: if it predicts several targets, and none is named.
    """
    return of_target(path, trained_model(path), target)


def of_target(path: Path, model: TableModel | MultiTargetModel, target: str | None) -> TableModel:
    """The model of the target that is meant, which must be named where there are several."""
    if isinstance(model, MultiTargetModel):
        if target is None:
            raise InvalidValueError(f"{path} predicts {listed(model.names)}", "one of them", "--target COL")
        return model[target]
    if target is not None and target != model.target.name:
        raise unknown_name("target", target, [model.target.name])
    return model


def require_no_target(target: str | None, done: str) -> None:
    """Refuse --target of a bare network, of whose outputs all are what is done to them: "written", "drawn"."""
    if target is not None:
        raise InvalidValueError(f"--target {target} for a network", f"no such option: all of its outputs are {done}")


def trained_model(path: Path) -> TableModel | MultiTargetModel:
    """The model of a table in a file, of one target or several."""
    loaded = load(path)
    if isinstance(loaded, Network):
        raise ModelFileError(f"{path} holds a bare network", "a model written by `clearprop train`")
    return loaded


def network_in(path: Path, member: int | None = None) -> Network:
    """The network of a model file of any kind, or one of its members, counted from 1."""
    return network_of(load(path), member)


def network_of(loaded: TableModel | MultiTargetModel | Network, member: int | None = None) -> Network:
    """The network of a model of any kind, or one of its members, counted from 1."""
    network = loaded if isinstance(loaded, Network) else loaded.network
    k = member_of(loaded, member)
    return network if k is None else network.members[k]


def member_of(model: TableModel | MultiTargetModel | Network, member: int | None) -> int | None:
    """A member that is counted from 1, counted from 0.

    Raises:
        InvalidValueError: if there is no such member.
    """
    if member is not None and member > len(model.members):
        n = len(model.members)
        raise InvalidValueError(f"--member {member}", f"1 … {n}" if n > 1 else "no such option: one network answers")
    return None if member is None else member - 1
