"""Lines of text, English and Chinese, end where they may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group

from clearprop.app.terminal import visible_text
from clearprop.present.lines import in_lines, pieces
from clearprop.visible import columns_of

SENTENCE = (
    "各成员的权重取自其最佳轮次：由此走向最后轮次并不会降低留出行的损失（0.1284；最后轮次 0.1375），"
    "as R² 12,345.678 tells"
)


@given(st.text(alphabet="ab 1.，（）损失", max_size=60), st.integers(1, 20))
def test_lines_hold_all_of_the_text_and_are_no_wider_than_they_must_be(text, width):
    parts = list(pieces(text))
    assert "".join(parts) == text
    widest = max(width, *(columns_of(part.rstrip()) for part in parts))
    lines = list(in_lines(parts, lambda line: columns_of(line) <= width))
    assert all(columns_of(line) <= widest for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("width", range(12, 80))
def test_no_number_is_cut_in_two_on_a_terminal(width):
    console = Console(width=width)
    with console.capture() as printed:
        console.print(Group(visible_text(SENTENCE, overflow="fold")))
    lines = [line.rstrip() for line in printed.get().splitlines()]
    assert max(map(columns_of, lines)) <= width
    for number in ("（0.1284；", "0.1375）", "12,345.678"):
        assert any(number in line for line in lines)
    assert not any(line[0] in "，。；：、）" or line[-1] == "（" for line in lines if line)


def test_what_has_no_room_on_a_line_is_folded():
    console = Console(width=10)
    with console.capture() as printed:
        console.print(Group(visible_text("x" * 25, overflow="fold")))
    assert printed.get().split() == ["x" * 10, "x" * 10, "x" * 5]
