"""Pieces of HTML that pages are made of. What comes from a table is escaped here, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from clearprop.messages import Language
from clearprop.visible import LONGEST_NAME, shown_name


def text(value: object, most: int = LONGEST_NAME) -> str:
    """A name, a label or a value out of someone's table, as HTML: escaped, cut, and kept in its own direction.

    Example:
        >>> text("<b>")
        '<bdi>&lt;b&gt;</bdi>'
    """
    return f"<bdi>{escape(plain(value, most))}</bdi>"


def plain(value: object, most: int = LONGEST_NAME) -> str:
    """The same as plain text, for a sentence that is escaped as a whole."""
    return shown_name(value, most)


def section(name: str, title: str, *parts: str) -> str:
    """A section of the page; without content there is none."""
    body = "\n".join(part for part in parts if part)
    return f'<section id="{name}">\n<h2>{escape(title)}</h2>\n{body}\n</section>' if body else ""


def lead(words: str) -> str:
    """The sentence under a heading that says what one is looking at."""
    return f'<p class="lead">{words}</p>'


def sentences(said: Iterable[str], lang: Language) -> str:
    """Sentences one after the other: Chinese ones need no space between them."""
    return ("" if lang == "zh" else " ").join(sentence for sentence in said if sentence)


def note(words: str) -> str:
    """How something was computed, in small letters."""
    return f'<p class="note">{words}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table whose cells are HTML; it scrolls by itself where the page is narrow."""
    titles = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    thead = f"<thead><tr>{titles}</tr></thead>\n" if head else ""
    return f'<div class="wide"><table class="{kind}">\n{thead}<tbody>\n{lines}\n</tbody></table></div>'


def bar(start: float, end: float, colour: str = "blue", spread: tuple[float, float] | None = None) -> str:
    """A bar from one place to another, both as a share of the cell, perhaps with a whisker."""
    left, right = sorted((start, end))
    whisker = "" if spread is None else f'<b style="left:{spread[0]:.2%};width:{spread[1] - spread[0]:.2%}"></b>'
    return f'<div class="bar"><i class="{colour}" style="left:{left:.2%};width:{right - left:.2%}"></i>{whisker}</div>'
