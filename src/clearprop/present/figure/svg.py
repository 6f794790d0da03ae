"""Pictures as SVG: one element that stands alone or within a page, with no identifiers that could clash there.

Colours are classes. Within a page that defines --ink, --blue, … they are the page's; standing alone they are the
palette's, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from clearprop.present.figure.palette import DARK, DARK_HUES, LIGHT, LIGHT_HUES
from clearprop.present.figure.scene import Area, Circle, Group, Label, Mark, Picture, Rect, Shape, Stroke, flat
from clearprop.present.figure.text import placed_runs
from clearprop.visible import visible

MATH_FONTS = '"STIX Two Text","Latin Modern Roman","Cambria","Times New Roman","Liberation Serif","STIXGeneral",serif'
WORD_FONTS = (
    '"Helvetica Neue",Helvetica,Arial,"Liberation Sans","Noto Sans","Noto Sans CJK SC","PingFang SC",'
    '"Microsoft YaHei",sans-serif'
)


def _variables(colours: Mapping[str, str]) -> str:
    return ";".join(f"--cp-{role}:var(--{role},{value})" for role, value in colours.items())


def _themes(light: Mapping[str, str], dark: Mapping[str, str]) -> str:
    return f".cp-picture{{{_variables(light)}}}@media (prefers-color-scheme:dark){{.cp-picture{{{_variables(dark)}}}}}"


def _paints(roles: Iterable[str]) -> str:
    roles = list(roles)
    return "".join(f".cp-picture .f-{role}{{fill:var(--cp-{role})}}" for role in roles) + "".join(
        f".cp-picture .s-{role}{{stroke:var(--cp-{role})}}" for role in roles
    )


STYLE = (
    f"{_themes(LIGHT, DARK)}.cp-picture .shape{{fill:none;stroke:none;stroke-linecap:round;stroke-linejoin:round}}"
    f"{_paints(LIGHT)}.cp-picture text{{stroke:none;white-space:pre}}"
    f".cp-picture .math{{font-family:{MATH_FONTS}}}.cp-picture .words{{font-family:{WORD_FONTS}}}"
)
HUES_STYLE = _themes(LIGHT_HUES, DARK_HUES) + _paints(LIGHT_HUES)  # of pictures with colours for many kinds


def to_svg(picture: Picture) -> str:
    """A picture as an SVG element."""
    w, h = _number(picture.width), _number(picture.height)
    narrowest = _number(picture.width * picture.shrinks_to)  # on a page with less room a reader scrolls
    title = _text(picture.title)
    sheet = Rect(0, 0, picture.width, picture.height, fill="paper")
    styles = f"<style>{STYLE}</style>" + (f"<style>{HUES_STYLE}</style>" if _has_hues(picture) else "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cp-picture" role="img" aria-label="{title}" '
        f'width="{w}" height="{h}" viewBox="0 0 {w} {h}" style="min-width:{narrowest}px">'
        f"<title>{title}</title>{styles}{''.join(map(_mark, [sheet, *picture.marks]))}</svg>"
    )


def _has_hues(picture: Picture) -> bool:
    marks = [mark for mark, _, _ in flat(picture.marks)]
    used = {mark.colour for mark in marks if isinstance(mark, Label)}
    used |= {role for mark in marks if isinstance(mark, Shape) for role in (mark.fill, mark.stroke)}
    return not used.isdisjoint(LIGHT_HUES)


def _mark(mark: Mark) -> str:
    match mark:
        case Area(outlines=outlines):
            rings = ("L".join(f"{_number(x)} {_number(y)}" for x, y in outline) for outline in outlines)
            return f'<path d="{"".join(f"M{ring}Z" for ring in rings)}"{_paint(mark)}/>'
        case Stroke(points=points):
            (first, *rest) = (f"{_number(x)} {_number(y)}" for x, y in points)
            path = f"M{first}{'C' if mark.curved else 'L'}{' '.join(rest)}{'Z' if mark.closed else ''}"
            return f'<path d="{path}"{_paint(mark)}/>'
        case Rect():
            size = _attributes(x=mark.x, y=mark.y, width=mark.width, height=mark.height)
            rounded = _attributes(rx=mark.radius) if mark.radius else ""
            return f"<rect{size}{rounded}{_paint(mark)}/>"
        case Circle():
            return f"<circle{_attributes(cx=mark.x, cy=mark.y, r=mark.radius)}{_paint(mark)}/>"
        case Label():
            return _label(mark)
        case Group():
            return _group(mark)


def _group(group: Group) -> str:
    moved = f' transform="translate({_number(group.x)} {_number(group.y)})"' if group.x or group.y else ""
    node = f' data-node="{_text(group.node)}"' if group.node else ""
    part = f' data-part="{_text(group.part)}"' if group.part else ""
    tip = f"<title>{_text(group.tip, lines=True)}</title>" if group.tip else ""
    return f"<g{moved}{node}{part}>{tip}{''.join(map(_mark, group.marks))}</g>"


def _label(label: Label) -> str:
    """One line of text; sub- and superscripts shift the baseline, so that they follow any font."""
    spans, last_rise = [], 0.0  # how far the piece before stands above the line
    for piece in placed_runs(label.runs, label.size, label.face):
        dx = _attributes(dx=-piece.back) if abs(piece.back) > 0.01 else ""  # a subscript below a superscript
        dy = _attributes(dy=last_rise - piece.rise) if piece.rise != last_rise else ""
        small = f' font-size="{_number(piece.size)}"' if piece.size != label.size else ""
        moved = f"{dx}{dy}{small}" + (' font-style="italic"' if piece.italic else "")
        last_rise = piece.rise
        spans.append(f"<tspan{moved}>{_text(piece.text)}</tspan>" if moved else _text(piece.text))
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    bold = ' font-weight="600"' if label.bold else ""
    place = f'{_attributes(x=label.x, y=label.y)} font-size="{_number(label.size)}"'
    return f'<text class="{label.face} f-{label.colour}"{place}{anchor}{bold}>{"".join(spans)}</text>'


def _paint(shape: Shape) -> str:
    fill = f" f-{shape.fill}" if shape.fill != "none" else ""
    stroke = f" s-{shape.stroke}" if shape.stroke != "none" else ""
    line = f' stroke-width="{_number(shape.line)}"' if stroke else ""
    dashes = ' stroke-dasharray="4 3"' if shape.dashed else ""
    faint = _attributes(opacity=shape.opacity) if shape.opacity < 1 else ""
    return f' class="shape{fill}{stroke}"{line}{dashes}{faint}'


def _attributes(**numbers: float) -> str:
    return "".join(f' {name}="{_number(value)}"' for name, value in numbers.items())


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(text: str, lines: bool = False) -> str:
    """Text within XML: escaped, and without signs that nobody sees, among which are all that XML cannot hold."""
    return escape(visible(text, keep="\n" if lines else ""), quote=True)
