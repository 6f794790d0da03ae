"""The catalogues: for each language one TOML file with the words of every message.

A key with its words is `forward = "Forward propagation"` under `[derivation]`: the message "derivation.forward". Places
for values are those of `str.format`: `{share:.0%}`. Where a language writes one thing differently from several, the
words are a table, `layers = { one = "1 layer", other = "{n:,} layers" }`, chosen by the value `n`, or stand on both
sides of a bar, `{rows:,} {rows:row|rows}`, chosen by a value of any name. A list of values is
written with a separator that the language has under `[list]`: `{names}` with the usual one, `{parts:clauses}` with
another, `{layers:last}` with the usual one and "and" before the last. `{clause:capital}` begins a sentence with what is
elsewhere in the middle of one. Between a Chinese character of the words and a letter or number of a value directly
beside it comes a space, as `上的{name}为` needs one for R² and none for 准确率.

A language is one file: what it lacks is said in English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from numbers import Integral
from pathlib import Path
from string import Formatter
from typing import Any

from clearprop.errors import unknown_name

Language = str  # "en", "zh": the name of a catalogue
FOLDER = Path(__file__).parent
_PLURAL = {"one", "other"}
_PLACE = re.compile(r"((?<!\{)\{[^{}]+\})")
_HAN = re.compile("[\u3400-\u9fff]")
_BESIDE = re.compile(rf"{_HAN.pattern}\{{|\}}{_HAN.pattern}")
_FIRST_OF_EAST = "\u2e80"  # the scripts of East Asia begin here

Words = str | Mapping[str, str]


def languages() -> list[str]:
    """The languages that there are catalogues of."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def checked_language(lang: str) -> Language:
    """A language that clearprop speaks.

    Raises:
        UnknownNameError: for another one.
    """
    known = languages()
    if lang not in known:
        raise unknown_name("language", lang, known)
    return lang


@lru_cache(maxsize=8)
def catalogue(lang: Language) -> dict[str, Words]:
    """The words of every key of one language."""
    with (FOLDER / f"{lang}.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file)))


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Words]]:
    for name, value in table.items():
        if isinstance(value, str) or set(value) == _PLURAL:
            yield before + name, value
        else:
            yield from _flat(value, f"{before}{name}.")


def render(key: str, values: Mapping[str, Any], lang: Language) -> str:
    """The words of a key in one language, with the values in their places.

    Raises:
        KeyError: for an unknown key, or a value that is missing.
    """
    words = catalogue(lang).get(key)
    if words is None:
        lang, words = "en", catalogue("en")[key]
    if not isinstance(words, str):
        words = words["one" if values["n"] == 1 else "other"]
    if not values:
        return words
    return filled(words, {name: _placed(value, lang) for name, value in values.items()})


def filled(words: str, values: Mapping[str, Any]) -> str:
    """The words with values in their places, and a space where a Chinese character and a Latin one would touch."""
    said = ""
    for piece in (text.format(**values) for text in _pieces(words)):
        said += " " * _touch(said[-1:], piece[:1]) + piece
    return said


@cache
def _pieces(words: str) -> tuple[str, ...]:
    """The words, cut before and behind each place if a Chinese character stands directly beside one."""
    return tuple(_PLACE.split(words)) if _BESIDE.search(words) else (words,)


def _touch(before: str, behind: str) -> bool:
    """Whether one of two signs is a Chinese character and the other a letter, a digit or a percent sign."""
    han, other = (before, behind) if _HAN.match(before) else (behind, before)
    return bool(_HAN.match(han)) and other < _FIRST_OF_EAST and (other.isalnum() or other == "%")


def places(key: str) -> set[str]:
    """The names of the values that the words of a key need."""
    words = catalogue("en")[key]
    texts = [words] if isinstance(words, str) else [*words.values()]
    names = (name for text in texts for _, name, _, _ in Formatter().parse(text) if name)
    return {re.split(r"[.\[]", name)[0] for name in names} | ({"n"} if len(texts) > 1 else set())


def has_words(key: str) -> bool:
    """Whether the catalogues know a key."""
    return key in catalogue("en")


class Listed(list[Any]):
    """Values that stand in a sentence one after the other, as the language separates them."""

    def __init__(self, values: list[Any], lang: Language) -> None:
        super().__init__(values)
        self._lang = lang

    def __format__(self, form: str) -> str:
        if form == "last" and len(self) > 1:
            return render("list.and", {}, self._lang).join([format(Listed(self[:-1], self._lang), ""), str(self[-1])])
        name = "separator" if form in ("", "last") else form
        return render(f"list.{name}", {}, self._lang).join(map(str, self))

    def __str__(self) -> str:
        return format(self, "")


class Clause(str):
    """A text that may begin a sentence, or is a number as it is shown."""

    def __format__(self, form: str) -> str:
        if "|" in form:
            return _chosen(form, self == "1")
        return self[:1].upper() + self[1:] if form == "capital" else super().__format__(form)


class Count(int):
    """A number of things, of which there may be one."""

    def __format__(self, form: str) -> str:
        return _chosen(form, self == 1) if "|" in form else super().__format__(form)


def _chosen(form: str, is_one: bool) -> str:
    one, several = form.split("|")
    return one if is_one else several


def _placed(value: Any, lang: Language) -> Any:
    if isinstance(value, list):
        return Listed(value, lang)
    if isinstance(value, Integral) and not isinstance(value, bool):
        return Count(value)
    return Clause(value) if isinstance(value, str) else value
