"""Contours enclose what they should, fills add up to the opacity they promise, words below keep to the width."""

from __future__ import annotations

import re

import numpy as np
import pytest

from clearprop.present.figure import Axis, Contour, Entry, Field, Filled, Mosaic, Plot, Region, explained, tiled
from clearprop.present.figure.contours import rings
from clearprop.present.figure.scene import Area, Circle, Picture, Rect, Stroke, flat
from clearprop.present.figure.sheet import remarks, wrapped
from clearprop.present.figure.text import text_width
from clearprop.present.page import page


def enclosed(ring):
    """The signed area of an outline (the shoelace formula)."""
    rows, columns = ring.T
    return 0.5 * float(np.sum(rows * np.roll(columns, -1) - columns * np.roll(rows, -1)))


def square(*marks, low=-2.0, high=2.0):
    axis = Axis(low, high, given=())
    return Plot("a square", axis, axis, marks, width=100, height=100, grid="").picture()


def shapes(picture, kind):
    return [mark for mark, _, _ in flat(picture.marks) if isinstance(mark, kind)]


GRID = np.linspace(-2, 2, 81)
X, Y = np.meshgrid(GRID, GRID)


def test_an_outline_encloses_what_is_above_the_level():
    (disc,) = rings(1 - X**2 - Y**2, 0.0)
    assert abs(enclosed(disc)) * 0.05**2 == pytest.approx(np.pi, rel=2e-3)


def test_a_hole_runs_the_other_way_round():
    outer, hole = sorted(rings(X**2 + Y**2, 1.0), key=lambda ring: -abs(enclosed(ring)))
    assert enclosed(outer) * enclosed(hole) < 0
    assert (abs(enclosed(outer)) - abs(enclosed(hole))) * 0.05**2 == pytest.approx(16 - np.pi, rel=1e-3)


@pytest.mark.parametrize(("middle", "pieces"), [(0.4, 1), (-0.4, 2)])
def test_a_saddle_is_decided_by_its_middle(middle, pieces):
    values = np.array([[1.0, -1.0], [-1.0, 1.0]]) + middle
    assert len(rings(values, 0.0)) == pieces


