"""The network itself, three ways; and one sample all the way through it, forward and backward."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np

from clearprop.estimators.row import RowExplanation
from clearprop.execute import Reference
from clearprop.explain import Trace
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.representations import Representations
from clearprop.graph import simplify
from clearprop.messages import Language, Message, say
from clearprop.present.html import lead, section, text
from clearprop.present.writers import html_of
from clearprop.report.evidence import Evidence

_PARTS = {
    "train": Message("report.network.parts.train"),
    "validation": Message("report.network.parts.validation"),
    "test": Message("report.network.parts.test"),
}
_MOST_TRIED = 200  # samples that are looked through for an ordinary one


def network(evidence: Evidence, lang: Language) -> str:
    """Circles at once; sums and matrices behind a click."""
    trace = _trace(evidence)
    others = html_of(replace(Representations(trace.sample(0), lang).document, title=""), lang, level=2)
    return section(
        "network",
        say("report.network.network", lang),
        lead(say("report.network.circles", lang, n=trace.samples)),
        f"<figure>{draw_circles(trace, lang).svg}</figure>",
        f"<details><summary>{say('report.network.opened', lang)}</summary>{others}</details>",
    )


def _trace(evidence: Evidence) -> Trace:
    judged = evidence.judged
    return evidence.model.network.trace(judged.X, judged.y)


def sample(evidence: Evidence, lang: Language) -> str:
    """The sample whose loss is nearest to the middle: neither an easy one nor a hard one."""
    judged = evidence.judged
    at = _ordinary(evidence)
    shown = RowExplanation(evidence.model, judged.frame[at : at + 1].to_native(), "", lang)
    steps = html_of(replace(shown.derivation.document, title=""), lang, level=2)
    return section(
        "sample",
        say("report.network.sample", lang),
        lead(say("report.network.first", lang, part=_PARTS[judged.part](lang))),
        f"<p>{text(shown.answer, 500)}</p>",
        shown.inputs_table(),
        f"<details><summary>{say('report.network.whole', lang)}</summary>{steps}</details>",
    )


def _ordinary(evidence: Evidence) -> int:
    judged, network = evidence.judged, evidence.model.network
    rows = (network.trace(judged.X[i], judged.y[i : i + 1]) for i in range(min(len(judged), _MOST_TRIED)))
    first = next(rows)
    program = Reference().load(simplify(first.layer_graph))  # made once: a row's loss is then a forward pass
    given = (trace.inputs() for trace in chain([first], rows))
    losses = [program.run({name: values[name] for name in program.plan.inputs}, 1)["L"] for values in given]
    return int(np.argsort(losses, kind="stable")[len(losses) // 2])
