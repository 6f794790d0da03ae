"""Which inputs matter: to the score, column by column, and to single answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators import class_probabilities
from clearprop.estimators.about import HELD_OUT, remembers
from clearprop.estimators.answered import value_text
from clearprop.estimators.verdict import PARTS
from clearprop.explain.importance import PermutationImportance
from clearprop.messages import Message
from clearprop.present.document import Bar, Block, Cell, Column, Paragraph, Section, Table
from clearprop.report.evidence import Evidence, PartSample
from clearprop.report.summary import METRICS, quantity, score_text
from clearprop.table.target import ClassTarget
from clearprop.visible import shown_name

Array = NDArray[Any]
_MOST_PARTS, _LONGEST = 8, 32
_CASES = "answered_best", "in_the_middle", "answered_worst"


def inputs(evidence: Evidence) -> Section:
    """Permutation importance of every column, and gradient × input of three samples."""
    blocks = (
        Section(Message("report.inputs.shuffled"), tuple(_columns(evidence))),
        Section(Message("report.inputs.single"), tuple(_samples(evidence, evidence.contributions))),
    )
    return Section(Message("report.inputs.title"), blocks, "inputs")


# --- permutation importance


def _columns(evidence: Evidence) -> Iterator[Block]:
    sample, every = evidence.judged, len(evidence.model.encoder.columns)
    found, name, part = evidence.importance, METRICS[evidence.metric], PARTS[sample.part]
    if found is None:
        yield Paragraph.of(Message("report.inputs.too_few", part=part), kind="lead")
        return
    measured = {"rows": f"{len(sample):,}", "part": part, "metric": name, "score": score_text(found.score)}
    notes = [Message("report.inputs.method", **measured, repeats=found.importances.shape[1])]
    if sample.part == HELD_OUT and remembers(evidence.model.about):
        notes.append(Message("report.inputs.networks_alone"))
    if len(found.names) < every:
        notes.append(Message("report.inputs.some", of=every, n=len(found.names)))
    yield Paragraph.of(Message("report.inputs.permutation", metric=name), kind="lead")
    yield _ranking(found, name)
    yield Paragraph(tuple(notes), "note")


def _ranking(found: PermutationImportance, metric: Message) -> Table:
    ranked = found.ranked()
    low = min(0.0, *(mean - std for _, mean, std in ranked))
    reach = (max(0.0, *(mean + std for _, mean, std in ranked)) - low) or 1.0

    def at(value: float) -> float:
        return (value - low) / reach

    def bar(mean: float, std: float) -> Bar:
        return Bar(at(0), at(mean), "blue" if mean > 0 else "grey", (at(mean - std), at(mean + std)))

    falls = Message("report.inputs.falls_by", metric=metric)
    rows = ((shown_name(name), bar(mean, std), f"{score_text(mean)} ± {score_text(std)}") for name, mean, std in ranked)
    columns = (Column(Message("report.inputs.column")), Column(), Column(falls, numbers=True))
    return Table(columns, tuple(rows), "bars")


# --- gradient × input


def _samples(evidence: Evidence, parts: Array) -> Iterator[Block]:
    order = np.argsort(_badness(evidence, evidence.judged), kind="stable")
    rows = dict.fromkeys([int(order[0]), int(order[len(order) // 2]), int(order[-1])])
    reach = float(np.abs(parts[list(rows)]).max()) or 1.0
    cases = zip(rows, _CASES if len(rows) == len(_CASES) else (_CASES[0], _CASES[-1]), strict=False)
    cards = (
        Section(Message(f"report.inputs.cases.{case}"), tuple(_card(evidence, row, parts[row], reach)), kind="card")
        for row, case in cases
    )
    of = "members" if evidence.classes and len(evidence.model.members) > 1 else evidence.kind
    yield Paragraph.of(Message(f"report.inputs.gradient.{of}"), kind="lead")
    yield Section("", tuple(cards), kind="cards")
    network = evidence.summary["network"]
    cut = [Message("report.inputs.pieces")] if network["encoded"] != network["inputs"] else []
    yield Paragraph((Message("report.inputs.local"), *cut), "note")


def _badness(evidence: Evidence, sample: PartSample) -> Array:
    """How bad each answer is, (N,): the probability it denies the truth, or its distance from it."""
    if evidence.classes is None:
        return np.asarray(np.abs(sample.y - sample.a[:, 0]))
    return np.asarray(1 - class_probabilities(sample.a)[np.arange(len(sample)), sample.y])


def _card(evidence: Evidence, row: int, parts: Array, reach: float) -> Iterator[Block]:
    """One sample: what it is, what was answered, and its columns with the largest parts first."""
    order = np.argsort(-np.abs(parts), kind="stable")
    shown, rest = order[:_MOST_PARTS], len(order) - len(order[:_MOST_PARTS])
    names = [column.name for column in evidence.model.encoder.columns]
    frame = evidence.judged.frame
    rows: list[tuple[Cell, ...]] = [
        (
            shown_name(names[j], _LONGEST),
            value_text(frame[names[j]][row]),
            Bar(0.5, 0.5 + parts[j] / reach / 2, "blue" if parts[j] > 0 else "orange"),
            _signed(float(parts[j]), evidence.classes is not None),
        )
        for j in shown
    ]
    yield Paragraph.of(_answer(evidence, row), kind="soft")
    yield Table((Column(), Column(kind="soft"), Column(), Column(numbers=True)), tuple(rows), "parts")
    if rest:
        yield Paragraph.of(Message("report.inputs.rest", n=rest), kind="note")


def _signed(part: float, is_logit: bool) -> str:
    shown = f"{abs(part):.2f}" if is_logit else quantity(abs(part))
    return f"{'+' if part > 0 else '−' if part < 0 else ''}{shown}"


def _answer(evidence: Evidence, row: int) -> Message:
    sample, target = evidence.judged, evidence.model.target
    y, a = sample.y[row : row + 1], sample.a[row : row + 1]
    if not isinstance(target, ClassTarget):
        both = target.decode(y)[0], target.predictions(a[:, 0])[0]
        truth, answered = (quantity(float(x)) if target.dates is None else str(target.as_date(x)) for x in both)
        return Message("report.inputs.off", truth=truth, answer=answered)
    p = class_probabilities(a)[0]
    code = int(target.decide(p[None])[0])
    values = {"truth": shown_name(target.classes[int(y[0])]), "p": score_text(float(p[y[0]]))}
    if code == y[0]:
        return Message("report.inputs.right", **values)
    return Message("report.inputs.wrong", answer=shown_name(target.classes[code]), **values)
