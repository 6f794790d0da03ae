"""Pictures as PNG, drawn by Matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from clearprop.errors import InvalidValueError, MissingDependencyError
from clearprop.present.figure.fonts import eastern_fonts, is_eastern
from clearprop.present.figure.palette import DARK, DARK_HUES, LIGHT, LIGHT_HUES
from clearprop.present.figure.scene import Area, Circle, Label, Mark, Picture, Rect, Shape, Stroke, flat
from clearprop.present.figure.text import placed_runs

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Patch

_MATH = ("STIXGeneral", "DejaVu Serif")  # which Matplotlib brings
_WORDS = ("Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")
_PIXELS = 20_000  # of a side: what Agg can draw, and memory can hold
_DASHES = (0, (4, 3))


def to_png(picture: Picture, scale: float = 2.0, dark: bool = False) -> bytes:
    """A picture as PNG.

    Raises:
        InvalidValueError: if the image would be too large.
        MissingDependencyError: if Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependencyError(
            "Matplotlib is not installed",
            "Matplotlib, to draw a PNG",
            'pip install "clearprop[plots]", or save as .svg',
        ) from None
    if not 0 < scale * max(picture.width, picture.height) <= _PIXELS:
        raise InvalidValueError(f"scale {scale!r}", f"a positive number, for sides of at most {_PIXELS} pixels")
    colours = DARK | DARK_HUES if dark else LIGHT | LIGHT_HUES
    dpi = 72 * scale  # a point, in which Matplotlib measures lines, is a pixel of the figure
    figure = Figure(figsize=(picture.width / 72, picture.height / 72), dpi=dpi, facecolor=colours["paper"])
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, picture.width), ylim=(picture.height, 0))
    axes.set_axis_off()
    with warnings.catch_warnings():  # a box stands for a sign that no font here has
        warnings.filterwarnings("ignore", "Glyph .* missing|Matplotlib currently does not support")
        for order, (mark, x, y) in enumerate(flat(picture.marks)):
            for patch in _patches(mark, x, y, colours):
                patch.set_zorder(order)
                axes.add_artist(patch)  # add_patch would look for the limits of the data, which are given
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=dpi, facecolor=colours["paper"])
    return image.getvalue()


def _patches(mark: Mark, x: float, y: float, colours: Mapping[str, str]) -> list[Patch]:
    from matplotlib import patches
    from matplotlib.path import Path

    match mark:
        case Label():
            return _writing(mark, x, y, colours)
        case Rect(radius=0):
            return [patches.Rectangle((mark.x + x, mark.y + y), mark.width, mark.height, **_paint(mark, colours))]
        case Rect():
            style = patches.BoxStyle.Round(pad=0, rounding_size=mark.radius)
            place = (mark.x + x, mark.y + y), mark.width, mark.height
            return [patches.FancyBboxPatch(*place, boxstyle=style, **_paint(mark, colours))]
        case Circle():
            return [patches.Circle((mark.x + x, mark.y + y), mark.radius, **_paint(mark, colours))]
        case Stroke():
            points = [(px + x, py + y) for px, py in mark.points]
            piece = Path.CURVE4 if mark.curved else Path.LINETO
            codes = [Path.MOVETO, *[piece] * (len(points) - 1)]
            if mark.closed:
                points, codes = [*points, points[0]], [*codes, Path.CLOSEPOLY]
            way = Path(points, codes)
            return [patches.PathPatch(way, capstyle="round", joinstyle="round", **_paint(mark, colours))]
        case Area():
            outlines = [[(px + x, py + y) for px, py in (*outline, outline[0])] for outline in mark.outlines]
            way = Path.make_compound_path(*(Path(ring, closed=True) for ring in outlines))
            return [patches.PathPatch(way, **_paint(mark, colours))]
        case _:
            raise AssertionError(f"{mark!r} is inside its group")


def _paint(shape: Shape, colours: Mapping[str, str]) -> dict[str, Any]:
    return {
        "facecolor": colours.get(shape.fill, "none"),
        "edgecolor": colours.get(shape.stroke, "none"),
        "linewidth": shape.line if shape.stroke != "none" else 0,
        "linestyle": _DASHES if shape.dashed else "-",
        "alpha": shape.opacity if shape.opacity < 1 else None,
    }


def _writing(label: Label, x: float, y: float, colours: Mapping[str, str]) -> list[Patch]:
    """The label's pieces as outlines, measured with the font that draws them."""
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath, text_to_path
    from matplotlib.transforms import Affine2D

    def font(text: str, italic: bool) -> FontProperties:
        return _font(label.face, italic, label.bold, is_eastern(text))

    def width(text: str, size: float, italic: bool) -> float:
        own = font(text, italic).copy()
        own.set_size(size)
        return float(text_to_path.get_text_width_height_descent(text, own, ismath=False)[0])

    placed = placed_runs(label.runs, label.size, width)
    whole = max((piece.end for piece in placed), default=0.0)
    left = label.x + x - whole * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    drawn: list[Patch] = []
    for piece in placed:
        if not piece.text.strip():
            continue  # blanks have no outline
        text = piece.text.replace("$", r"\$")  # a name is no mathematics
        outline = TextPath((0, 0), text, size=piece.size, prop=font(piece.text, piece.italic), usetex=False)
        place = Affine2D().scale(1, -1).translate(left + piece.x, label.y + y - piece.rise)
        drawn.append(PathPatch(place.transform_path(outline), facecolor=colours[label.colour], linewidth=0))
    return drawn


@cache
def _font(face: str, italic: bool, bold: bool, eastern: bool) -> FontProperties:
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    wanted = _MATH if face == "math" else _WORDS
    western = [name for name in wanted if name in there] or ["DejaVu Sans"]
    return font_manager.FontProperties(
        family=[*eastern_fonts(), *western] if eastern else western,
        style="italic" if italic else "normal",
        weight="bold" if bold else "normal",
    )
