"""The scores of all parts side by side, and the way there: loss by epoch."""

from __future__ import annotations

from math import isfinite

from clearprop.estimators.importance import LOWER_IS_BETTER
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Language, say
from clearprop.present.figure import Axis
from clearprop.present.html import lead, note, section, sentences, table
from clearprop.report.chart import Plot
from clearprop.report.evidence import Evidence
from clearprop.report.summary import METRICS, number

_ENDED = {
    "epochs": "report.scores.ended.epochs",
    "early stopping": "report.scores.ended.early_stopping",
    "interrupt": "report.scores.ended.interrupt",
    "callback": "report.scores.ended.callback",
}


def scores(evidence: Evidence, lang: Language) -> str:
    """A column per part, then the interval and the trivial answer of the last."""
    parts = {name: part.to_dict() for name, part in evidence.fit.parts.items()}
    last = parts[evidence.judged.part]
    names = [PARTS[name](lang) for name in parts]
    rows = [[say("report.scores.rows", lang), *(f"{part['rows']:,}" for part in parts.values()), "", ""]]
    for metric in last["scores"]:
        low, high = last["intervals"][metric]
        values = [number(part["scores"][metric]) for part in parts.values()]
        values[-1] = f"<strong>{values[-1]}</strong>"
        interval = "–" if low is None else f"{number(low)} – {number(high)}"
        title = METRICS[metric](lang) + (" ↓" if metric in LOWER_IS_BETTER else "")
        rows.append([title, *values, interval, number(last["baseline"][metric])])
    return section(
        "scores",
        say("report.scores.scores", lang),
        lead(say("report.scores.side_by_side", lang)),
        table(["", *names, say("report.scores.interval", lang), say("report.scores.trivial", lang)], rows),
        note(say("report.scores.less", lang, part=names[-1])),
    )


def curves(evidence: Evidence, lang: Language) -> str:
    """Loss by epoch on training and validation rows."""
    history = evidence.fit.history
    if not history.epochs:
        return section("curves", say("report.scores.curves", lang), lead(say("report.scores.no_epoch", lang)))
    ended = say(_ENDED[history.stopped_by], lang, epochs=history.epochs)
    kept = say("report.scores.kept", lang, best=history.best_epoch) if history.best_epoch else ""
    words = lead(sentences([say("report.scores.what", lang), ended, kept], lang))
    return section("curves", say("report.scores.curves", lang), words, _curves_chart(evidence, lang))


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
        kept = say("report.scores.best", lang, best=best)
        words.append(f'<span class="kept" style="left:{100 * plot.x.share(best):.2f}%">{kept}</span>')
    elif history.epochs == 1:
        marks += [plot.dots([1], [history[name][0]], f"{colour} large") for name, colour in drawn.values()]
    first, last = (number(history["loss"][i]) for i in (0, -1))
    says = say("report.scores.says", lang, first=first, last=last, epochs=history.epochs)
    return plot.figure(marks, (say("report.scores.epoch", lang), say("report.scores.loss", lang)), says, words)


def _end_labels(plot: Plot, ends: dict[str, float], colours: dict[str, str], lang: Language) -> list[str]:
    """A line's name at its right end, the names far enough apart to be read."""
    apart, words, below = 8.0, [], -100.0
    for part, value in sorted(ends.items(), key=lambda end: end[1]):
        below = max(100 * plot.y.share(value), below + apart)
        words.append(f'<span class="end-label {colours[part]}" style="bottom:{below:.2f}%">{PARTS[part](lang)}</span>')
    return words
