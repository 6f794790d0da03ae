"""Plots: values stand where they should, axes have round numbers, words speak the language of the plot."""

from __future__ import annotations

import re

import numpy as np
import pytest

from clearprop.messages import Message
from clearprop.present.document import Document, Figure
from clearprop.present.figure import Axis, Band, Bars, Dots, Heat, Line, Note, Plot, Rule
from clearprop.present.figure.plot import side_by_side
from clearprop.present.figure.scene import Circle, Label, Rect, Stroke
from clearprop.present.formula import parse
from clearprop.present.writers import html_of


def square(*marks, x=(0, 1), y=(0, 1), log=False):
    """A plot of 100 × 100 pixels without anything written, from (16, 10)."""
    axes = (Axis(*x, log=log, given=()), Axis(*y, log=log, given=()))
    return Plot("a square", *axes, marks, width=100, height=100, grid="").picture()


def of_kind(picture, kind):
    return [mark for mark in picture.marks if isinstance(mark, kind)]


def texts(picture):
    return ["".join(text for text, _, _ in label.runs) for label in of_kind(picture, Label)]


# --- axes


@pytest.mark.parametrize(
    ("low", "high", "log", "expected"),
    [
        (0, 1, False, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-3, 42, False, ["0", "10", "20", "30", "40"]),
        (0, 250_000, False, ["0", "50k", "100k", "150k", "200k", "250k"]),
        (0.07, 0.6, True, ["0.1", "0.2", "0.5"]),
        (1e-6, 1e6, True, ["10⁻⁶", "10⁻⁴", "0.01", "1", "100", "10⁴", "10⁶"]),
        (3, 4, True, ["3", "4"]),
    ],
)
def test_axes_have_round_numbers(low, high, log, expected):
    ticks = Axis(low, high, log).ticks()
    assert [text for _, text in ticks] == expected
    assert all(low <= value <= high for value, _ in ticks)


def test_epochs_are_whole():
    assert Axis(1, 2, whole=True).ticks() == [(1.0, "1"), (2.0, "2")]
    assert len(Axis(1, 2).ticks()) > 2


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[1e-320, 1.7e308], [-1.7e308, 1.7e308], [1.7e308, 1.7e308]])
def test_an_axis_of_the_largest_numbers_has_ends_and_ticks(values, log):
    axis = Axis.of(values, log).padded(0.08)
    assert np.isfinite([axis.low, axis.high, axis.high - axis.low]).all()
    assert axis.low < axis.high
    assert all(axis.low <= value <= axis.high for value, _ in axis.ticks())


def test_an_axis_is_never_empty_and_counts_what_it_can_show():
    assert Axis.of([3.0, 3.0]).low < 3 < Axis.of([3.0, 3.0]).high
    assert Axis.of([np.nan, 0.0, 2.0, 8.0, np.inf], log=True) == Axis(2.0, 8.0, log=True)
    assert Axis.of([]).low < Axis.of([]).high
    padded = Axis(1.0, 100.0, log=True).padded()
    assert padded.low * padded.high == pytest.approx(100)


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [(0, 1, False), (-3.2, 17, False), (1e-9, 3e-9, False), (1e6, 4.5e6, False), (0.02, 0.9, True), (1e-8, 1e3, True)],
)
def test_ticks_are_few_round_and_in_range(low, high, log):
    ticks = [value for value, _ in Axis(low, high, log).ticks()]
    assert 2 <= len(ticks) <= 12
    assert ticks == sorted(ticks)
    assert low <= ticks[0] * (1 + 1e-9)
    assert ticks[-1] <= high * (1 + 1e-9)
    steps = ticks if log else np.diff(ticks)
    assert {float(f"{step:.3e}"[:5]) for step in steps} <= {1.0, 2.0, 5.0}


def test_values_that_are_all_the_same_still_have_an_axis():
    for value in (0.0, 3.0, -2.0):
        assert Axis.of([value, value]).share(value) == pytest.approx(0.5)
    assert Axis.of([3.0], log=True).share(3.0) == pytest.approx(0.5)


# --- marks


