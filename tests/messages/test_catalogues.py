"""The catalogues: every message has its words in every language, with the same places, and none has words in vain."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import UnknownNameError
from clearprop.messages import Message, catalogue, checked_language, languages
from clearprop.messages.catalogue import FOLDER

SOURCE = Path(cp.__file__).parent
WORDS = {lang: catalogue.catalogue(lang) for lang in languages()}
KEY = re.compile(r"""(f?)["']((?:[a-z_0-9]|\{[^{}]*\})+(?:\.(?:[a-z_0-9]|\{[^{}]*\})+)+)["']""")


def places(words) -> set[str]:
    """The names of the values that some words need."""
    every = [words] if isinstance(words, str) else list(words.values())
    found = {name for text in every for _, name, _, _ in Formatter().parse(text) if name is not None}
    return {re.split(r"[.\[]", name)[0] for name in found} | ({"n"} if not isinstance(words, str) else set())


def sources() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))


def mentioned() -> tuple[set[str], list[re.Pattern[str]]]:
    """The keys that the code names, and patterns of those that it puts together."""
    whole, patterns = set(), []
    for is_made, key in KEY.findall(sources()):
        if key.startswith("{"):
            continue  # something else
        if is_made and "{" in key:
            parts = re.split(r"(\{.*?\})", key)
            patterns.append(re.compile("".join("[a-z_0-9]+" if p.startswith("{") else re.escape(p) for p in parts)))
        else:
            whole.add(key)
    return whole, patterns


@pytest.mark.parametrize("lang", [lang for lang in WORDS if lang != "en"])
def test_every_language_has_the_same_keys_and_places(lang):
    assert set(WORDS[lang]) == set(WORDS["en"])
    for key, words in WORDS["en"].items():
        assert places(WORDS[lang][key]) - {"n"} == places(words) - {"n"}, key


def test_no_words_are_there_in_vain():
    whole, patterns = mentioned()
    unused = [key for key in WORDS["en"] if key not in whole and not any(p.fullmatch(key) for p in patterns)]
    assert unused == []


def test_no_pattern_of_the_code_is_so_wide_that_every_key_is_used():
    _, patterns = mentioned()
    assert [p for p in patterns if sum(bool(p.fullmatch(key)) for key in WORDS["en"]) > 25] == []


def test_every_key_that_the_code_names_has_words():
    named = re.findall(r'(?:Message|say|part)\(\s*"([a-z_0-9]+\.[a-z_0-9.]+)"', sources())
    assert len(named) > 50
    assert set(named) <= set(WORDS["en"])


def test_what_a_language_lacks_is_said_in_english(tmp_path, monkeypatch):
    """A third language is one file; with a few keys in it the rest is English."""
    for path in FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "de.toml").write_text(
        '[derivation]\nforward = "Vorwärts"\n[list]\nseparator = " und "\n', encoding="utf-8"
    )
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.catalogue.cache_clear()
    assert languages() == ["de", "en", "zh"]
    assert Message("derivation.forward")("de") == "Vorwärts"
    assert Message("derivation.backward")("de") == Message("derivation.backward")("en")
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    shown = net.trace([1.0, 0.0], 1).explain("de").to_text()
    assert "Vorwärts" in shown
    assert "Backward propagation" in shown
    catalogue.catalogue.cache_clear()


def test_unknown_languages_are_refused():
    with pytest.raises(UnknownNameError, match="language 'fr'"):
        checked_language("fr")


# --- messages


def test_values_speak_the_language_of_the_message():
    of = Message("derivation.of_one", layers=Message("derivation.layers", n=1))
    assert of("en") == "One sample, 1 layer."
    assert of("zh") == "1 个样本，1 层。"


def test_lists_and_beginnings_of_sentences_are_up_to_the_language():
    layers = Message("doctor.layers", n=3, layers=[1, 2, 4])
    assert (layers("en"), layers("zh")) == ("layers 1, 2 and 4", "第 1、2、4 层")
    assert Message("doctor.layers", n=1, layers=[3])("en") == "layer 3"
    looked = Message("doctor.unscaled_targets.looked", mean=3.0, std=2.0)
    whole = Message("doctor.unscaled_targets.measured", looked=looked, limits=".")
    assert looked("en").startswith("mean 3")
    assert whole("en").startswith("Mean 3")


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [(1, 1, "t: 1 row, 1 column"), (1200, 2, "t: 1,200 rows, 2 columns"), (np.int64(1), 0, "t: 1 row, 0 columns")],
)
def test_words_are_chosen_by_each_of_several_counts(rows, columns, said):
    assert Message("overview.size", table="t", rows=rows, columns=columns)("en") == said


