"""A first verdict on a fit, in words: underfitting, overfitting, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from clearprop.explain.doctor.fit import LOST, TIMES
from clearprop.explain.language import Language, Phrase
from clearprop.table import ClassTarget, Target
from clearprop.train import History

Scores = Mapping[str, float]

PARTS = {
    "train": Phrase("training", "训练集"),
    "validation": Phrase("validation", "验证集"),
    "test": Phrase("test", "测试集"),
}
_ACCURACY, _R2 = Phrase("accuracy", "准确率"), Phrase("R²", "R²")
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
    "No sign of under- or overfitting: {measured}, {seen:.3f} on the training rows.",
    "没有欠拟合或过拟合的迹象：{measured}，训练集上为 {seen:.3f}。",
)


def verdict(
    target: Target,
    scores: Mapping[str, Scores],
    intervals: Mapping[str, tuple[float, float]],
    baseline: Scores,
    history: History,
    lang: Language = "en",
    *,
    later: bool = False,
) -> list[str]:
    """Sentences about what the scores say, each with its evidence and what to change.

    Args:
        target: what was learned.
        scores: part (train, validation, test) → metric → value.
        intervals: metric → bounds on the last part.
        baseline: metric → value of the trivial answer on the last part.
        history: of the training.
        lang: "en" or "zh".
        later: whether the last part's rows come after the others in time.
    """
    last = list(scores)[-1]
    if last == "train":
        return [_NOTHING_HELD_OUT(lang)]
    classes = isinstance(target, ClassTarget)
    metric = "accuracy" if classes else "r2"
    name, part = (_ACCURACY if classes else _R2)(lang), PARTS[last](lang)
    low, high = intervals[metric]
    seen, unseen, trivial = scores["train"][metric], scores[last][metric], baseline[metric]
    if not all(map(isfinite, (low, high, seen, unseen, trivial))):
        return [_TOO_FEW(lang, part=part, name=name)]
    measured = _MEASURED(lang, name=name, unseen=unseen, part=part, low=low, high=high)
    found = []
    if low <= trivial:
        answer = (_MOST_FREQUENT if classes else _MEAN)(lang)
        found.append(_CHANCE(lang, measured=measured, answer=answer, trivial=trivial))
    within = scores["validation"][metric] if later and last == "test" and "validation" in scores else unseen
    lost = (seen - within) / (1 - trivial) if trivial < 1 else 0.0  # of what there is to learn, as the doctor judges
    if within > high:
        found.append(_LATER(lang, name=name, within=within, measured=measured))
    if lost > LOST and 1 - max(high, within) > TIMES * (1 - seen):
        found.append(_OVERFITTING(lang, name=name, seen=seen, measured=measured))
    if _still_falling(history):
        found.append(_UNFINISHED(lang, epochs=history.epochs, more=2 * history.epochs))
    return found or [_HEALTHY(lang, measured=measured, seen=seen)]


def _still_falling(history: History) -> bool:
    """Whether training ended with its epochs, and the best of them was among the last tenth."""
    best = history.best_epoch
    return history.stopped_by == "epochs" and best is not None and best > 0.9 * history.epochs and history.epochs >= 10
