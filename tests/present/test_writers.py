"""Documents as text in terminals of any width."""

from __future__ import annotations

import pytest

from clearprop.messages import Message
from clearprop.present.document import Bar, Column, Document, Paragraph, Section, Shade, Sketch, Table
from clearprop.present.writers import html_of, json_of, latex_of, markdown_of, page_of, text_of
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


DRAWN = Document(
    "",
    (
        Paragraph.of("more", to="there"),
        Table((Column(),) * 4, (("a", Bar(0.25, 0.75), Sketch.of([1, 4, 0, 2]), Shade("7", 0.5, "orange")),)),
    ),
)


def test_what_is_drawn_in_a_cell_is_drawn_or_written():
    html = html_of(DRAWN, "en")
    assert 'style="left:25.00%;width:50.00%"' in html
    assert [float(part.split("h")[0]) for part in html.split("20v")[1:]] == [-5, -20, 0, -10]
    assert '<div class="shade orange" style="--share:50.0%"><bdi>7</bdi></div>' in html
    assert '<p><a href="#there"><bdi>more</bdi></a></p>' in html
    assert text_of(DRAWN, "en").splitlines()[-1].split() == ["a", "▂█", "▄", "7"]
    assert "| a |  | ▂█ ▄ | 7 |" in markdown_of(DRAWN, "en")
    assert "a &  &   & 7" in latex_of(DRAWN, "en"), "LaTeX has no letters for it"
    link, table = json_of(DRAWN)["blocks"]
    assert link["to"] == "there"
    assert table["rows"][0][2] == {"heights": [0.25, 1.0, 0.0, 0.5]}
    assert table["rows"][0][3] == {"value": "7", "share": 0.5, "colour": "orange"}


def test_a_name_within_a_sentence_keeps_its_direction_to_itself():
    said = Message("report.data.target", name="<עברית>")
    assert html_of(Document(said), "en") == "<h1>Target: <bdi>&lt;עברית&gt;</bdi></h1>"
    nested = Message("overview.list", parts=[said, "\u202ex"])
    assert html_of(Document(nested), "en") == "<h1>Target: <bdi>&lt;עברית&gt;</bdi>, \\u202ex</h1>"
    assert "bdi" not in html_of(Document(Message("report.data.target", name="latin")), "en")


def test_a_name_is_no_html_in_markdown():
    name = "<script>|</script>"
    text = markdown_of(Document(name, (Paragraph.of(name), Section(name), Table((Column(name),), ((name,),)))), "en")
    assert "<" not in text
    assert text.count("&lt;script>") == 5


def test_a_page_with_contents_leads_to_its_sections():
    sections = Section("one", (Paragraph.of("x"),), "first"), Section("", (), "", "step"), Section("two", (), "second")
    html = page_of(Document("title", sections), "en", with_contents=True)
    assert html.count('<a href="#') == 2
    assert '<a href="#first"><bdi>one</bdi></a><a href="#second"><bdi>two</bdi></a>' in html
    assert html.count("<h1>") == 1
