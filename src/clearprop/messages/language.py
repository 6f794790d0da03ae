"""Two languages, side by side: what is said in English is said in Chinese on the same line of code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clearprop.messages.catalogue import Language, checked_language

__all__ = ["Counted", "Language", "Phrase", "checked_language", "said"]


@dataclass(frozen=True)
class Phrase:
    """A text in both languages, with `{names}` for what differs from case to case.

    Example:
        >>> loss = Phrase("the loss is {value}", "损失为 {value}")
        >>> loss("zh", value="0.065")
        '损失为 0.065'
    """

    en: str
    zh: str

    def __call__(self, lang: Language, **values: Any) -> str:
        """The text in one language, with the values put in."""
        text = self.zh if lang == "zh" else self.en
        return text.format(**values) if values else text


def said(phrase: Phrase, **values: Any) -> Phrase:
    """A phrase with its values put in; a value that is itself a phrase speaks the language it stands in.

    Example:
        >>> said(Phrase("dead units in {where}", "{where}的神经元死亡"), where=Phrase("layer 1", "第 1 层"))("zh")
        '第 1 层的神经元死亡'
    """

    def spoken(lang: Language) -> dict[str, Any]:
        return {name: value(lang) if isinstance(value, Phrase) else value for name, value in values.items()}

    return Phrase(phrase.en.format(**spoken("en")), phrase.zh.format(**spoken("zh")))


@dataclass(frozen=True)
class Counted:
    """A phrase about a number of things, of which English writes a single one differently.

    Example:
        >>> layers = Counted("1 layer", "{n} layers", "{n} 层")
        >>> layers("en", 1), layers("en", 1200), layers("zh", 3)
        ('1 layer', '1,200 layers', '3 层')
    """

    one: str
    many: str
    zh: str

    def __call__(self, lang: Language, n: int) -> str:
        """The text in one language for n things."""
        return Phrase(self.one if n == 1 else self.many, self.zh)(lang, n=f"{n:,}")
