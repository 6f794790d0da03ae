"""`diagnose` makes every examination; a `Diagnosis` tells all that was found, in any language, and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import UnknownNameError
from clearprop.explain.doctor import data, fit, layers, limit, rate
from clearprop.explain.doctor.finding import ILLNESSES, Examination, Finding
from clearprop.explain.doctor.judgement import Judgement
from clearprop.explain.doctor.patient import Diagnosable, Patient
from clearprop.explain.members import one_of
from clearprop.messages import Language, Message, checked_language
from clearprop.present.document import Block, Column, Document, Figure, Paragraph, Section, Table
from clearprop.present.page import fragment
from clearprop.present.writers import document_style, html_of, text_of
from clearprop.train import History
from clearprop.visible import visible

_WIDTH = 100  # columns of the printed text


def diagnose(
    net: Diagnosable,
    X: ArrayLike,
    y: ArrayLike,
    history: History | None = None,
    *,
    validation: tuple[Any, Any] | None = None,
    optimizer: Any = None,
    batch_size: int = 32,
    sample_weight: ArrayLike | None = None,
    judgement: Judgement | None = None,
    member: int | None = None,
    lang: str = "en",
) -> Diagnosis:
    """Look for what ails a network or its training, and say which argument to change, and to what.

    Looked for are inputs and targets that are not standardised, equal units, layers that collapse into one, a bad
    initial loss, dead and saturated units, vanishing and exploding gradients, a learning rate that does not suit,
    rows that no line divides, under- and overfitting, and answers that are no better than chance. The limits stand
    beside what was measured. The network is not changed.

    Args:
        net: the network, trained or not.
        X, y: the rows it was trained on, as for `net.fit`.
        history: what `net.fit` returned; without it the losses are not looked at.
        validation: (X, y) that it was not trained on, for overfitting.
        sample_weight: (N,) numbers ≥ 0, as given to `net.fit`, times the weights of the classes.
        judgement: what scores say that are known already: then it is not judged by `validation`.
        optimizer, batch_size: as given to `net.fit`; by default the optimizer of its last fit.
        member: of a network that ends in the mean of several, which is examined, counted from 0; by default the first.
        lang: "en" or "zh", for what is printed.

    Returns:
        The findings, and everything that was examined. It is empty, and so false, where all is well.

    Raises:
        ClearpropError: if the data does not fit the network, or the network has no loss.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = X[:, 0] * X[:, 1] > 0
        >>> net = cp.Network(2, [cp.Dense(8, "tanh", init="zeros"), cp.Dense(1, "sigmoid", init="zeros")],
        ...                  "binary_cross_entropy")
        >>> [finding.illness for finding in cp.diagnose(net, X, y)][0]
        'symmetry'
        >>> cp.diagnose(net, X, y)["symmetry"].change
        {'init': 'glorot'}
    """
    spoken = checked_language(lang)
    chosen = getattr(net, "optimizer", None) if optimizer is None else optimizer
    net, which = one_of(net, member)
    patient = Patient(net, X, y, history, validation, chosen, batch_size, sample_weight, judgement)
    with np.errstate(all="ignore"):  # what has grown beyond all bounds is a finding
        examined = [  # what causes others comes first
            data.examine_inputs(patient),
            data.examine_targets(patient),
            layers.examine_symmetry(patient),
            layers.examine_linear_collapse(patient),
            data.examine_initial_loss(patient),
            layers.examine_death(patient),
            layers.examine_saturation(patient),
            *layers.examine_gradients(patient),
        ]
        examined += rate.examine_learning_rate(patient, {e.illness for e in examined if e.finding is not None})
        causes = [e.finding for e in examined if e.finding is not None]
        examined.append(limit.examine_linear_limit(patient, bool(causes)))
        scores = fit.judgement_of(patient)
        examined += [fit.examine_underfitting(patient, causes), fit.examine_overfitting(patient, scores)]
        return Diagnosis((*examined, fit.examine_chance(patient, scores)), spoken, which)


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What `diagnose` returns: the findings, and everything that was examined.

    It is iterated over, counted and asked for truth like a list of findings: a healthy network has none.

    Attributes:
        examined: everything that was looked at, with the measured values.
        lang: the language in which it is printed.
        member: which of how many members was examined, from 1, where several answer with their mean.
    """

    examined: tuple[Examination, ...]
    lang: Language = "en"
    member: tuple[int, int] | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found; what causes others comes first."""
        return tuple(e.finding for e in self.examined if e.finding is not None)

    @property
    def healthy(self) -> tuple[Examination, ...]:
        """What was measured without a finding."""
        return tuple(e for e in self.examined if e.done and e.finding is None)

    @property
    def skipped(self) -> tuple[Examination, ...]:
        """What could not be measured, each with the reason."""
        return tuple(e for e in self.examined if not e.done)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, illness: str) -> Finding:
        for finding in self.findings:
            if finding.illness == illness:
                return finding
        there = "one of: " + ", ".join(finding.illness for finding in self) if self else "none: nothing was found"
        raise UnknownNameError(f"no finding {illness!r} in this diagnosis", there)

    def __contains__(self, illness: object) -> bool:
        return any(finding.illness == illness for finding in self.findings)

    @property
    def document(self) -> Document:
        """Each finding with its evidence and advice, then what was healthy, and what could not be examined."""
        return self._document(with_pictures=True)

    def _document(self, with_pictures: bool) -> Document:
        blocks: list[Block] = [Paragraph.of(self.said, kind="strong")]
        if self.member is not None:
            blocks.append(Paragraph.of(Message("doctor.member", k=self.member[0], n=self.member[1])))
        blocks += [_section(number, finding, with_pictures) for number, finding in enumerate(self, 1)]
        for heading, some in (("doctor.healthy", self.healthy), ("doctor.skipped", self.skipped)):
            if some:
                blocks += [Paragraph.of(Message(heading)), table_of(some)]
        return Document("", tuple(blocks))

    @property
    def said(self) -> Message:
        """How many findings there are, as a message."""
        return Message("doctor.findings", n=len(self)) if self else Message("doctor.healthy_network")

    def summary(self, lang: str | None = None) -> str:
        """How many findings there are, in one line."""
        return self.said(checked_language(lang or self.lang))

    def explain(self, lang: str | None = None) -> str:
        """Everything in words, without the pictures.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        return text_of(self._document(with_pictures=False), checked_language(lang or self.lang), _WIDTH).rstrip("\n")

    def __repr__(self) -> str:
        return self.explain()

    def to_html(self, lang: str | None = None) -> str:
        """As a piece of HTML, with the pictures.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        body = html_of(self.document, checked_language(lang or self.lang), level=2)
        return visible(f'<div class="diagnosis">{body}</div>', keep="\n\t")

    def _repr_html_(self) -> str:
        return fragment(self.to_html(), document_style)

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """As plain data, for JSON: the words in one language, and the same as messages."""
        spoken = checked_language(lang or self.lang)
        return {
            "findings": [finding.to_dict(spoken) for finding in self],
            "examined": [one.to_dict(spoken) for one in self.examined],
        }


def _section(number: int, finding: Finding, with_picture: bool) -> Section:
    severity = Message(f"doctor.severity.{finding.severity}")
    title = Message("doctor.finding", number=number, title=finding.title, severity=severity)
    labelled = [
        Message("doctor.labelled", label=Message(f"doctor.labels.{name}"), text=text)
        for name, text in (("measured", finding.measured), ("why", finding.why), ("advice", finding.advice))
    ]
    blocks: list[Block] = [*map(Paragraph.of, labelled)]
    if with_picture and finding.plot is not None:
        blocks.append(Figure(finding.plot, finding.caption))
    return Section(title, tuple(blocks), finding.illness, f"finding {finding.severity}")


def table_of(some: tuple[Examination, ...]) -> Table:
    """What was looked for, and what was measured."""
    rows = tuple((ILLNESSES[one.illness], one.measured) for one in some)
    return Table((Column(), Column(kind="soft")), rows, "words")
