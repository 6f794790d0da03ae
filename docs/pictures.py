"""The pictures of the README, made anew: python docs/pictures.py"""

from __future__ import annotations

import io
import re
from pathlib import Path

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


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    terminal_page(IMAGES / "train.svg")
    sigmoid(IMAGES / "sigmoid.svg")
