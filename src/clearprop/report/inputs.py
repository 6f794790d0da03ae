"""Which inputs matter: to the score, column by column, and to single answers."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators import class_probabilities, scores_of
from clearprop.estimators.importance import by_column, default_metric, feature_groups
from clearprop.estimators.verdict import PARTS
from clearprop.explain.importance import PermutationImportance, gradient_times_input, permutation_importance
from clearprop.messages import Language, Message, say
from clearprop.present.html import bar, lead, note, section, sentences, table, text
from clearprop.report.evidence import Evidence, Sample
from clearprop.report.summary import METRICS, number, quantity
from clearprop.table import ClassTarget

Array = NDArray[Any]
_MOST_COLUMNS, _REPEATS, _MOST_PARTS = 50, 5, 8
_MOSTLY_ONE_CLASS = 0.9


_GRADIENT = {
    True: Message("report.inputs.gradient.true"),
    False: Message("report.inputs.gradient.false"),
}
_CASES = (
    Message("report.inputs.cases.answered_best"),
    Message("report.inputs.cases.in_the_middle"),
    Message("report.inputs.cases.answered_worst"),
)


def inputs(evidence: Evidence, lang: Language) -> str:
    """Permutation importance of every column, and gradient × input of three samples."""
    parts = _parts(evidence)
    return section(
        "inputs", say("report.inputs.title", lang), *_columns(evidence, parts, lang), *_samples(evidence, parts, lang)
    )


def _parts(evidence: Evidence) -> Array:
    """Gradient × input of the judged rows by column, (N, columns); of numbers in the target's unit."""
    model = evidence.model
    parts = gradient_times_input(model.network.architecture, model.network.arrays(), evidence.judged.X)
    if not isinstance(model.target, ClassTarget):
        parts = parts * model.target.slope(evidence.judged.a[:, 0])[:, None]
    return by_column(model.encoder, parts)


# --- permutation importance


def _importance(evidence: Evidence, metric: str, parts: Array) -> PermutationImportance | None:
    """Of the columns, or of the fifty with the largest mean |gradient × input|; None where there is no score."""
    model, sample = evidence.model, evidence.judged

    def score(X: Array) -> float:
        return scores_of(model.target, sample.y, model.network.predict(X))[metric]

    if len(sample) < 2 or not isfinite(score(sample.X)):
        return None
    groups = list(feature_groups(model.encoder).items())
    largest = np.sort(np.argsort(-np.abs(parts).mean(axis=0), kind="stable")[:_MOST_COLUMNS])
    chosen = dict(groups[i] for i in largest)
    return permutation_importance(score, sample.X, chosen, n_repeats=_REPEATS, seed=model.about["seed"])


def _metric(evidence: Evidence) -> str:
    """Accuracy or R²; where nearly all rows are of one class accuracy hardly moves, and the ROC curve's area does."""
    trivial, there = evidence.fit.last.baseline.get("accuracy", 0.0), evidence.fit.last.to_dict()["scores"]
    blunt = trivial >= _MOSTLY_ONE_CLASS and there.get("auc") is not None
    return "auc" if blunt else default_metric(evidence.model)


def _columns(evidence: Evidence, parts: Array, lang: Language) -> list[str]:
    sample, metric, every = evidence.judged, _metric(evidence), len(evidence.model.encoder.columns)
    heading, part, name = (
        f"<h3>{say('report.inputs.shuffled', lang)}</h3>",
        PARTS[sample.part](lang),
        METRICS[metric](lang),
    )
    found = _importance(evidence, metric, parts)
    if found is None:
        return [heading, lead(say("report.inputs.too_few", lang, part=part))]
    measured = {"rows": f"{len(sample):,}", "part": part, "metric": name, "score": number(found.score)}
    method = say("report.inputs.method", lang, **measured, repeats=_REPEATS)
    some = say("report.inputs.some", lang, of=every, n=len(found.names)) if len(found.names) < every else ""
    return [
        heading,
        lead(say("report.inputs.permutation", lang, metric=name)),
        _ranking(found, name, lang),
        note(sentences([method, some], lang)),
    ]


