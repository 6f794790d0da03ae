"""The few words of figures and mistakes that stand in no page's source: both languages on one line."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.messages import Language


@dataclass(frozen=True)
class Phrase:
    """A text in both languages, with `{names}` for what differs from case to case."""

    en: str
    zh: str

    def __call__(self, lang: Language, **values: object) -> str:
        """The text in one language, with the values put in."""
        text = self.zh if lang == "zh" else self.en
        return text.format(**values) if values else text
