"""A first verdict on a fit, in words: no better than chance, overfitting, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

from clearprop.estimators.weights import Weighting
from clearprop.explain.doctor import Judgement, Measure, Measures, defined
from clearprop.messages.language import Language, Phrase
from clearprop.table import ClassTarget, Target
from clearprop.train import History
from clearprop.visible import shown_name

PARTS = {
    "train": Phrase("training", "训练集"),
    "validation": Phrase("validation", "验证集"),
    "test": Phrase("test", "测试集"),
    "table": Phrase("given", "表中样本"),
}
_NAMES = {  # of the scores by which a fit is judged, the first of which that is defined comes first
    "accuracy": Phrase("accuracy", "准确率"),
    "auc": Phrase("ROC AUC", "ROC AUC"),
    "log_loss": Phrase("log loss", "对数损失"),
    "r2": Phrase("R²", "R²"),
}
_MOSTLY = 0.8  # of the rows are of one class: then accuracy has little to say
_MOST_FREQUENT, _MEAN = Phrase("the most frequent class", "最常见的类别"), Phrase("the mean", "平均值")
_MEASURED = Phrase(
    "{name} {unseen:.3f} on the {part} rows (95% interval {low:.3f} to {high:.3f})",
    "{part}上的{name}为 {unseen:.3f}（95% 置信区间 {low:.3f} 至 {high:.3f}）",
)
_NOTHING_HELD_OUT = Phrase(
    "No rows were held out, so nothing is known about rows the network has not seen.",
    "没有留出任何样本，因此无从得知网络在未见过的样本上表现如何。",
)
_TOO_FEW = Phrase(
    "Too few {part} rows to tell: {name} is not defined on them.", "{part}样本太少，无法判断：{name}在其上没有定义。"
)
_CHANCE = Phrase(
    "No better than chance explains: {measured}; always answering {answer} reaches {trivial:.3f}. "
    "Other columns, more rows, or more epochs may help.",
    "不比碰运气更好：{measured}；始终预测{answer}即可达到 {trivial:.3f}。"
    "换用其他列、增加样本或训练轮数，也许会有帮助。",
)
_BLUNT = Phrase(
    "Accuracy says nothing here, as {usual} of the rows are {label}: {measured}. But the classes are told apart better "
    "than by chance: {name} {value:.3f} ({low:.3f} to {high:.3f}), the trivial answer's {trivial:.3f}.{advice}",
    "{usual} 的样本属于 {label}，准确率在此不说明问题：{measured}。但网络对类别的区分优于碰运气："
    "{name}为 {value:.3f}（{low:.3f} 至 {high:.3f}），基线为 {trivial:.3f}。{advice}",
)
_ADVICE = {
    True: Phrase(
        " To find more of the rare class: --optimize f1, or --class-weight balanced.",
        "若要找出更多稀有类别：--optimize f1 或 --class-weight balanced。",
    ),
    False: Phrase(
        " To find more of the rare classes: --optimize balanced_accuracy, or --class-weight balanced.",
        "若要找出更多稀有类别：--optimize balanced_accuracy 或 --class-weight balanced。",
    ),
}
_WEAK = Phrase(
    "Little is explained: {measured}, which the trivial answer reaches, too. But {name} {value:.3f} ({low:.3f} to "
    "{high:.3f}) is better than its {trivial:.3f}.",
    "能解释的不多：{measured}，基线也能达到。但{name}为 {value:.3f}（{low:.3f} 至 {high:.3f}），"
    "优于基线的 {trivial:.3f}。",
)
_BETTER = Phrase(
    "Better than chance: {measured}; the trivial answer reaches {trivial:.3f}.",
    "优于碰运气：{measured}；基线为 {trivial:.3f}。",
)
_OVERFITTING = Phrase(
    "Overfitting: {name} {seen:.3f} on the training rows, but {measured}. "
    "More rows, fewer units (--hidden), or a larger penalty (--l2) bring the two together.",
    "过拟合：训练集上的{name}为 {seen:.3f}，而{measured}。"
    "增加样本、减少神经元（--hidden）或加大惩罚（--l2），可使两者接近。",
)
_LATER = Phrase(
    "What held then holds otherwise later: {name} {within:.3f} on validation rows of the same time as the training "
    "rows, but {measured}, which come after them. For a time to come believe the latter; a random split would show the "
    "former.",
    "过去成立的，后来未必成立：与训练集同一时期的验证集上{name}为 {within:.3f}，而{measured}，它们在训练集之后。"
    "对于将来，应相信后者；随机划分只会显示前者。",
)
_UNFINISHED = Phrase(
    "Perhaps not finished: the validation loss was still falling after {epochs} epochs. --epochs {more} would tell.",
    "训练也许尚未结束：{epochs} 轮之后，验证集上的损失仍在下降。可用 --epochs {more} 再试。",
)
_HEALTHY = Phrase(
    "Better than chance, and no sign of overfitting: {measured}, {seen:.3f} on the training rows.",
    "优于碰运气，也没有过拟合的迹象：{measured}，训练集上为 {seen:.3f}。",
)


def judgement_of(parts: Mapping[str, Mapping[str, Any]], *, later: bool = False) -> Judgement | None:
    """What the scores say; None where no rows were held out.

    Args:
        parts: part → its evaluation as plain data, the training rows first; the last part has intervals.
        later: whether the last part's rows come after the others in time.
    """
    last = list(parts)[-1] if parts else "train"
    if last == "train" or not parts[last]["intervals"]:
        return None
    seen = measures_of(parts["train"]) if "train" in parts else {}
    within = measures_of(parts["validation"]) if later and last == "test" and "validation" in parts else None
    return Judgement(seen, measures_of(parts[last]), within)


def measures_of(part: Mapping[str, Any]) -> Measures:
    """The scores of a part by which a fit is judged, as far as they are defined."""
    found = {}
    for metric, name in _NAMES.items():
        value, trivial = (_number(part[key].get(metric)) for key in ("scores", "baseline"))
        low, high = part["intervals"].get(metric, (value, value))
        perfect = 0.0 if metric == "log_loss" else 1.0
        found[metric] = Measure(name, value, _number(low), _number(high), trivial, perfect)
    return defined(found)


def _number(value: float | None) -> float:
    return nan if value is None else value


def verdict(
    target: Target,
    judgement: Judgement | None,
    part: str,
    history: History | None = None,
    lang: Language = "en",
    *,
    weighting: Weighting | None = None,
) -> list[str]:
    """Sentences about what the scores say, each with its evidence and what to change.

    Args:
        target: what was learned.
        judgement: what the scores say; None where no rows were held out.
        part: which rows they were judged by.
        history: of the training, if it was just now.
        lang: "en" or "zh".
        weighting: of the training: what was done already is not advised.
    """
    if judgement is None:
        return [_NOTHING_HELD_OUT(lang)]
    metric = "accuracy" if isinstance(target, ClassTarget) else "r2"
    name, where = _NAMES[metric](lang), PARTS[part](lang)
    if metric not in judgement.unseen:
        return [_TOO_FEW(lang, part=where, name=name)]
    unseen = judgement.unseen[metric]
    measured = _measured(unseen, where, lang)
    found, better = [], judgement.better_than_chance
    if better is None:
        answer = (_MOST_FREQUENT if isinstance(target, ClassTarget) else _MEAN)(lang)
        found.append(_CHANCE(lang, measured=measured, answer=answer, trivial=unseen.trivial))
    elif better is not unseen and isinstance(target, ClassTarget):
        found.append(_blunt(target, measured, better, weighting, lang))
    within = judgement.within.get(metric) if judgement.within is not None else None
    if within is not None and within.value > unseen.high:
        found.append(_LATER(lang, name=name, within=within.value, measured=measured))
    if judgement.overfitting is not None:
        seen, new = judgement.overfitting
        found.append(_OVERFITTING(lang, name=seen.name(lang), seen=seen.value, measured=_measured(new, where, lang)))
    if history is not None and _still_falling(history):
        found.append(_UNFINISHED(lang, epochs=history.epochs, more=2 * history.epochs))
    if found:
        return found
    if metric not in judgement.seen:
        return [_BETTER(lang, measured=measured, trivial=unseen.trivial)]
    return [_HEALTHY(lang, measured=measured, seen=judgement.seen[metric].value)]


def _measured(measure: Measure, where: str, lang: Language) -> str:
    bounds = {"low": measure.low, "high": measure.high}
    return _MEASURED(lang, name=measure.name(lang), unseen=measure.value, part=where, **bounds)


def _blunt(target: ClassTarget, measured: str, better: Measure, weighting: Weighting | None, lang: Language) -> str:
    """Accuracy is no better than the trivial answer's, but another score is."""
    shares = target.shares or (1.0 / len(target.classes),) * len(target.classes)
    most = max(range(len(shares)), key=shares.__getitem__)
    usual = f"{100 * shares[most]:.3g}%"
    values = {"name": better.name(lang), "value": better.value, "low": better.low, "high": better.high}
    values |= {"trivial": better.trivial, "measured": measured}
    if shares[most] < _MOSTLY:
        return _WEAK(lang, **values)
    is_done = target.decision is not None or (weighting is not None and weighting.classes)
    advice = "" if is_done else _ADVICE[len(target.classes) == 2](lang)
    return _BLUNT(lang, **values, usual=usual, label=shown_name(target.classes[most]), advice=advice)


def _still_falling(history: History) -> bool:
    """Whether training ended with its epochs, and the best of them was among the last tenth."""
    best = history.best_epoch
    return history.stopped_by == "epochs" and best is not None and best > 0.9 * history.epochs and history.epochs >= 10
