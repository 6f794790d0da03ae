"""Letters of layers in sentences stand as in the formulas beside them, in every medium; names stay as they are."""

from __future__ import annotations

from clearprop.messages import Message
from clearprop.present.document import Document, Paragraph
from clearprop.present.writers import html_of, latex_of, markdown_of, text_of

PAGE = Document(
    "", (Paragraph.of(Message("derivation.notation.d")), Paragraph.of(Message("derivation.notation.delta")))
)


def test_a_layer_stands_above_its_letter_where_the_medium_has_an_above():
    html, latex, markdown = html_of(PAGE, "en"), latex_of(PAGE, "en"), markdown_of(PAGE, "en")
    assert "∂<i>L</i>/∂<i>W</i><sup>[l]</sup>" in html
    assert "d<i>z</i><sup>[l]</sup>" in html
    for source in (latex, markdown):
        assert r"$\mathrm{d}z^{[l]}$" in source
        assert r"$\partial L/\partial W^{[l]}$" in source
        assert r"$\delta^{[l]}$" in source
    for written in (html, latex, markdown):
        assert "z[l]" not in written
        assert "a[L]" not in written


def test_plain_text_has_brackets_on_the_line():
    assert "dz[l]" in text_of(PAGE, "en")
    assert "ŷ = a[L]" in text_of(PAGE, "zh")


def test_a_neighbouring_layer_and_a_second_value():
    rule = Paragraph.of(Message("derivation.bp2_first", next=12))
    assert "<i>W</i><sup>[12]</sup>" in html_of(Document("", (rule,)), "zh")


def test_names_are_left_alone():
    """A column may be called z[1]: in a sentence and alone it stays as it is."""
    said = Paragraph.of(Message("row.title_counted_from_0", row=1, target="z[1]"), "a[2]")
    page = Document("", (said,))
    assert "z[1]" in html_of(page, "en")
    assert "<sup>" not in html_of(page, "en")
    for source in (latex_of(page, "en"), markdown_of(page, "zh")):
        assert "z[1]" in source
        assert "a[2]" in source
