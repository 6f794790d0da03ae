"""What the README shows is what the code prints."""

from __future__ import annotations

from pathlib import Path

import clearprop as cp

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_printed_graphs():
    x, g = cp.variable("x"), cp.variable("g")
    y = (1 / (1 + cp.exp(-x))).named("y")
    graph = cp.Graph({"y": y, "dx": cp.gradient(y, x, upstream=g)})
    assert f"```text\n{graph}\n{cp.simplify(graph)}\n```" in README
