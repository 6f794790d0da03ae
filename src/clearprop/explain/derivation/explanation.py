"""`Explanation`: a document in one language, to be printed, shown in a notebook, or written to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.files import checked_path, write_atomically
from clearprop.messages import Language
from clearprop.present.document import Document
from clearprop.present.writers import json_of, latex_of, markdown_of, notebook_of, page_of, text_of


class Explanation:
    """How the numbers of a trace follow from each other, in words and formulas.

    `print(e)` shows it as text; a notebook shows it with real formulas; `e.save("lesson.html")` writes it.

    Attributes:
        document: sections, steps and equations as plain data, in no language.
        lang: what its words are said in.
    """

    def __init__(self, document: Document, lang: Language = "en") -> None:
        self.document, self.lang = document, lang

    def to_text(self, width: int | None = None) -> str:
        """For the terminal: one line per side of an equation; no line longer than `width`, if that is given."""
        return text_of(self.document, self.lang, width)

    def to_markdown(self) -> str:
        """Markdown, with LaTeX between $$."""
        return markdown_of(self.document, self.lang)

    def to_latex(self) -> str:
        """A LaTeX document; for Chinese it asks for ctex."""
        return latex_of(self.document, self.lang)

    def to_html(self) -> str:
        """A whole web page that needs no network; its formulas are MathML."""
        return page_of(self.document, self.lang)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON: sections and steps, formulas as text and LaTeX, messages as keys with their values."""
        return json_of(self.document, self.lang)

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
        return notebook_of(self.document, self.lang)
