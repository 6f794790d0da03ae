"""The network itself, three ways; and one sample all the way through it, forward and backward."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np

from clearprop.estimators.row import Row
from clearprop.execute import Reference
from clearprop.explain import Trace
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.representations import Representations
from clearprop.graph import simplify
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import lead, section, text
from clearprop.present.writers import html_of
from clearprop.report.evidence import Evidence

_NETWORK = Phrase("The network, three ways", "网络的三种表示")
_CIRCLES = Phrase(
    "Neurons as circles, weights as lines: the thicker, the larger within its layer. The activations are those of "
    "{n} rows.",
    "圆表示神经元，线表示权重：线越粗，在本层中越大。激活值取自 {n} 行数据。",
)
_OPENED = Phrase("As sums, and as matrices", "写成求和式，写成矩阵")
_SAMPLE = Phrase("One sample, forward and backward", "一个样本的前向传播与反向传播")
_FIRST = Phrase(
    "A row of the {part} part. Every number can be recomputed by hand from the numbers beside it; "
    "“clearprop explain” shows any other row, and any single element.",
    "{part}中的一行。每个数字都可以用旁边的数字手算验证；用 “clearprop explain” 可以查看其他行和任意一个元素。",
)
_PARTS = {
    "train": Phrase("training", "训练集"),
    "validation": Phrase("validation", "验证集"),
    "test": Phrase("test", "测试集"),
}
_WHOLE = Phrase("All steps", "全部步骤")
_MOST_TRIED = 200  # samples that are looked through for an ordinary one


def network(evidence: Evidence, lang: Language) -> str:
    """Circles at once; sums and matrices behind a click."""
    trace = _trace(evidence)
    others = html_of(replace(Representations(trace.sample(0), lang).document, title=""), lang, level=2)
    return section(
        "network",
        _NETWORK(lang),
        lead(_CIRCLES(lang, n=trace.samples)),
        f"<figure>{draw_circles(trace, lang).svg}</figure>",
        f"<details><summary>{_OPENED(lang)}</summary>{others}</details>",
    )


def _trace(evidence: Evidence) -> Trace:
    judged = evidence.judged
    return evidence.model.network.trace(judged.X, judged.y)


def sample(evidence: Evidence, lang: Language) -> str:
    """The sample whose loss is nearest to the middle: neither an easy one nor a hard one."""
    judged = evidence.judged
    at = _ordinary(evidence)
    shown = Row(evidence.model, judged.frame[at : at + 1].to_native(), "", at + 1, lang)
    steps = html_of(replace(shown.trace.explain(lang).document, title=""), lang, level=2)
    return section(
        "sample",
        _SAMPLE(lang),
        lead(_FIRST(lang, part=_PARTS[judged.part](lang))),
        f"<p>{text(shown.answer, 500)}</p>",
        shown.inputs_table(),
        f"<details><summary>{_WHOLE(lang)}</summary>{steps}</details>",
    )


def _ordinary(evidence: Evidence) -> int:
    judged, network = evidence.judged, evidence.model.network
    rows = (network.trace(judged.X[i], judged.y[i : i + 1]) for i in range(min(len(judged), _MOST_TRIED)))
    first = next(rows)
    program = Reference().load(simplify(first.layer_graph))  # made once: a row's loss is then a forward pass
    given = (trace.inputs() for trace in chain([first], rows))
    losses = [program.run({name: values[name] for name in program.plan.inputs}, 1)["L"] for values in given]
    return int(np.argsort(losses, kind="stable")[len(losses) // 2])
