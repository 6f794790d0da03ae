"""Documents as text, Markdown, LaTeX, HTML and JSON."""

from clearprop.present.writers.html import document_style, html_of, inline, notebook_of, page_of
from clearprop.present.writers.json import json_of
from clearprop.present.writers.latex import latex_of, markdown_of
from clearprop.present.writers.text import text_of

__all__ = [
    "document_style",
    "html_of",
    "inline",
    "json_of",
    "latex_of",
    "markdown_of",
    "notebook_of",
    "page_of",
    "text_of",
]
