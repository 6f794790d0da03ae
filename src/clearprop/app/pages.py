"""Pages for the terminal: a training run, an evaluation, a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from clearprop.app.terminal import Screen, words
from clearprop.report.reading import how_read
from clearprop.report.summary import METRICS, number
from clearprop.visible import shown_name, visible

_FEW_COLUMNS, _MOST_CLASSES, _MOST_MISTAKES = 15, 8, 5
_RARE = 0.4  # a class that is there less than so many times as often as the average one
_OF_RARE = {"precision", "recall", "f1", "average_precision"}
_UNWEIGHTED = "The table has no column {column}, the weights of the training: here all rows count alike."
_LEARNED = (
    "This is the table that the model was trained on: it has learned most of these rows, and the scores say nothing of "
    "others. Those on rows that it had not seen: clearprop info MODEL"
)


def training_page(summary: Mapping[str, Any]) -> RenderableType:
    """What was read, what was done to each column, the network, the scores, and a verdict."""
    parts = summary["parts"]
    last = list(parts)[-1]
    return layout(
        f"{shown_name(Path(summary['table']['name']).name)} → {shown_name(summary['target']['name'])}",
        summary["clearprop"],
        {
            "Read": _lines(_what_was_read(summary)),
            "Target": _target(summary["target"]),
            "Columns": _columns(summary, _FEW_COLUMNS),
            "Network": _network(summary["network"]),
            "Training": _lines([_training(summary["training"]), *summary["weighting"]["said"]]),
            "Scores": _scores(parts, summary["target"]),
            "Answers": _answers(summary["target"], parts[last], f"{last} rows"),
            "Verdict": _lines(summary["verdict"]),
        },
    )


def evaluation_page(
    table: str, model: str, summary: Mapping[str, Any], found: Mapping[str, Any], read: Sequence[str]
) -> RenderableType:
    """The scores of a model on a table; `read` says how that was read."""
    gone, column = found["without_target"], summary["weighting"]["column"]
    unweighted = column is not None and not found["weighted"]
    notes = [_LEARNED] * found["learned"] + [_UNWEIGHTED.format(column=shown_name(column))] * unweighted
    return layout(
        f"{shown_name(Path(model).name)} on {shown_name(Path(table).name)}",
        summary["about"].get("clearprop"),
        {
            "Rows": _lines([f"{found['rows']:,}" + (f"; {gone:,} more have no target" if gone else ""), *read]),
            "Note": _lines(notes) if notes else None,
            "Target": _target(summary["target"]),
            "Scores": _scores({"table": found}, summary["target"]),
            "Answers": _answers(summary["target"], found, "rows"),
            "Verdict": _lines(found["verdict"]),
        },
    )


def model_page(name: str, summary: Mapping[str, Any]) -> RenderableType:
    """What a model file holds."""
    about = summary["about"]
    epochs, best = about.get("epochs"), about.get("best_epoch")
    kept = f", weights of epoch {best}" if best else ""
    return layout(
        shown_name(Path(name).name),
        about.get("clearprop"),
        {
            "Target": _target(summary["target"]),
            "Columns": _columns(summary, most=10_000),
            "Network": _network(summary["network"]),
            "Training": _lines([f"{epochs} epochs{kept}, seed {about['seed']}", *summary["weighting"]["said"]])
            if "seed" in about
            else None,
            "Scores": _scores(about["parts"], summary["target"]) if about.get("parts") else None,
        },
    )


def print_page(page: RenderableType, files: Mapping[Path, str] | None = None) -> None:
    """Print a page, and the files that were written, whose paths stay in one piece however long they are."""
    console = Screen()
    console.print(Group("", page, ""))
    paths = {visible(str(path)): what for path, what in (files or {}).items()}
    width = max(map(len, paths), default=0)
    for i, (path, what) in enumerate(paths.items()):
        line = Text.assemble(("Files     " if i == 0 else " " * 10, "bold"), f"{path:{width}}  {what}")
        console.print(line, soft_wrap=True)
    if files:
        console.print()


# --- the parts


def layout(title: str, version: str | None, rows: Mapping[str, RenderableType | None]) -> RenderableType:
    """Headings on the left, what they head on the right."""
    page = Table.grid(padding=(0, 2, 0, 0), expand=True)
    page.add_column(style="bold", no_wrap=True, width=8)
    page.add_column(ratio=1)
    made_by = words(f"clearprop {shown_name(version)}" if version else "clearprop", "dim")
    page.add_row("", Group(words(title, "bold", overflow="fold"), Rule(made_by, style="dim", align="right")))
    for heading, content in rows.items():
        if content:
            page.add_row()
            page.add_row(words(heading), content)
    return page


def _name(name: object, style: str = "") -> Text:
    return words(shown_name(name), style)


def _lines(lines: Sequence[str]) -> Text:
    return Text("\n").join(map(words, lines))


def _what_was_read(summary: Mapping[str, Any]) -> list[str]:
    table, parts = summary["table"], summary["parts"]
    used = sum(part["rows"] for part in parts.values())
    lines = [
        f"{shown_name(table['name'])}: {table['rows']:,} rows, {table['columns']} columns",
        *how_read(table["read"], "en"),
    ]
    if table["without_target"]:
        lines.append(f"{table['without_target']:,} rows without a target left out")
    if used + table["without_target"] < table["rows"]:
        lines.append(f"{used + table['without_target']:,} of them drawn at random")
    split = ", ".join(f"{part['rows']:,} {name}" for name, part in parts.items())
    lines += [f"{split} rows", *summary["split"]["said"]]
    if summary["options"]["validation"] and "validation" not in parts:
        share = f"{summary['options']['validation']:g}"
        lines.append(f"no validation rows, of which {share} is less than one: nothing could end the training early")
    return lines


def _target(target: Mapping[str, Any]) -> Text:
    name = shown_name(target["name"])
    if target["task"] == "regression":
        text = (
            f", read from text such as {shown_name(repr(target['read_from_text']))}" if target["read_from_text"] else ""
        )
        spread = f"mean {target['mean']:.4g}, standard deviation {target['std']:.4g}"
        return words("; ".join([f"{name}: a number{text}, {spread}", *target["done"]]))
    classes, shares = target["classes"], target["shares"] or [None] * len(target["classes"])
    ranked = sorted(zip(classes, shares, strict=True), key=lambda pair: -(pair[1] or 0))
    shown = [
        shown_name(label) + (f" {share:.0%}" if share is not None else "") for label, share in ranked[:_MOST_CLASSES]
    ]
    more = f", … ({len(classes)} in all)" if len(classes) > _MOST_CLASSES else ""
    lines = [f"{name}: {len(classes)} classes ({', '.join(shown)}{more})"]
    return _lines(lines + ([target["decision"]["said"]] if target["decision"] else []))


def _columns(summary: Mapping[str, Any], most: int) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold", max_width=28)
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    columns = summary["columns"]
    for column in columns[:most]:
        grid.add_row(_name(column["name"]), words(column["kind"]), words(column["done"]))
    if len(columns) > most:
        kinds: dict[str, int] = {}
        for column in columns[most:]:
            kinds[column["kind"]] = kinds.get(column["kind"], 0) + 1
        rest = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
        grid.add_row(words(f"… and {len(columns) - most} more"), "", words(rest))
    aside = list(summary["set_aside"].items())
    for name, why in aside[:most]:
        grid.add_row(_name(name, "dim"), words("set aside", "yellow"), words(why))
    if len(aside) > most:
        grid.add_row(words(f"… and {len(aside) - most} more"), words("set aside", "yellow"), "")
    return grid


def _network(network: Mapping[str, Any]) -> Text:
    acts = ", ".join(network["activations"])
    return words(f"{network['layers']} ({acts}), {network['parameters']:,} parameters")


def _training(training: Mapping[str, Any]) -> str:
    best = f"; weights of epoch {training['best_epoch']}" if training["best_epoch"] else ""
    return f"{training['epochs']} epochs in {training['seconds']:.2g} s, ended by {training['stopped_by']}{best}"


def _scores(parts: Mapping[str, Any], target: Mapping[str, Any]) -> RenderableType:
    """A column per part, then the interval and the trivial answer of the last.

    What is said of a rare class is left out where none is rare, unless a threshold was chosen.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("")
    for name in parts:
        table.add_column(_name(name), justify="right", no_wrap=True, style="bold" if name == list(parts)[-1] else "")
    table.add_column("95% interval", justify="right", no_wrap=True)
    table.add_column("trivial", justify="right", no_wrap=True)
    last, is_rare = parts[list(parts)[-1]], _has_rare_class(target)
    for metric in (name for name in last["scores"] if is_rare or name not in _OF_RARE):
        low, high = last["intervals"].get(metric, (None, None))
        table.add_row(
            _name(METRICS[metric]("en") if metric in METRICS else metric),
            *(number(part["scores"].get(metric)) for part in parts.values()),
            "–" if low is None or high is None else f"{number(low)}–{number(high)}",
            number(last["baseline"][metric]),
        )
    if not is_rare or "f1" not in last["scores"]:
        return table
    of = "means over the classes" if target["positive"] is None else f"those of {shown_name(target['positive'])}"
    return Group(table, words(f"precision, recall, F1 and average precision: {of}", "dim"))


