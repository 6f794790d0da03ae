"""Pictures as SVG: one element that stands alone or within a page, with no identifiers that could clash there.

Colours are classes. Within a page that defines --ink, --blue, … they are the page's; standing alone they are those
below, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from clearprop.present.figure.palette import DARK, LIGHT
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Rect, Role, Stroke
from clearprop.present.figure.text import pieces
from clearprop.visible import visible

MATH_FONTS = '"STIX Two Text","Latin Modern Roman","Cambria","Times New Roman","Liberation Serif","STIXGeneral",serif'
WORD_FONTS = (
    '"Helvetica Neue",Helvetica,Arial,"Liberation Sans","Noto Sans","Noto Sans CJK SC","PingFang SC",'
    '"Microsoft YaHei",sans-serif'
)


def _variables(colours: Mapping[str, str]) -> str:
    return ";".join(f"--cp-{role}:var(--{role},{value})" for role, value in colours.items())


def _style() -> str:
    fills = "".join(f".cp-picture .f-{role}{{fill:var(--cp-{role})}}" for role in LIGHT)
    strokes = "".join(f".cp-picture .s-{role}{{stroke:var(--cp-{role})}}" for role in LIGHT)
    return (
        f".cp-picture{{{_variables(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{.cp-picture{{{_variables(DARK)}}}}}"
        ".cp-picture .shape{fill:none;stroke:none;stroke-linecap:round;stroke-linejoin:round}"
        f"{fills}{strokes}.cp-picture text{{stroke:none;white-space:pre}}"
        f".cp-picture .math{{font-family:{MATH_FONTS}}}.cp-picture .words{{font-family:{WORD_FONTS}}}"
    )


STYLE = _style()


def to_svg(picture: Picture) -> str:
    """A picture as an SVG element."""
    w, h = _number(picture.width), _number(picture.height)
    narrowest = _number(picture.width * picture.shrinks_to)
    title = _text(picture.title)
    sheet = Rect(0, 0, picture.width, picture.height, fill="paper")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cp-picture" role="img" aria-label="{title}" '
        f'width="{w}" height="{h}" viewBox="0 0 {w} {h}" style="min-width:{narrowest}px">'
        f"<title>{title}</title><style>{STYLE}</style>{_marks([sheet, *picture.marks])}</svg>"
    )


def _marks(marks: Iterable[Mark]) -> str:
    return "".join(map(_mark, marks))


def _mark(mark: Mark) -> str:
    match mark:
        case Stroke():
            return f'<path d="{_path(mark)}"{_paint(mark.fill, mark.stroke, mark.width, mark.dashed, mark.opacity)}/>'
        case Rect():
            rounded = f' rx="{_number(mark.radius)}"' if mark.radius else ""
            place = f'x="{_number(mark.x)}" y="{_number(mark.y)}"'
            size = f'width="{_number(mark.width)}" height="{_number(mark.height)}"'
            return (
                f"<rect {place} {size}{rounded}{_paint(mark.fill, mark.stroke, mark.line, mark.dashed, mark.opacity)}/>"
            )
        case Circle():
            place = f'cx="{_number(mark.x)}" cy="{_number(mark.y)}" r="{_number(mark.radius)}"'
            return f"<circle {place}{_paint(mark.fill, mark.stroke, mark.line, mark.dashed, mark.opacity)}/>"
        case Label():
            return _label(mark)
        case Group():
            return _group(mark)


def _group(group: Group) -> str:
    moved = f' transform="translate({_number(group.x)} {_number(group.y)})"' if group.x or group.y else ""
    node = f' data-node="{_text(group.node)}"' if group.node else ""
    part = f' data-part="{_text(group.part)}"' if group.part else ""
    tip = f"<title>{_text(group.tip, lines=True)}</title>" if group.tip else ""
    return f"<g{moved}{node}{part}>{tip}{_marks(group.marks)}</g>"


def _label(label: Label) -> str:
    """One line of text; sub- and superscripts shift the baseline, so that they follow any font."""
    spans, height = [], 0.0
    for piece in pieces(label):
        dy = f' dy="{_number(height - piece.rise)}"' if piece.rise != height else ""
        dx = f' dx="{_number(-piece.back)}"' if abs(piece.back) > 0.01 else ""
        small = f' font-size="{_number(piece.size)}"' if piece.size != label.size else ""
        italic = ' font-style="italic"' if piece.italic else ""
        height = piece.rise
        text = _text(piece.text)
        spans.append(f"<tspan{dx}{dy}{small}{italic}>{text}</tspan>" if dx or dy or small or italic else text)
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    bold = ' font-weight="600"' if label.bold else ""
    place = f'x="{_number(label.x)}" y="{_number(label.y)}" font-size="{_number(label.size)}"'
    return f'<text class="{label.face} f-{label.colour}" {place}{anchor}{bold}>{"".join(spans)}</text>'


def _path(stroke: Stroke) -> str:
    (first, *rest) = (f"{_number(x)} {_number(y)}" for x, y in stroke.points)
    return f"M{first}{'C' if stroke.curved else 'L'}{' '.join(rest)}{'Z' if stroke.closed else ''}"


def _paint(fill: Role, stroke: Role, width: float, dashed: bool, opacity: float) -> str:
    classes = ["shape", *([f"f-{fill}"] if fill != "none" else []), *([f"s-{stroke}"] if stroke != "none" else [])]
    line = f' stroke-width="{_number(width)}"' if stroke != "none" else ""
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    faint = f' opacity="{_number(opacity)}"' if opacity < 1 else ""
    return f' class="{" ".join(classes)}"{line}{dashes}{faint}'


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _text(text: str, lines: bool = False) -> str:
    """Text within XML: escaped, and without signs that nobody sees, among which are all that XML cannot hold."""
    return escape(visible(text, keep="\n" if lines else ""), quote=True)
