"""The terminal: what is printed there cannot act on it, and no name is read as markup or as the code of an emoji."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from clearprop.visible import LONGEST_TEXT, shortened, visible


class Screen(Console):
    """A console of Rich on which every piece of text is visible, whoever made it; colours and motion are Rich's own."""

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces of what is drawn."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(visible(piece.text, keep="\n"), piece.style)


def visible_text(text: str, style: str = "", **options: Any) -> Text:
    """A text for a page: made visible before it is laid out, so that columns are as wide as what they hold."""
    return Text(shortened(visible(text), LONGEST_TEXT), style=style, **options)


def print_lines(text: str, end: str = "\n") -> None:
    """Print lines of text as they stand, everything in them visible."""
    print(visible(text, keep="\n"), end=end)


def tell(message: str) -> None:
    """One line on the standard error stream, whatever letters are in it; if nothing can be told there, it is not."""
    with suppress(OSError):
        print(visible(message), file=sys.stderr, flush=True)