def _has_rare_class(target: Mapping[str, Any]) -> bool:
    shares = target.get("shares") or [1.0]
    return target.get("decision") is not None or min(shares) < _RARE / len(shares)


def _answers(target: Mapping[str, Any], part: Mapping[str, Any], of: str) -> RenderableType | None:
    """A confusion matrix of a few classes, of more the most frequent mistakes."""
    if target["task"] == "regression":
        return None
    classes = target["classes"]
    if len(classes) <= _MOST_CLASSES:
        return _confusion(classes, part["confusion"], of)
    lines = [
        f"{shown_name(classes[i])} taken for {shown_name(classes[j])}: {n} time{'s' * (n > 1)}"
        for i, j, n in part["mistakes"][:_MOST_MISTAKES]
    ]
    return _lines([f"{part['wrong']:,} of the {of} are taken for another class", *lines])


def _confusion(classes: Sequence[Any], counts: Sequence[Sequence[int]], of: str) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
    table.add_column(words(f"{shown_name(of)}: is ↓, answered →"), overflow="fold", max_width=32)
    for label in classes:
        table.add_column(_name(label), justify="right", overflow="fold", max_width=14)
    for i, (label, row) in enumerate(zip(classes, counts, strict=True)):
        cells = [words(f"{n:,}", "bold" if i == j else "" if n else "dim") for j, n in enumerate(row)]
        table.add_row(_name(label), *cells)
    return table
