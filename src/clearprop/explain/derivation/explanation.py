"""`Explanation`: a derivation that can be printed, shown in a notebook and written to a file."""

from __future__ import annotations

import os
from pathlib import Path

from clearprop.errors import InvalidValueError
from clearprop.explain.derivation.document import Document
from clearprop.explain.derivation.render import STYLE, html_of, latex_of, markdown_of, page_of, text_of
from clearprop.files import checked_path, write_atomically
from clearprop.present.page import fragment


class Explanation:
    """How the numbers of a trace follow from each other, in words and formulas.

    `print(e)` shows it as text; a notebook shows it with real formulas; `e.save("lesson.html")` writes it.

    Attributes:
        document: sections, steps and equations as plain data.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def to_text(self, width: int | None = None) -> str:
        """For the terminal: one line per side of an equation; no line longer than `width`, if that is given."""
        return text_of(self.document, width)

    def to_markdown(self) -> str:
        """Markdown, with LaTeX between $$."""
        return markdown_of(self.document)

    def to_latex(self) -> str:
        """A LaTeX document; for Chinese it asks for ctex."""
        return latex_of(self.document)

    def to_html(self) -> str:
        """A whole web page that needs no network; its formulas are MathML."""
        return page_of(self.document)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .txt, .md, .tex or .html file.

        Raises:
            InvalidValueError: for another ending.
            FileError: if it cannot be written.
        """
        writers = {".txt": self.to_text, ".md": self.to_markdown, ".tex": self.to_latex, ".html": self.to_html}
        path = Path(checked_path(path))
        if path.suffix not in writers:
            raise InvalidValueError(f"a file ending in {path.suffix!r}", " or ".join(writers))
        write_atomically(path, writers[path.suffix]().encode())

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(html_of(self.document), STYLE)
