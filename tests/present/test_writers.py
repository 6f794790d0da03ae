"""Documents as text in terminals of any width."""

from __future__ import annotations

import pytest

from clearprop.present.document import Column, Document, Paragraph, Table
from clearprop.present.writers import text_of
from clearprop.visible import columns_of


def lines_of(*blocks, width=None):
    return text_of(Document("", blocks), "en", width).splitlines()


def test_words_are_folded_by_columns():
    assert lines_of(Paragraph.of("aaa bbb ccc"), width=7) == ["aaa bbb", "ccc"]
    assert lines_of(Paragraph.of("梯度消失，了"), width=8) == ["梯度消", "失，了"], "no line begins with a comma"
    text = "损失从 597 到 2.9（基线：0.693），后期的跳动为 0.84" * 4
    lines = lines_of(Paragraph.of(text), width=100)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(columns_of, lines)) <= 100


@pytest.mark.parametrize("width", [None, 60, 40, 24])
def test_the_last_column_of_a_table_goes_on_below_itself(width):
    words = "one two three four five six seven eight nine ten"
    table = Table((Column(), Column()), (("a name", words), ("b", "short")))
    lines = lines_of(table, width=width)
    assert max(map(len, lines)) <= (width or 100)
    assert lines[-1] == "b       short"
    assert " ".join(" ".join(lines[:-1]).split()) == f"a name {words}"
    assert all(line[:8].strip() == "" for line in lines[1:-1])


def test_columns_of_the_highest_rank_give_way_first():
    columns = (Column("name"), Column("less", rank=2), Column("more", numbers=True, rank=1))
    table = Table(columns, (("x" * 10, "y" * 10, "1.5"),))
    assert [len(line.split()) for line in lines_of(table, width=40)] == [3, 3]
    assert lines_of(table, width=20) == ["name        more", "xxxxxxxxxx   1.5"]