def test_outlines_of_random_fields_enclose_each_point_above_and_no_other():
    """By the winding number of every point of the grid."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.normal(size=(6, 7))
        found = rings(values, 0.1)
        for (i, j), value in np.ndenumerate(values):
            if 0 < i < 5 and 0 < j < 6:
                assert bool(sum(winding(ring, i, j) for ring in found)) == (value >= 0.1)


def test_what_is_no_number_is_left_out_as_far_as_its_neighbours():
    values = np.ones((5, 5))
    values[2, 2] = np.nan
    outer, hole = sorted(rings(values, 0.5), key=lambda ring: -abs(enclosed(ring)))
    assert (abs(enclosed(outer)), abs(enclosed(hole))) == (16.0, 2.0)
    values[2, 2] = np.inf
    assert [abs(enclosed(ring)) for ring in rings(values, 0.5)] == [16.0]


def winding(ring, i, j):
    angles = np.unwrap(np.arctan2(*(np.vstack([ring, ring[:1]]) - (i, j)).T))
    return round((angles[-1] - angles[0]) / (2 * np.pi))


def test_a_contour_is_where_the_value_is_and_ends_at_the_ends_of_the_field():
    (line,) = shapes(square(Contour(Field(X + Y, GRID, GRID), 1.0)), Stroke)
    points = np.array(line.points)
    x, y = (points[:, 0] - 16) / 25 - 2, 2 - (points[:, 1] - 10) / 25
    assert np.allclose(x + y, 1.0, atol=1e-9)
    assert sorted([x[0], x[-1]]) == [-1.0, 2.0]
    assert len(points) <= 4, "points on a straight line are left out"


def test_a_contour_in_several_pieces_and_a_closed_one():
    pieces = shapes(square(Contour(Field(np.abs(X), GRID, GRID), 1.0)), Stroke)
    assert len(pieces) == 2
    (ring,) = shapes(square(Contour(Field(X**2 + Y**2, GRID, GRID), 1.0)), Stroke)
    assert ring.points[0] == ring.points[-1]


def test_steps_of_colour_add_up_to_equal_steps_of_opacity():
    filled = Filled(Field(X, GRID, GRID), (-1.5, -0.5, 0.5, 1.5), 0.0, strength=0.8)
    layers = shapes(square(filled), Area)
    assert [layer.fill for layer in layers] == ["blue", "blue", "orange", "orange"]
    seen = 1 - np.cumprod([1 - layer.opacity for layer in layers[:2]])
    assert seen == pytest.approx([0.4, 0.8], abs=1e-4)
    shades = [(colour, opacity, rows.tolist()) for colour, opacity, rows in filled.shades(np.array([-2, 0.0, 1, 3]))]
    assert shades == [("blue", 0.4, [2]), ("blue", 0.8, [3]), ("orange", 0.4, []), ("orange", 0.8, [0])]


def test_a_scale_has_the_colours_where_the_values_are():
    strip = Filled(Field(X, GRID, GRID), (0.0, 10.0), -np.inf).scale(Axis(-10, 20), "a value", 300).picture()
    lefts = [min(x for ring in area.outlines for x, _ in ring) for area in shapes(strip, Area)]
    assert lefts == pytest.approx([16 + 100, 16 + 200], abs=0.2)
    log = Filled(Field(X, GRID, GRID), (10.0,)).scale(Axis(1, 100, log=True), "", 300).picture()
    (area,) = shapes(log, Area)
    assert min(x for x, _ in area.outlines[0]) == pytest.approx(16 + 150, abs=0.2)


def test_a_region_and_nothing_where_there_is_none():
    assert len(shapes(square(Region(Field(X, GRID, GRID), "green")), Area)) == 1
    assert not shapes(square(Region(Field(-1 - X**2, GRID, GRID), "green")), Area)
    assert not shapes(square(Region(Field(X * np.nan, GRID, GRID), "green")), Area)


def test_cells_of_one_shade_are_one_shape():
    axis = Axis(0, 2, given=()), Axis(2, 0, given=())
    plot = Plot("", *axis, (Mosaic([[1.0, 1.0], [0.0, -0.5]]),), width=20, height=20, grid="")
    blue, orange = shapes(plot.picture(), Area)
    assert (blue.fill, len(blue.outlines), blue.opacity) == ("blue", 2, 0.8)
    assert (orange.fill, orange.outlines, orange.opacity) == (
        "orange",
        (((26.0, 20.0), (36.0, 20.0), (36.0, 30.0), (26.0, 30.0)),),
        0.4,
    )


def test_areas_are_written_and_painted_with_their_holes():
    ring = tuple((20 + 15 * np.cos(t), 20 + 15 * np.sin(t)) for t in np.linspace(0, 6, 12))
    hole = tuple((20 + 6 * np.cos(t), 20 - 6 * np.sin(t)) for t in np.linspace(0, 6, 12))
    picture = Picture("a ring", 40, 40, (Area((ring, hole), "red"),))
    assert picture.svg.count("M") - picture.svg.count("Microsoft") >= 2
    assert re.search(r'<path d="M[^"]+ZM[^"]+Z" class="shape f-red"/>', picture.svg)
    pixels = painted(picture)
    assert tuple(pixels[20, 20]) == (255, 255, 255), "the hole"
    assert tuple(pixels[20, 10]) == (0xB3, 0x26, 0x1E)


def painted(picture):
    image = pytest.importorskip("matplotlib.image")
    import io

    return (image.imread(io.BytesIO(picture.png(1.0)))[:, :, :3] * 255).round().astype(int)


def test_colours_of_many_kinds_bring_their_style_and_a_page_allows_it():
    plain = Picture("", 10, 10, (Circle(5, 5, 2, "blue"),))
    many = Picture("", 10, 10, (Circle(5, 5, 2, "purple"),))
    assert plain.svg.count("<style>") == 1
    assert many.svg.count("<style>") == 2
    import base64
    import hashlib

    (_, hues) = re.findall("<style>(.*?)</style>", many.svg)
    digest = base64.b64encode(hashlib.sha256(hues.encode()).digest()).decode()
    assert digest in page("t", many.svg)
    assert tuple(painted(many)[5, 5]) == (0x7B, 0x3F, 0xA0)


# --- what stands below


def test_sentences_are_broken_where_they_may_be():
    lines = list(wrapped("a sentence that is far too long for its line", 100))
    assert " ".join(lines) == "a sentence that is far too long for its line"
    assert all(text_width(line, 12, "words") <= 100 for line in lines)
    chinese = list(wrapped("样本按这两个输入定位，而预测用到其全部输入，因此可能落在另一种颜色中。", 120))
    assert "".join(chinese).startswith("样本按这两个输入定位，")
    assert not any(line[0] in "，。" for line in chinese)
    assert list(wrapped("", 100)) == []


def test_a_picture_with_a_legend_and_remarks_holds_them():
    inner = square(Region(Field(X, GRID, GRID), "green"))
    entries = [Entry("a first kind of line", "blue"), Entry("dots", "red", "ring"), Entry("cells", "teal", "patch")]
    whole = explained("all", inner, "en", entries, ["A sentence."] * 3, None)
    assert whole.width >= inner.width
    assert whole.height > inner.height + 3 * 12
    written = [(mark.y + y) for mark, x, y in flat(whole.marks) if hasattr(mark, "runs")]
    assert max(written) < whole.height
    assert explained("bare", inner, "en").height == inner.height
    assert remarks([], 100, "en").height == 0


def test_tiles_stand_in_rows():
    ten = Picture("", 10, 10, (Rect(0, 0, 10, 10, "blue"),))
    placed = [(x, y) for _, x, y in flat(tiled("five", [ten] * 5, 3, gap=2).marks)]
    assert placed == [(0, 0), (12, 0), (24, 0), (0, 12), (12, 12)]
