"""Learning curves as a picture."""

from __future__ import annotations

import io
import warnings

from clearprop.errors import MissingDependencyError
from clearprop.present.figure.fonts import eastern_fonts, is_eastern
from clearprop.train import History
from clearprop.visible import visible

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
    fonts, title = _fonts_for(visible(title))
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    epochs = range(1, history.epochs + 1)
    curves = {"loss": ("training", _BLUE), "validation_loss": ("validation", _ORANGE)}
    for name, (label, colour) in curves.items():
        if name in history.columns:
            axes.plot(epochs, history[name], color=colour, linewidth=1.8, label=label)
    if history.best_epoch:
        axes.axvline(history.best_epoch, color=_INK, linewidth=0.8, linestyle=":")
        axes.plot([history.best_epoch], [history["validation_loss"][history.best_epoch - 1]], "o", color=_ORANGE)
        axes.annotate(
            f" kept: epoch {history.best_epoch} ",
            (history.best_epoch, 0.02),
            ha="right" if history.best_epoch > history.epochs / 2 else "left",
            xycoords=axes.get_xaxis_transform(),
            color=_INK,
        )
    axes.set(xlabel="epoch", ylabel="loss")
    axes.set_title(title, parse_math=False, fontfamily=fonts)
    values = [value for name in curves for value in history.columns.get(name, [])]
    if values and min(values) > 0 and max(values) > 20 * min(values):
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if history.epochs:
        axes.legend(frameon=False)
    picture = io.BytesIO()
    with warnings.catch_warnings():  # a box stands for a sign that no font here has
        warnings.filterwarnings("ignore", "Glyph .* missing|Matplotlib currently does not support")
        figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()


def _fonts_for(title: str) -> tuple[list[str], str]:
    """Fonts that have the letters of a title; without one for Chinese, Japanese or Korean the title is left out."""
    if not is_eastern(title):
        return ["DejaVu Sans"], title
    found = eastern_fonts()
    return ["DejaVu Sans", *found], title if found else ""
