"""The way to the scores: loss by epoch."""

from __future__ import annotations

from math import isfinite

from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message, Words
from clearprop.present.document import Block, Figure, Paragraph, Section
from clearprop.present.figure import Axis, Dots, Line, Plot, Role, Rule
from clearprop.present.figure.plot import Drawn
from clearprop.report.evidence import Evidence
from clearprop.report.summary import score_text
from clearprop.train import History

_CURVES: tuple[tuple[str, str, Role], ...] = (("train", "loss", "blue"), ("validation", "validation_loss", "orange"))


def curves(evidence: Evidence) -> Section:
    """Loss by epoch on training and validation rows, and how the training ended."""
    history = evidence.fit.history
    blocks: tuple[Block, ...]
    if history.epochs:
        ended = Message(f"report.scores.ended.{history.stopped_by.replace(' ', '_')}", epochs=history.epochs)
        kept = [Message("report.scores.kept", best=history.best_epoch)] if history.best_epoch else []
        lead = Paragraph.of(Message("report.scores.what"), ended, *kept, kind="lead")
        blocks = (lead, Figure(learning_curves(history, width=280)))
    else:
        blocks = (Paragraph.of(Message("report.scores.no_epoch"), kind="lead"),)
    return Section(Message("report.scores.curves"), blocks, "curves")


def learning_curves(history: History, heading: Words = "", width: float = 480) -> Plot:
    """Loss by epoch on training and validation rows, and which epoch's weights were kept.

    Args:
        history: of the training.
        heading: what stands above it, instead of what the y axis is.
        width: of the part between the axes, in pixels.
    """
    drawn = [(part, history[name], colour) for part, name, colour in _CURVES if name in history.columns]
    every = [value for _, values, _ in drawn for value in values if isfinite(value)]
    is_log = bool(every) and min(every) > 0 and max(every) > 20 * min(every)
    epochs = list(range(1, history.epochs + 1))
    marks: list[Drawn] = [Line(epochs, values, colour, PARTS[part]) for part, values, colour in drawn]
    if history.best_epoch:
        best = history.best_epoch
        marks.append(Rule(x=best, label=Message("report.scores.best", best=best)))
        marks.append(Dots([best], [history["validation_loss"][best - 1]], "orange"))
    elif history.epochs == 1:
        marks += [Dots([1], values, colour) for _, values, colour in drawn]
    x = Axis(1, history.epochs, whole=True) if history.epochs > 1 else Axis(0, 2, whole=True)
    titles = Message("report.scores.epoch"), heading or Message("report.scores.loss")
    return Plot(_says(history), x, Axis.of(every, is_log).padded(), tuple(marks), titles, width, 0.6 * width)


def _says(history: History) -> Message:
    if not history.epochs:
        return Message("report.scores.no_epoch")
    first, last = (score_text(history["loss"][i]) for i in (0, -1))
    return Message("report.scores.says", first=first, last=last, epochs=history.epochs)
