"""Examples in docstrings and in the Markdown files run as tests, with these names at hand."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from sybil import Document, Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

import clearprop as cp


class Page(Document):
    """A page whose examples build on each other: running one runs those before it, wherever the tests are dealt out."""

    def __init__(self, text, path):
        super().__init__(text, path)
        self.begun = set()

    def evaluate(self, example, evaluator):
        for each in (one for one in self.examples() if one.start <= example.start and one.start not in self.begun):
            self.begun.add(each.start)
            super().evaluate(each, each.region.evaluator)


@pytest.fixture(autouse=True)
def _names(doctest_namespace):
    doctest_namespace["cp"] = cp
    doctest_namespace["np"] = np


# They run in the environment of `make docs`.
collect_ignore_glob = ["docs/site/*.py"]

# The widget is there where anywidget is, which no set of packages brings along.
collect_ignore = [] if find_spec("anywidget") else ["src/clearprop/play/widget.py"]

# The pages of the course are run by their build (tests/test_learn.py), each as one program.
pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    document_types={".md": Page},
    patterns=["*.md"],
    excludes=["docs/learn/*/*.md", "docs/learn/source/*/*.md"],
).pytest()
