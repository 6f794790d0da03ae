"""Pages and pictures that clearprop makes, for the site to show: step by step, derivations, drawings, a report."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

import pages

import clearprop as cp

LEARN = pages.ROOT / "docs" / "learn"


def by_hand() -> cp.Trace:
    """The network of page 7 of the course, with its sample."""
    layers = [cp.Dense(2, "sigmoid"), cp.Dense(1, "sigmoid")]
    net = cp.Network(2, layers, "binary_cross_entropy", dtype="float64")
    net.parameters["W1"], net.parameters["b1"] = [[1, 1], [-0.5, 0.5]], [-0.5, 0]
    net.parameters["W2"], net.parameters["b2"] = [[1], [-0.5]], [0]
    return net.trace([1, 0], 1)


def by_layers() -> cp.Trace:
    """A network that is walked layer by layer."""
    layers = [cp.Dense(6, "relu"), cp.Dense(3, "softmax")]
    return cp.Network(4, layers, "cross_entropy", seed=0).trace([[0.2, -1.0, 0.5, 1.5]], [2])


@functools.cache
def files(lang: str) -> dict[str, str]:
    """What is made, by its path in the repository, if it stood there."""
    small, large = by_hand(), by_layers()
    x = cp.variable("x")
    sigmoid = 1 / (1 + cp.exp(-x))
    made = {
        "by-hand.html": small.step_by_step(lang=lang).to_html(),
        "by-layers.html": large.step_by_step(lang=lang).to_html(),
        "derivation.html": small.explain(lang=lang, detail="elements").to_html(),
        "report.html": report(lang),
        "sigmoid-values.svg": cp.draw(sigmoid, {x: 0.5}).svg,
        "sigmoid-letters.svg": cp.draw(sigmoid, upstream="g").svg,
        "sigmoid-simplified.svg": cp.draw(sigmoid, {x: 0.5}, view="simplification", lang=lang).svg,
        "layers.svg": cp.draw(small).svg,
        "fused.svg": cp.draw(small, zoom="fused").svg,
        "circles.svg": cp.draw(small, view="circles").svg,
    }
    return {f"docs/site/lessons/{name}": text for name, text in (made | course(lang)).items()}


def course(lang: str) -> dict[str, str]:
    """The step by step page of each page of the course that has a network."""
    sys.path.append(str(LEARN))  # here, since MkDocs puts the path back as it was when it has loaded the hooks
    from course.page import read_page

    read = [read_page(path, lang) for path in sorted((LEARN / "source" / lang).glob("[0-9]*.md"))]
    return {name: lesson.to_html() for page in read for name, lesson in page.lessons.items()}


def report(lang: str) -> str:
    """The report of `clearprop train demo:wine`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "clearprop.app.cli", "train", "demo:wine", "--lang", lang, "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return (Path(folder) / "report.html").read_text(encoding="utf-8")
