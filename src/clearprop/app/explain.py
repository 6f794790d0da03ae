"""`clearprop explain`: one row of a table through a trained network, every number derived."""

from __future__ import annotations

import shutil
import tempfile
import webbrowser
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from clearprop.app import options as o
from clearprop.app.bare import Asked, explained_row, load_with_loss, require_fitting
from clearprop.app.explain_columns import explained_by_columns, picture_of, require_alone, row_among
from clearprop.app.terminal import print_lines, tell
from clearprop.errors import InvalidValueError
from clearprop.estimators import TableModel
from clearprop.estimators.about import optimizer_of
from clearprop.explain import Trace
from clearprop.explain.derivation import Explanation
from clearprop.files import refuse_overwriting, write_atomically
from clearprop.messages import Message
from clearprop.network import Network
from clearprop.table.rows import rows_counted
from clearprop.train import GradientDescent, Optimizer, resolve_optimizer
from clearprop.visible import shown_name

_WIDEST = 110  # columns of a terminal that are used
_WRITERS: dict[str, Callable[[Explanation], str | bytes]] = {
    ".html": Explanation.to_html,
    ".md": Explanation.to_markdown,
    ".tex": Explanation.to_latex,
    ".txt": Explanation.to_text,
}
_PICTURES: dict[str, Callable[[Explanation], str | bytes]] = {
    ".svg": lambda found: picture_of(found).svg,
    ".png": lambda found: picture_of(found).png(),
}


_columns_option = partial(typer.Option, rich_help_panel="By columns")


def explain(
    model: o.Opened,
    table: o.Table,
    *,
    row: Annotated[int, typer.Option("--row", metavar="K", min=1, help="Row of the table, counted from 1.")],
    target: o.OneTarget = None,
    inputs: o.Inputs = None,
    loss: o.Loss = None,
    member: o.Member = None,
    lang: o.Lang = "en",
    convention: Annotated[
        str, typer.Option(help="row: z = a · W + b, samples as rows. column: z = W · a + b, samples as columns.")
    ] = "row",
    detail: Annotated[
        str, typer.Option(help="formulas, values (numbers put in) or elements (every single element).")
    ] = "values",
    only: Annotated[
        str | None, typer.Option(metavar="VALUE", help="One value such as dW2, or one element such as dW2[1,3].")
    ] = None,
    notation: Annotated[
        str, typer.Option(help="delta: δ[l], ∂L/∂W[l]. d: da[l], dz[l], dW[l], db[l], and ŷ for the output.")
    ] = "delta",
    optimizer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose update is shown.  [default: that of the training]")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="η", help="Of that update.  [default: that of the training]")
    ] = None,
    shapley: Annotated[
        bool,
        _columns_option("--shapley", help="What each column adds to the answer: Shapley values, against other rows."),
    ] = False,
    depends: Annotated[
        str | None,
        _columns_option(metavar="COLUMN", help="How the answer depends on one column, for this row and for others."),
    ] = None,
    out: Annotated[
        Path | None,
        o.file_option(
            help="Write it to a .html, .md, .tex or .txt file; with --shapley or --depends also to .svg or .png.",
        ),
    ] = None,
    steps: Annotated[
        bool, o.output_option("--steps", help="As a page that plays it step by step; with --out or --open.")
    ] = False,
    open_page: Annotated[bool, o.output_option("--open", help="Show it as a web page in the browser.")] = False,
    reading: o.ReadingOptions,
) -> None:
    """Explain one row: forward pass, loss, BP1 to BP4 and update, with this network's numbers put in.

    Every number can be recomputed by hand from the numbers beside it. Of a bare network, as an .onnx file is one, the
    columns of the table are the inputs, in their order; --target says which column holds the answer.
    """
    by = "--shapley" if shapley else "" if depends is None else "--depends"
    if by:
        others = {"--only": only, "--optimizer": optimizer, "--learning-rate": learning_rate, "--steps": steps}
        require_alone(by, {**others, "--depends": depends if shapley else None})
    writers = {**_WRITERS, **_PICTURES} if by else _WRITERS
    *endings, last = writers
    if out is not None and out.suffix not in writers:
        raise InvalidValueError(f"--out {out}", "a file ending in " + " or ".join([", ".join(endings), last]))
    if steps and not (open_page if out is None else out.suffix == ".html"):
        raise InvalidValueError("--steps without a page", "--out FILE.html, or --open")
    asked = load_with_loss(model, loss)
    if not isinstance(asked, Network):
        asked = o.of_target(model, asked, target)
    require_fitting(asked, model, **({by: True} if by else {}), inputs=inputs)
    source = reading.source(table, None if isinstance(asked, Network) else asked)
    refuse_overwriting([out] if out else [], [model, *source.place.files])
    k, of = o.member_of(asked, member), shown_name(Path(source.place.title).name)
    how: dict[str, Any] = {"lang": lang, "convention": convention, "detail": detail, "only": only, "notation": notation}
    how["optimizer"] = _optimizer(asked, optimizer, learning_rate)
    derived: Trace | None = None
    found: Explanation
    if isinstance(asked, Network):
        one = _row_of(source.batches([]), row)
        columns = Asked.of(asked, source, one.columns, target, inputs)
        title = _titled(row, of, ", ".join(columns.answers) or model.name)
        with rows_counted(row - 1):
            found, derived = explained_row(asked, columns, one, title, k, **how)
    elif by:
        names, batches = (
            {"table": of, "target": shown_name(asked.target.name)},
            source.batches(asked.encoder.number_columns),
        )
        found = explained_by_columns(asked, row_among(batches, row), row, k, depends, lang, names)
    else:
        one = _row_of(source.batches(asked.encoder.number_columns), row)
        with rows_counted(row - 1):
            explained = asked.explain(one, member=k, title=_titled(row, of, asked.target.name), **how)
        found, derived = explained, explained.derived
    if out is None and not open_page:
        print_lines(found.to_text(min(shutil.get_terminal_size().columns, _WIDEST)), end="")
        return
    path = out or Path(tempfile.mkdtemp(prefix="clearprop-")) / f"row-{row}.html"
    written = _played(derived, **how) if steps and derived is not None else writers[path.suffix](found)
    write_atomically(path, written if isinstance(written, bytes) else written.encode())
    tell(f"wrote {path}")
    if open_page:
        webbrowser.open(path.resolve().as_uri())


def _titled(row: int, table: str, target: str) -> Message:
    return Message("row.title", row=row, table=table, target=shown_name(target))


def _optimizer(model: TableModel | Network, name: str | None, learning_rate: float | None) -> Optimizer | None:
    """The optimizer that is asked for; None for that of the model."""
    if name is not None:
        return resolve_optimizer(name, learning_rate)
    if learning_rate is None:
        return None
    own = None if isinstance(model, Network) else optimizer_of(model.about)
    return replace(own or GradientDescent(), learning_rate=learning_rate)


def _played(derived: Trace, lang: str, optimizer: Any, convention: str, notation: str, **others: Any) -> str:
    """As a page that plays it step by step."""
    return derived.step_by_step(lang, optimizer=optimizer, convention=convention, notation=notation).to_html()


def _row_of(batches: Iterable[Any], row: int) -> Any:
    """Row number `row`, counted from 1, as a data frame of one row."""
    before = 0
    for frame in batches:
        if row <= before + len(frame):
            return frame[row - before - 1 : row - before]
        before += len(frame)
    raise InvalidValueError(f"--row {row}", f"1 … {before}", "rows are counted from 1, below the header")