def _ranking(found: PermutationImportance, metric: str, lang: Language) -> str:
    ranked = found.ranked()
    low = min(0.0, *(mean - std for _, mean, std in ranked))
    reach = (max(0.0, *(mean + std for _, mean, std in ranked)) - low) or 1.0

    def at(value: float) -> float:
        return (value - low) / reach

    rows = [
        [
            text(name),
            bar(at(0), at(mean), "blue" if mean > 0 else "grey", (at(mean - std), at(mean + std))),
            f'{number(mean)} <span class="soft">± {number(std)}</span>',
        ]
        for name, mean, std in ranked
    ]
    return table(
        [say("report.inputs.column", lang), "", say("report.inputs.falls_by", lang, metric=metric)], rows, "bars"
    )


# --- gradient × input


def _samples(evidence: Evidence, parts: Array, lang: Language) -> list[str]:
    sample = evidence.judged
    order = np.argsort(_badness(evidence, sample), kind="stable")
    rows = dict.fromkeys([int(order[0]), int(order[len(order) // 2]), int(order[-1])])
    reach = float(np.abs(parts[list(rows)]).max()) or 1.0
    cases = zip(rows, _CASES if len(rows) == len(_CASES) else (_CASES[0], _CASES[-1]), strict=False)
    cards = "".join(_card(evidence, row, case(lang), parts, reach, lang) for row, case in cases)
    return [
        f"<h3>{say('report.inputs.single', lang)}</h3>",
        lead(_GRADIENT[evidence.classes is not None](lang)),
        f'<div class="cards">{cards}</div>',
        note(say("report.inputs.local", lang)),
    ]


def _badness(evidence: Evidence, sample: Sample) -> Array:
    """How bad each answer is, (N,): the probability it denies the truth, or its distance from it."""
    if evidence.classes is None:
        return np.asarray(np.abs(sample.y - sample.a[:, 0]))
    return np.asarray(1 - class_probabilities(sample.a)[np.arange(len(sample)), sample.y])


def _card(evidence: Evidence, row: int, case: str, parts: Array, reach: float, lang: Language) -> str:
    """One sample: what it is, what was answered, and its columns with the largest parts first."""
    order = np.argsort(-np.abs(parts[row]), kind="stable")
    shown = order[:_MOST_PARTS]
    names = [column.name for column in evidence.model.encoder.columns]
    frame = evidence.judged.frame
    rows = [
        [
            f'{text(names[j], 32)} <span class="soft">{_value(frame[names[j]][row])}</span>',
            bar(0.5, 0.5 + parts[row, j] / reach / 2, "blue" if parts[row, j] > 0 else "orange"),
            _signed(float(parts[row, j]), evidence.classes is not None),
        ]
        for j in shown
    ]
    rest = note(say("report.inputs.rest", lang, n=len(order) - len(shown))) if len(order) > len(shown) else ""
    heading = f'<h4>{case}</h4><p class="soft">{_answer(evidence, row, lang)}</p>'
    return f'<div class="card">{heading}{table([], rows, "parts")}{rest}</div>'


def _signed(part: float, logit: bool) -> str:
    shown = f"{abs(part):.2f}" if logit else quantity(abs(part))
    return f"{'+' if part > 0 else '−' if part < 0 else ''}{shown}"


def _answer(evidence: Evidence, row: int, lang: Language) -> str:
    sample, target = evidence.judged, evidence.model.target
    y, a = sample.y[row : row + 1], sample.a[row : row + 1]
    if not isinstance(target, ClassTarget):
        both = target.decode(y)[0], target.predictions(a[:, 0])[0]
        truth, answered = (quantity(float(x)) if target.dates is None else str(target.as_date(x)) for x in both)
        return say("report.inputs.off", lang, truth=truth, answer=answered)
    p = class_probabilities(a)[0]
    code = int(target.decide(p[None])[0])
    truth, answer = text(target.classes[int(y[0])]), text(target.classes[code])
    key = "report.inputs.right" if code == y[0] else "report.inputs.wrong"
    return say(key, lang, truth=truth, answer=answer, p=number(float(p[y[0]])))


def _value(value: Any) -> str:
    if value is None or value != value:  # a NaN, of whichever library
        return "–"
    return text(f"{value:.6g}" if isinstance(value, float) else value, 32)
