"""How the recipe of a model was searched: what was tried, what was chosen, and what its score is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clearprop.estimators.trials import CLEAR, Trial, ranked
from clearprop.messages import Message, Words
from clearprop.present.document import Block, Cell, Column, Paragraph, Section, Table
from clearprop.report.summary import METRICS, score_text

_MOST = 10  # trials that are shown


def as_options(changed: Mapping[str, Any]) -> str:
    """Fields of a recipe as the options of `clearprop train`, to be given again.

    Example:
        >>> as_options({"hidden": [256, 64], "learning_rate": 0.003, "pieces": None})
        '--hidden 256,64 --learning-rate 0.003 --pieces auto'
    """
    return " ".join(f"--{name.replace('_', '-')} {_value(value)}" for name, value in changed.items())


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "''"
    return "auto" if value is None else str(value)


def search_in_words(found: Mapping[str, Any] | None) -> Iterator[Message]:
    """How many recipes were tried, and what the chosen one changes; nothing of a model without a search."""
    if found is None:
        return
    trials = [Trial.from_dict(one) for one in found["trials"]]
    chosen, best = trials[found["chosen"] - 1], ranked(trials, found["by"])[0]
    complete = sum(trial.ended == "complete" for trial in trials)
    ended = [] if found["stopped_by"] == "trials" else [Message(f"overview.search.{found['stopped_by']}")]
    yield Message("list.together", parts=[Message("overview.search.tried", n=len(trials), complete=complete), *ended])
    score = {"metric": METRICS[found["by"]], "score": score_text(chosen.score)}
    if chosen.changed:
        first = score_text(trials[0].score)
        yield Message("overview.search.chosen", **score, options=as_options(chosen.changed), first=first)
    elif best.lead is not None:
        yield Message("overview.search.stays", **score, best=score_text(best.score), lead=best.lead, clear=CLEAR)
    else:
        yield Message("overview.search.kept", **score)


def search_note(found: Mapping[str, Any] | None, parts: Mapping[str, Any]) -> list[Message]:
    """What the scores of the rows that chose are worth; nothing of a model without a search.

    Args:
        found: the search, as the model remembers it.
        parts: the parts that have scores, by the names that people read.
    """
    judged = [name for name in parts if name in ("validation", "held_out")]
    if found is None or not judged:
        return []
    key = "overview.search.tested" if "test" in parts else "overview.search.untested"
    return [Message(key, part=Message(f"overview.part.{judged[0]}"), n=len(found["trials"]))]


def search_section(found: Mapping[str, Any] | None) -> list[Block]:
    """The same with the best trials in a table, for the report."""
    if found is None:
        return []
    rows: list[tuple[Cell, ...]] = []
    for trial in _best(found):
        kind = "strong" if trial.number == found["chosen"] else ""
        shown: Words = as_options(trial.changed) or Message("report.search.first_recipe")
        score: Words = Message("report.search.early") if trial.ended == "early" else score_text(trial.score)
        cells: tuple[Words, ...] = str(trial.number), shown, score_text(trial.first), score
        rows.append(tuple(Paragraph.of(cell, kind=kind) for cell in cells))  # type: ignore[arg-type]
    metric = METRICS[found["by"]]
    head = (
        Column(Message("report.search.trial"), True),
        Column(Message("report.search.changes")),
        Column(Message("report.search.after", metric=metric), True),
        Column(Message("report.search.score", metric=metric), True),
    )
    lead = (Message("report.data.sentence", words=words) for words in search_in_words(found))
    blocks: list[Block] = [Paragraph(tuple(lead), "lead"), Table(head, tuple(rows))]
    hidden = len(found["trials"]) - len(rows)
    if hidden:
        blocks.append(Paragraph.of(Message("report.search.more", n=hidden), kind="note"))
    return [Section(Message("report.search.title"), tuple(blocks))]


def _best(found: Mapping[str, Any]) -> list[Trial]:
    """The trials to show: the complete ones, the best first, and then those that ended early."""
    trials = [Trial.from_dict(one) for one in found["trials"]]
    complete = ranked(trials, found["by"])
    return [*complete, *(trial for trial in trials if trial.ended == "early")][:_MOST]