def test_marks_stand_where_their_values_are():
    (dot,) = of_kind(square(Dots([0.25], [0.75])), Circle)
    assert (dot.x, dot.y) == (16 + 25, 10 + 25)
    (dot,) = of_kind(square(Dots([10], [1000]), x=(1, 100), y=(1, 1000), log=True), Circle)
    assert (dot.x, dot.y) == (pytest.approx(16 + 50), pytest.approx(10))
    (line,) = of_kind(square(Line([0, 1], [0, 0.5])), Stroke)
    assert line.points == ((16, 110), (116, 60))
    (area,) = of_kind(square(Band([0, 1], 0, [0.5, 2])), Stroke)
    assert area.points == ((16, 60), (116, 10), (116, 110), (16, 110))
    (rule,) = of_kind(square(Rule(y=0.5)), Stroke)
    assert {y for _, y in rule.points} == {60}
    assert not of_kind(square(Rule(y=1.5), Dots([2], [0])), Stroke | Circle)


def test_a_line_is_broken_where_it_leaves_the_axes_or_is_no_number():
    pieces = of_kind(square(Line([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 1, np.nan, 1, 1, 7, 1])), Stroke)
    assert [len(piece.points) for piece in pieces] == [2, 2]


def test_bars_upright_and_sideways():
    upright = of_kind(square(Bars([0, 0.5, 1], [0.5, np.nan], gap=0)), Rect)
    assert [(r.x, r.y, r.width, r.height) for r in upright] == [(16, 60, 50, 50)]
    sideways = of_kind(square(Bars([0, 1, 2], [10, 0], sideways=True, gap=0), x=(1, 100), y=(2, 0.1), log=True), Rect)
    assert [(r.x, r.width) for r in sideways] == [(16, pytest.approx(50))], "a bar of 0 has no place on a log axis"
    steps = of_kind(square(Bars([0, 0.5, 1], [0.75, 0.5], gap=0, starts=[0.25, 0.75])), Rect)
    assert [(r.y, r.height) for r in steps] == [(35, 50), (35, 25)], "a bar may begin anywhere, and go down"


def test_cells_show_sign_and_size():
    cells = of_kind(square(Heat([[1.0, -0.5], [0.0, np.nan]]), x=(0, 2), y=(2, 0)), Rect)
    assert [(c.x, c.y, c.width, c.height, c.fill, c.opacity) for c in cells] == [
        (16, 10, 50, 50, "blue", 1.0),
        (66, 10, 50, 50, "orange", 0.5),
    ]


# --- words


def test_names_of_lines_stand_at_their_ends_and_apart():
    lines = [Line([0, 1], [0, level], label=f"line {level}") for level in (0.5, 0.5, 0.52)]
    labels = of_kind(square(*lines), Label)
    heights = sorted(label.y for label in labels)
    assert len(heights) == 3
    assert min(np.diff(heights)) >= 14
    picture = square(*lines)
    assert picture.width > max(label.x for label in labels) + 30, "and there is room for them"


def test_words_speak_the_language_of_the_plot():
    title = Message("derivation.loss")
    plot = Plot(
        title,
        Axis(0, 1),
        Axis(0, 1),
        (Note(0.5, 0.5, title), Line([0, 1], [0, 1], label=parse(r"\sigma(z)"))),
        titles=(title, "$ price $"),
    )
    assert {"Loss", "$ price $", "σ(z)"} <= set(texts(plot.picture("en")))
    assert "损失函数" in texts(plot.picture("zh"))
    assert plot.picture("zh").title == "损失函数"
    html = html_of(Document("", (Figure(plot, title),)), "zh")
    assert 'aria-label="损失函数"' in html
    assert "Loss" not in re.sub("<style>.*?</style>", "", html)


def test_a_plot_becomes_svg_and_png():
    pytest.importorskip("matplotlib")
    picture = Plot("<b>", Axis(0, 1), Axis(0, 1), (Line([0, 1], [0, 1]),)).picture()
    assert "<b>" not in picture.svg
    assert picture.png()[:4] == b"\x89PNG"
    pair = side_by_side("two", [picture, picture])
    assert pair.width == 2 * picture.width + 24
