"""Examples in docstrings and in the Markdown files run as tests, with these names at hand."""

from __future__ import annotations

import numpy as np
import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

import clearprop as cp


@pytest.fixture(autouse=True)
def _names(doctest_namespace):
    doctest_namespace["cp"] = cp
    doctest_namespace["np"] = np


# They run in the environment of `make docs`.
collect_ignore_glob = ["docs/site/*.py"]

# The pages of the course are run by their build (tests/test_learn.py), each as one program.
pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    excludes=["docs/learn/*/*.md", "docs/learn/source/*/*.md"],
).pytest()
