"""The network itself, three ways; and one sample all the way through it, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from clearprop.estimators.row import RowExplanation
from clearprop.execute import Reference
from clearprop.explain import Trace
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.representations import Representations
from clearprop.graph import simplify
from clearprop.messages import Language, Message
from clearprop.present.document import Figure, Fold, Paragraph, Section
from clearprop.present.figure import Picture
from clearprop.report.evidence import Evidence
from clearprop.report.overview import ended_and_calibrated, network_in_words

_MOST_TRIED = 200  # samples that are looked through for an ordinary one


@dataclass(frozen=True)
class _Circles:
    trace: Trace

    def picture(self, lang: Language) -> Picture:
        return draw_circles(self.trace, lang)


def network(evidence: Evidence) -> Section:
    """Circles at once; sums and matrices behind a click."""
    judged, members = evidence.judged, evidence.model.members
    trace = members[0].trace(judged.X, judged.y)
    of = [Message("report.network.member", n=len(members))] if len(members) > 1 else []
    words = [*network_in_words(evidence.summary), *ended_and_calibrated(evidence.summary)]
    made = [Message("report.data.sentence", words=each) for each in words]
    blocks = (
        Paragraph(tuple(made)),
        Paragraph((Message("report.network.circles", n=trace.samples), *of), "lead"),
        Figure(_Circles(trace)),
        Fold(Message("report.network.opened"), Representations(trace.sample(0)).document.blocks),
    )
    return Section(Message("report.network.network"), blocks, "network")


def sample(evidence: Evidence) -> Section:
    """The sample whose loss is nearest to the middle: neither an easy one nor a hard one."""
    judged = evidence.judged
    at = _ordinary(evidence)
    shown = RowExplanation(evidence.model, judged.frame[at : at + 1].to_native(), "")
    part = Message(f"report.network.parts.{judged.part}")
    blocks = (
        Paragraph.of(Message("report.network.first", part=part), kind="lead"),
        Paragraph(shown.said),
        shown.inputs,
        Fold(Message("report.network.whole"), shown.derivation.document.blocks),
    )
    return Section(Message("report.network.sample"), blocks, "sample")


def _ordinary(evidence: Evidence) -> int:
    judged, network = evidence.judged, evidence.model.members[0]
    rows = (network.trace(judged.X[i], judged.y[i : i + 1]) for i in range(min(len(judged), _MOST_TRIED)))
    first = next(rows)
    program = Reference().load(simplify(first.layer_graph))  # made once: a row's loss is then a forward pass
    given = (trace.inputs() for trace in chain([first], rows))
    losses = [program.run({name: values[name] for name in program.plan.inputs}, 1)["L"] for values in given]
    return int(np.argsort(losses, kind="stable")[len(losses) // 2])