def test_a_count_may_be_a_text_as_it_is_shown():
    assert Message("division.own.test", n="1")("en") == "The test rows are 1 row of their own."
    assert Message("division.own.test", n="1,200")("en") == "The test rows are 1,200 rows of their own."


def test_a_message_takes_what_its_words_need():
    values = {"n": 2, "layers": [1, 2], "loss": 0.5}
    assert Message.of("doctor.layers", values) == Message("doctor.layers", n=2, layers=[1, 2])


def test_messages_survive_json_and_pickle():
    of = Message("derivation.of_samples", n=3, layers=Message("derivation.layers", n=2))
    assert Message.from_dict(of.to_dict()) == of == pickle.loads(pickle.dumps(of))
    assert Message.from_dict(of.to_dict())("zh") == of("zh")
    assert hash(of) == hash(Message.from_dict(of.to_dict()))


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"key": 3, "values": {}},
        {"key": "no.such.key", "values": {}},
        {"key": "derivation.layers", "values": {}},
        {"key": "derivation.layers", "values": {"n": "many"}},
        {"key": "derivation.layers", "values": {"n": {"a": 1}}},
        {"key": "derivation.layers", "values": []},
    ],
)
def test_what_is_no_message_is_refused(data):
    with pytest.raises((TypeError, KeyError, ValueError)):
        Message.from_dict(data)


@pytest.mark.parametrize(
    "wrap", [lambda said: {"key": "table.parts", "values": {"parts": [said]}}, lambda said: [said]]
)
def test_messages_within_messages_without_end_are_refused(wrap):
    said = Message("table.parts", parts=[Message("derivation.layers", n=2)]).to_dict()
    assert Message.from_dict(said)("en") == "2 layers"
    for _ in range(400):
        said = wrap(said)
    with pytest.raises((TypeError, ValueError)):
        Message.from_dict({"key": "table.parts", "values": {"parts": said}})


def test_messages_cannot_be_changed():
    said = Message("derivation.layers", n=2)
    with pytest.raises(AttributeError):
        said.key = "x"
    with pytest.raises(TypeError):
        said.values["n"] = 3


# --- Chinese


@pytest.mark.parametrize(
    ("of", "column", "said"),
    [
        ("body_mass_g", "x", "body_mass_g 如何随 x 变化"),
        ("体重", "x", "体重如何随 x 变化"),
        ("体重_g", "x", "体重_g 如何随 x 变化"),
        ("cost (€)", "x", "cost (€)如何随 x 变化"),
        ("50%", "x", "50% 如何随 x 变化"),
        ("", "", "如何随  变化"),
        ("かな", "x", "かな如何随 x 变化"),
    ],
)
def test_a_space_parts_chinese_from_latin(of, column, said):
    assert Message("dependence.says", of=of, column=column)("zh") == said


def test_no_space_comes_into_a_value_or_between_a_place_and_latin_words():
    assert Message("dependence.says", of="第3组a组", column="第3组")("zh") == "第3组a组如何随 第3组 变化"
    assert Message("dependence.says", of="体重", column="体重")("en") == "How 体重 depends on 体重"


@pytest.mark.parametrize("value", ["x", "x2", "R²", "9", "λ"])
def test_every_message_in_chinese_parts_its_words_from_latin_values(value):
    """Every place holds the same text; what stands beside it is no Chinese character."""
    beside = re.compile(rf"[\u3400-\u9fff]{value}|{value}[\u3400-\u9fff]")
    for key, words in WORDS["zh"].items():
        for text in [words] if isinstance(words, str) else words.values():
            plain = re.sub(r"\{(\w+)[^{}]*\}", r"{\1}", text)
            said = catalogue.filled(plain, dict.fromkeys(places(plain), value))
            assert not beside.search(said), (key, said)


def test_no_words_in_chinese_touch_latin_ones():
    han, latin = "[\u3400-\u9fff]", "[A-Za-z0-9%²]"
    for key, words in WORDS["zh"].items():
        for text in [words] if isinstance(words, str) else words.values():
            assert not re.search(f"{han}{latin}|{latin}{han}", re.sub(r"\{[^{}]*\}", "。", text)), key
