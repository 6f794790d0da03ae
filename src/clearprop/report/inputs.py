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
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import bar, lead, note, section, sentences, table, text
from clearprop.report.evidence import Evidence, Sample
from clearprop.report.summary import METRICS, number, quantity
from clearprop.table import ClassTarget

Array = NDArray[Any]
_MOST_COLUMNS, _REPEATS, _MOST_PARTS = 50, 5, 8
_MOSTLY_ONE_CLASS = 0.9

_TITLE = Phrase("Which inputs matter", "哪些输入重要")
_SHUFFLED = Phrase("To the score: shuffle one column", "对整体得分：打乱一列")
_PERMUTATION = Phrase(
    "How far {metric} falls when the values of one column are shuffled among the rows: a column that the network "
    "does not need may be shuffled without harm. Of two columns that say the same, either may take the other's part.",
    "把某一列的值随机打乱后，{metric}下降多少：网络用不到的列，打乱也无妨。若两列含有相同的信息，则可能互相替代。",
)
_FALLS = (Phrase("column", "列"), Phrase("{metric} falls by", "{metric}下降"))
_METHOD = Phrase(
    "Permutation importance on {rows} {part} rows, {repeats} shuffles of each column; ± and the whisker are one "
    "standard deviation between shuffles. With nothing shuffled {metric} is {score}.",
    "置换重要性：取{part}的 {rows} 个样本，每列打乱 {repeats} 次；± 与须线为各次之间的标准差。"
    "不打乱时{metric}为 {score}。",
)
_SOME = Phrase(
    "Of {of} columns the {n} with the largest gradient × input were shuffled.",
    "{of} 列中只打乱了梯度 × 输入最大的 {n} 列。",
)
_TOO_FEW = Phrase(
    "The {part} rows are too few, or too much alike, for a score that could fall.",
    "{part}的样本太少或过于相似，得分没有定义，无从下降。",
)

_SINGLE = Phrase("To single answers: gradient × input", "对单个预测：梯度 × 输入")
_GRADIENT = {
    True: Phrase(
        "∂z/∂x · x, where z is the logit of the class that was answered and x what the network sees: blue parts speak "
        "for the answer, orange ones against it.",
        "∂z/∂x · x，其中 z 是所预测类别的 logit，x 是网络看到的输入：蓝色支持这个预测，橙色反对。",
    ),
    False: Phrase(
        "∂a/∂x · x, where a is the answer and x what the network sees: blue parts raise the answer, orange ones lower "
        "it, in the target's unit.",
        "∂a/∂x · x，其中 a 是预测值，x 是网络看到的输入：蓝色使预测值增大，橙色使其减小，单位与目标相同。",
    ),
}
_LOCAL = Phrase(
    "This is a linear look at the network from where the sample stands: the parts need not add up to the answer, and a "
    "number at its mean, which the network sees as 0, gets 0. Categories are added up over their 0/1.",
    "这是在该样本处对网络的线性近似：各项之和不一定等于输出；取平均值的数值在网络看来是 0，因此贡献为 0。"
    "类别列为其各个 0/1 之和。",
)
_CASES = (
    Phrase("Answered best", "预测得最好"),
    Phrase("In the middle", "居中"),
    Phrase("Answered worst", "预测得最差"),
)
_RIGHT = Phrase("is {truth}; probability given to it {p}", "真实为 {truth}，网络给它的概率为 {p}")
_WRONG = Phrase(
    "is {truth}, answered {answer}; probability given to the truth {p}",
    "真实为 {truth}，预测为 {answer}，网络给真实类别的概率为 {p}",
)
_OFF = Phrase("truth {truth}, answer {answer}", "真值 {truth}，预测值 {answer}")
_REST = Phrase("… and {n} more, smaller", "……另有 {n} 项更小")


def inputs(evidence: Evidence, lang: Language) -> str:
    """Permutation importance of every column, and gradient × input of three samples."""
    parts = _parts(evidence)
    return section("inputs", _TITLE(lang), *_columns(evidence, parts, lang), *_samples(evidence, parts, lang))


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
    heading, part, name = f"<h3>{_SHUFFLED(lang)}</h3>", PARTS[sample.part](lang), METRICS[metric](lang)
    found = _importance(evidence, metric, parts)
    if found is None:
        return [heading, lead(_TOO_FEW(lang, part=part))]
    measured = {"rows": f"{len(sample):,}", "part": part, "metric": name, "score": number(found.score)}
    method = _METHOD(lang, **measured, repeats=_REPEATS)
    some = _SOME(lang, of=every, n=len(found.names)) if len(found.names) < every else ""
    return [
        heading,
        lead(_PERMUTATION(lang, metric=name)),
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
    return table([_FALLS[0](lang), "", _FALLS[1](lang, metric=metric)], rows, "bars")


# --- gradient × input


def _samples(evidence: Evidence, parts: Array, lang: Language) -> list[str]:
    sample = evidence.judged
    order = np.argsort(_badness(evidence, sample), kind="stable")
    rows = dict.fromkeys([int(order[0]), int(order[len(order) // 2]), int(order[-1])])
    reach = float(np.abs(parts[list(rows)]).max()) or 1.0
    cases = zip(rows, _CASES if len(rows) == len(_CASES) else (_CASES[0], _CASES[-1]), strict=False)
    cards = "".join(_card(evidence, row, case(lang), parts, reach, lang) for row, case in cases)
    return [
        f"<h3>{_SINGLE(lang)}</h3>",
        lead(_GRADIENT[evidence.classes is not None](lang)),
        f'<div class="cards">{cards}</div>',
        note(_LOCAL(lang)),
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
    rest = note(_REST(lang, n=len(order) - len(shown))) if len(order) > len(shown) else ""
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
        return _OFF(lang, truth=truth, answer=answered)
    p = class_probabilities(a)[0]
    code = int(target.decide(p[None])[0])
    truth, answer = text(target.classes[int(y[0])]), text(target.classes[code])
    said = _RIGHT if code == y[0] else _WRONG
    return said(lang, truth=truth, answer=answer, p=number(float(p[y[0]])))


def _value(value: Any) -> str:
    if value is None or value != value:  # a NaN, of whichever library
        return "–"
    return text(f"{value:.6g}" if isinstance(value, float) else value, 32)
