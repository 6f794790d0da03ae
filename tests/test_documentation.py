"""The documentation: everything has a place in the site, and leads somewhere."""

from __future__ import annotations

import pytest
from api import BESIDES, GROUPS, group_of, home
from api import pages as reference
from pages import LANGUAGES, ROOT, outside_code, sources, text_of, twin, with_links

import clearprop as cp


@pytest.mark.parametrize("name", cp.__all__)
def test_every_public_name_has_a_place_in_the_reference(name):
    assert f"::: {home(name)}\n" in reference("en")[f"docs/api/{group_of(name).name}.md"]


def test_no_group_is_empty():
    assert all(":::" in text for text in reference("en").values())
    assert len(reference("en")) == len(reference("zh")) == len(GROUPS)
    assert "clearprop.table.read_table" in BESIDES


def test_every_page_of_the_repository_has_a_place_in_a_site():
    placed = {source.path for lang in LANGUAGES for _, found in sources(lang, {}) for source in found}
    written = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")}
    assert written | {"README.md", "README.zh.md", "CHANGELOG.md", "docs/learn/zh/01-one-neuron.md"} <= placed


def test_a_page_that_is_not_translated_is_there_and_says_so():
    tables = next(s for _, found in sources("zh", {}) for s in found if s.address == "tables.md")
    assert tables.path == "docs/tables.md"
    assert "本页还没有中文版" in text_of(tables, {})
    explain = next(s for _, found in sources("zh", {}) for s in found if s.address == "explain.md")
    assert explain.path == "docs/explain.zh.md"
    assert "本页还没有中文版" not in text_of(explain, {})


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("README.md", "README.zh.md"), ("docs/learn/en/01-one-neuron.md", "docs/learn/zh/01-one-neuron.md")],
)
def test_twins(english, chinese):
    assert twin(english, "zh") == twin(chinese, "zh") == chinese
    assert twin(english, "en") == twin(chinese, "en") == english


def test_links_are_written_anew_and_code_is_not():
    page = next(s for _, found in sources("en", {}) for s in found if s.path == "docs/tables.md")
    text = "[a](design.md#x) [b](https://example.org) x[0](y)"
    led = with_links(text, page, lambda path, _: {"docs/design.md": "z.md"}.get(path))
    assert led == "[a](z.md#x) [b](https://example.org) x[0](y)"
    assert outside_code("a `a`\n```\na\n```\na", lambda words: words.replace("a", "b")) == "b `a`\n```\na\n```\nb"
