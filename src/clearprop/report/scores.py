"""The scores of all parts side by side, and the way to them: loss by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from clearprop.estimators import TableFit
from clearprop.estimators.about import ending_facts, named_parts, remembers
from clearprop.estimators.importance import LOWER_IS_BETTER
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message, Words, has_words
from clearprop.present.document import Block, Cell, Column, Figure, Paragraph, Section, Table
from clearprop.present.figure import Axis, Dots, Line, Plot, Role, Rule
from clearprop.present.figure.plot import Drawn
from clearprop.report.ends import of_members
from clearprop.report.evidence import Evidence
from clearprop.report.search import search_note, search_section
from clearprop.report.summary import METRICS, score_text
from clearprop.train import History
from clearprop.visible import shown_name


def scores_section(evidence: Evidence) -> Section:
    """All scores, and how many rows they are of."""
    parts = named_parts({name: part.to_dict() for name, part in evidence.fit.parts.items()}, evidence.fit.folds)
    last = list(parts)[-1]
    table = table_of_scores(parts, parts[last]["scores"], with_arrows=True)
    counts: tuple[Cell, ...]
    counts = (Message("report.scores.rows"), *(f"{part['rows']:,}" for part in parts.values()), "", "")
    search = evidence.summary["search"]
    notes = (*_notes(evidence, last), *(_sentence(words) for words in search_note(search, parts)))
    blocks = (
        Paragraph.of(Message("report.scores.side_by_side"), kind="lead"),
        Table(table.columns, (counts, *table.rows), table.kind),
        Paragraph(notes, "note"),
        *search_section(search),
    )
    return Section(Message("report.scores.scores"), blocks, "scores")


def _notes(evidence: Evidence, last: str) -> Iterator[Message]:
    yield Message("report.scores.less", part=PARTS[last])
    remembered = remembers(evidence.model.about)
    if evidence.fit.folds:
        yield _sentence(held_out_note(remembered))
    if remembered:
        yield _sentence(Message("overview.remembered"))


def held_out_note(remembered: bool) -> Message:
    """Who answered the rows that were held out in turn."""
    return Message("overview.held_out_by_both" if remembered else "overview.held_out")


def _sentence(words: Message) -> Message:
    return Message("report.data.sentence", words=words)


def _part(name: str) -> Words:
    """A part of the rows in words; a model file may name others."""
    return Message(f"overview.part.{name}") if has_words(f"overview.part.{name}") else shown_name(name)


def table_of_scores(parts: Mapping[str, Mapping[str, Any]], metrics: Iterable[str], with_arrows: bool = False) -> Table:
    """A column per part, then the interval and the baseline of the last.

    Args:
        parts: part → its evaluation as plain data.
        metrics: which scores.
        with_arrows: whether ↓ marks those of which less is better.
    """
    final = list(parts)[-1]
    last = parts[final]
    columns = [Column()]
    columns += [Column(_part(p), True, "strong" if p == final else "") for p in parts]
    columns += [Column(Message("overview.interval"), True), Column(Message("overview.baseline"), True)]
    rows: list[tuple[Cell, ...]] = []
    for metric in metrics:
        low, high = last["intervals"].get(metric, (None, None))
        interval = "–" if low is None or high is None else f"{score_text(low)}–{score_text(high)}"
        name: Words = METRICS.get(metric, metric)
        if with_arrows and metric in LOWER_IS_BETTER:
            name = Message("report.scores.lower", metric=name)
        values = [score_text(part["scores"].get(metric)) for part in parts.values()]
        rows.append((name, *values, interval, score_text(last["baseline"][metric])))
    return Table(tuple(columns), tuple(rows), "scores")


_CURVES: tuple[tuple[str, str, Role], ...] = (("train", "loss", "blue"), ("validation", "validation_loss", "orange"))


def curves(evidence: Evidence) -> Section:
    """Loss by epoch on training and validation rows, and how the training ended."""
    history = evidence.fit.history
    blocks: tuple[Block, ...]
    if history.epochs:
        lead = Paragraph.of(Message("report.scores.what"), *_ended(evidence.fit), kind="lead")
        blocks = (lead, Figure(learning_curves(history, width=280, others=evidence.fit.others)))
    else:
        blocks = (Paragraph.of(Message("report.scores.no_epoch"), kind="lead"),)
    return Section(Message("report.scores.curves"), blocks, "curves")


def _ended(fit: TableFit) -> Iterator[Message]:
    """How many epochs there were, what ended them, and which weights were kept."""
    history = fit.history
    if fit.others:
        values = of_members([ending_facts(one) for one in fit.histories])
        yield Message.of("report.scores.members", {**values, "n": len(fit.histories)})
        share = fit.model.about.get("overrun", {}).get("share", 0)
        if values["best"] and share:
            yield Message("report.scores.went_on", best=values["best"], share=share)
        elif values["best"]:
            yield Message("report.scores.kept_of", best=values["best"])
        return
    yield Message(f"report.scores.ended.{history.stopped_by.replace(' ', '_')}", epochs=history.epochs)
    if history.best_epoch:
        yield Message("report.scores.kept", best=history.best_epoch)


def learning_curves(history: History, heading: Words = "", width: float = 480, others: Sequence[History] = ()) -> Plot:
    """Loss by epoch on training and validation rows, and which epoch was best: its weights were kept, but for members.

    Args:
        history: of the training.
        heading: what stands above it, instead of what the y axis is.
        width: of the part between the axes, in pixels.
        others: of other members, in thin lines.
    """
    drawn = [(part, history[name], colour) for part, name, colour in _CURVES if name in history.columns]
    thin = [(one[name], colour) for one in others for _, name, colour in _CURVES if name in one.columns]
    every = [value for values in [v for _, v, _ in drawn] + [v for v, _ in thin] for value in values if isfinite(value)]
    is_log = bool(every) and min(every) > 0 and max(every) > 20 * min(every)
    epochs = list(range(1, history.epochs + 1))
    marks: list[Drawn] = [Line(epochs, values, colour, PARTS[part]) for part, values, colour in drawn]
    marks += [Line(list(range(1, len(values) + 1)), values, colour, width=0.6) for values, colour in thin]
    most = max(one.epochs for one in (history, *others))
    if history.best_epoch:
        best = history.best_epoch
        label = Message("report.scores.least" if others else "report.scores.best", best=best)  # members may go on
        marks.append(Rule(x=best, label=label))
        marks.append(Dots([best], [history["validation_loss"][best - 1]], "orange"))
    elif history.epochs == 1:
        marks += [Dots([1], values, colour) for _, values, colour in drawn]
    x = Axis(1, most, whole=True) if most > 1 else Axis(0, 2, whole=True)
    titles = Message("report.scores.epoch"), heading or Message("report.scores.loss")
    return Plot(_says(history), x, Axis.of(every, is_log).padded(), tuple(marks), titles, width, 0.6 * width)


def _says(history: History) -> Message:
    if not history.epochs:
        return Message("report.scores.no_epoch")
    first, last = (score_text(history["loss"][i]) for i in (0, -1))
    return Message("report.scores.says", first=first, last=last, epochs=history.epochs)
