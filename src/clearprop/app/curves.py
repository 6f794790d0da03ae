"""Learning curves as a picture."""

from __future__ import annotations

import io

from clearprop.errors import MissingDependencyError
from clearprop.train import History

_INK, _BLUE, _ORANGE = "#30343b", "#3465a4", "#d9730d"


def learning_curves(history: History, title: str) -> bytes:
    """Loss by epoch on training and validation rows, as a PNG.

    Raises:
        MissingDependencyError: if Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise MissingDependencyError(
            "Matplotlib is not installed", "Matplotlib, to draw", 'pip install "clearprop[plots]"'
        ) from None
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    epochs = range(1, history.epochs + 1)
    curves = {"loss": ("training", _BLUE), "validation_loss": ("validation", _ORANGE)}
    for name, (label, colour) in curves.items():
        if name in history.columns:
            axes.plot(epochs, history[name], color=colour, linewidth=1.8, label=label)
    if history.best_epoch:
        axes.axvline(history.best_epoch, color=_INK, linewidth=0.8, linestyle=":")
        best = history["validation_loss"][history.best_epoch - 1]
        axes.plot([history.best_epoch], [best], "o", color=_ORANGE, markersize=5)
        axes.annotate(
            f"kept: epoch {history.best_epoch}",
            (history.best_epoch, best),
            (6, 8),
            textcoords="offset points",
            color=_INK,
        )
    axes.set(xlabel="epoch", ylabel="loss", title=title)
    if all(value > 0 for name in curves for value in history.columns.get(name, [1.0])):
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if history.epochs:
        axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()
