"""The pictures of the README and of the guide to explaining, made anew: python docs/pictures.py"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.terminal_theme import TerminalTheme

import clearprop as cp
from clearprop.app import screen
from clearprop.app.files import curves_as_png
from clearprop.estimators import TableModel
from clearprop.report.overview import training_overview
from clearprop.report.page import title
from clearprop.report.summary import summary_of_fit
from clearprop.table import load_demo

IMAGES = Path(__file__).parent / "images"
DEMO = "wine"
LIGHT = TerminalTheme(
    (252, 252, 250),
    (45, 49, 56),
    [
        (45, 49, 56),
        (178, 34, 34),
        (46, 125, 50),
        (176, 125, 0),
        (52, 101, 164),
        (123, 31, 162),
        (0, 121, 135),
        (120, 120, 120),
    ],
)


def terminal_page(path: Path) -> None:
    """`clearprop train demo:wine` as a terminal shows it."""
    frame = load_demo(DEMO)
    fit = TableModel.train(frame, "target")
    summary = summary_of_fit(f"demo:{DEMO}", frame.shape, fit, cp.Recipe().to_dict())
    console = Console(record=True, width=84, file=io.StringIO(), force_terminal=True)
    console.print(screen.terminal_page(training_overview(summary), "en", summary["clearprop"]), highlight=False)
    svg = console.export_svg(title=f"$ clearprop train demo:{DEMO}", theme=LIGHT, unique_id="page")
    svg = re.sub(r"@font-face\s*{.*?}", "", svg, flags=re.DOTALL)  # the fonts would be loaded from elsewhere
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace")
    path.write_text(re.sub(r"[ \t]+\n", "\n", svg), encoding="utf-8")
    path.with_name("learning-curves.png").write_bytes(curves_as_png(fit.history, title(summary), "en"))


def sigmoid(path: Path) -> None:
    """Syllabus 4.7: four nodes become one."""
    x = cp.variable("x")
    cp.draw(1 / (1 + cp.exp(-x)), {x: 0.5}, view="simplification").save(path)


def plots(folder: Path, lang: str) -> None:
    """Those of the guide: a boundary, a fit, and the ways of three optimizers."""
    ending = ".svg" if lang == "en" else f".{lang}.svg"
    angle = np.random.default_rng(0).uniform(0, np.pi, 200)
    moons = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    moons[100:] = [1, 0.5] - moons[100:]
    points, labels = moons + np.random.default_rng(1).normal(0, 0.2, moons.shape), np.repeat([0, 1], 100)
    two = cp.Network(2, [cp.Dense(8, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=2)
    two.fit(points, labels, optimizer=cp.Adam(0.05), epochs=100)
    cp.plot.boundary(two, points, labels, lang=lang).save(folder / f"plot-boundary{ending}")
    x = np.linspace(-1, 1, 50)
    parabola = cp.Network(1, [cp.Dense(3, "relu"), cp.Dense(1)], "squared_error", seed=0)
    parabola.fit(x[:, None], x**2, optimizer=cp.Adam(0.02), epochs=400)
    cp.plot.fit(parabola, x, x**2, lang=lang).save(folder / f"plot-fit{ending}")
    valley = cp.Network(2, [cp.Dense(1, bias=False)], "squared_error", dtype="float64")
    optimizers = [cp.GradientDescent(0.18), cp.SGD(0.1, momentum=0.6), cp.Adam(0.3)]
    picture = cp.plot.loss_surface(
        valley, [[1, 0], [0, 20**0.5]], [0, 0], optimizer=optimizers, start=(-4, 1), steps=40, lang=lang
    )
    picture.save(folder / f"plot-surface{ending}")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    terminal_page(IMAGES / "train.svg")
    sigmoid(IMAGES / "sigmoid.svg")
    for language in ("en", "zh"):
        plots(IMAGES, language)
