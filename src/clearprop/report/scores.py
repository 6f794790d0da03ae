"""The scores of all parts side by side, and the way there: loss by epoch."""

from __future__ import annotations

from math import isfinite

from clearprop.estimators.importance import LOWER_IS_BETTER
from clearprop.estimators.verdict import PARTS
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import lead, note, section, sentences, table
from clearprop.report.chart import Axis, Plot
from clearprop.report.evidence import Evidence
from clearprop.report.summary import METRICS, number

_SCORES = Phrase("Scores", "得分")
_SIDE_BY_SIDE = Phrase(
    "The same measures on every part of the rows. A network that has learned its training rows by heart is much better "
    "there than elsewhere.",
    "在数据的各个部分上用同样的指标打分。如果网络只是死记训练集，它在训练集上会明显好于其他部分。",
)
_ROWS = Phrase("rows", "样本数")
_INTERVAL, _TRIVIAL = Phrase("95% interval", "95% 置信区间"), Phrase("trivial answer", "基线")
_LESS = Phrase(
    "↓ less is better. The interval and the trivial answer are of the {part} rows.",
    "↓ 越小越好。置信区间和基线均指{part}。",
)

_CURVES = Phrase("Learning curves", "学习曲线")
_WHAT = Phrase(
    "The loss after every pass over the training rows (an epoch). Training rows and validation rows fall together as "
    "long as the network learns something that holds for both.",
    "每遍历一次训练集（一轮）之后的损失。只要网络学到的东西普遍成立，训练集和验证集上的损失就会一起下降。",
)
_ENDED = {
    "epochs": Phrase("{epochs} epochs, as many as were asked for.", "按设定训练了 {epochs} 轮。"),
    "early stopping": Phrase(
        "{epochs} epochs; then the validation loss had not improved for a while.",
        "训练了 {epochs} 轮后，验证集上的损失已有一段时间不再下降，于是提前停止。",
    ),
    "interrupt": Phrase("{epochs} epochs; then someone interrupted it.", "训练 {epochs} 轮后被人为中断。"),
    "callback": Phrase("{epochs} epochs; then a callback ended it.", "训练 {epochs} 轮后由回调函数终止。"),
}
_KEPT = Phrase("The weights of epoch {best} were kept.", "保留了第 {best} 轮的权重。")
_NO_EPOCH = Phrase(
    "Training ended before its first epoch was over: the network is as it was drawn at random.",
    "第一轮尚未结束训练就中止了：网络仍是随机初始化的样子。",
)
_EPOCH, _LOSS, _BEST = Phrase("epoch", "轮"), Phrase("loss", "损失"), Phrase("kept: epoch {best}", "保留：第 {best} 轮")
_SAYS = Phrase(
    "Training loss from {first} to {last} in {epochs} epochs.", "{epochs} 轮中训练集上的损失由 {first} 变为 {last}。"
)


def scores(evidence: Evidence, lang: Language) -> str:
    """A column per part, then the interval and the trivial answer of the last."""
    parts = {name: part.to_dict() for name, part in evidence.fit.parts.items()}
    last = parts[evidence.judged.part]
    names = [PARTS[name](lang) for name in parts]
    rows = [[_ROWS(lang), *(f"{part['rows']:,}" for part in parts.values()), "", ""]]
    for metric in last["scores"]:
        low, high = last["intervals"][metric]
        values = [number(part["scores"][metric]) for part in parts.values()]
        values[-1] = f"<strong>{values[-1]}</strong>"
        interval = "–" if low is None else f"{number(low)} – {number(high)}"
        title = METRICS[metric](lang) + (" ↓" if metric in LOWER_IS_BETTER else "")
        rows.append([title, *values, interval, number(last["baseline"][metric])])
    return section(
        "scores",
        _SCORES(lang),
        lead(_SIDE_BY_SIDE(lang)),
        table(["", *names, _INTERVAL(lang), _TRIVIAL(lang)], rows),
        note(_LESS(lang, part=names[-1])),
    )


def curves(evidence: Evidence, lang: Language) -> str:
    """Loss by epoch on training and validation rows."""
    history = evidence.fit.history
    if not history.epochs:
        return section("curves", _CURVES(lang), lead(_NO_EPOCH(lang)))
    ended = _ENDED[history.stopped_by](lang, epochs=history.epochs)
    kept = _KEPT(lang, best=history.best_epoch) if history.best_epoch else ""
    words = lead(sentences([_WHAT(lang), ended, kept], lang))
    return section("curves", _CURVES(lang), words, _curves_chart(evidence, lang))


def _curves_chart(evidence: Evidence, lang: Language) -> str:
    history = evidence.fit.history
    lines = {"train": ("loss", "blue"), "validation": ("validation_loss", "orange")}
    drawn = {part: line for part, line in lines.items() if line[0] in history.columns}
    every = [v for name, _ in drawn.values() for v in history[name] if isfinite(v)]
    log = min(every) > 0 and max(every) > 20 * min(every)
    plot = Plot(Axis.of([1, history.epochs]) if history.epochs > 1 else Axis(0, 2), Axis.of(every, log).padded())
    epochs = list(range(1, history.epochs + 1))
    marks = [plot.line(epochs, history[name], colour) for name, colour in drawn.values()]
    ends = {part: history[name][-1] for part, (name, _) in drawn.items()}
    words = _end_labels(plot, ends, {part: colour for part, (_, colour) in drawn.items()}, lang)
    if history.best_epoch:
        best = history.best_epoch
        marks.append(plot.line([best, best], [plot.y.low, plot.y.high], "dashed"))
        marks.append(plot.dots([best], [history["validation_loss"][best - 1]], "orange large"))
        words.append(f'<span class="kept" style="left:{plot.x.at(best):.2f}%">{_BEST(lang, best=best)}</span>')
    elif history.epochs == 1:
        marks += [plot.dots([1], [history[name][0]], f"{colour} large") for name, colour in drawn.values()]
    first, last = (number(history["loss"][i]) for i in (0, -1))
    says = _SAYS(lang, first=first, last=last, epochs=history.epochs)
    return plot.figure(marks, (_EPOCH(lang), _LOSS(lang)), says, words)


def _end_labels(plot: Plot, ends: dict[str, float], colours: dict[str, str], lang: Language) -> list[str]:
    """A line's name at its right end, the names far enough apart to be read."""
    apart, words, below = 8.0, [], -100.0
    for part, value in sorted(ends.items(), key=lambda end: end[1]):
        below = max(plot.y.at(value), below + apart)
        words.append(f'<span class="end-label {colours[part]}" style="bottom:{below:.2f}%">{PARTS[part](lang)}</span>')
    return words
