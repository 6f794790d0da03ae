"""`Message`: something to be said, as data. Which words say it, in which language, is up to the catalogues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from clearprop.messages.catalogue import Language, languages, places, render

_DEEPEST = 8  # messages and lists within each other, in data from a file


class Message:
    """A key of the catalogues, with the values that its words need.

    It goes wherever a text is kept or passed on: results, model files, JSON, documents. It becomes words only where
    somebody reads it. A value may itself be a message, or a list of messages, which then speaks the same language.

    Attributes:
        key: of the catalogues: "derivation.forward".
        values: what stands in the places of its words.

    Example:
        >>> said = Message("derivation.layers", n=2)
        >>> said("en"), said("zh"), str(said)
        ('2 layers', '2 层', '2 layers')
        >>> said.to_dict()
        {'key': 'derivation.layers', 'values': {'n': 2}}
    """

    __slots__ = ("key", "values")
    key: str
    values: Mapping[str, Any]

    def __init__(self, key: str, /, **values: Any) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", MappingProxyType(values))

    @classmethod
    def of(cls, key: str, values: Mapping[str, Any]) -> Message:
        """A message with those of some values that its words need.

        Example:
            >>> Message.of("derivation.layers", {"n": 2, "loss": 0.5})
            Message('derivation.layers', n=2)
        """
        needed = places(key)
        return cls(key, **{name: value for name, value in values.items() if name in needed})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a Message cannot be changed: {name}")

    def __call__(self, lang: Language = "en") -> str:
        """Its words in one language; in English where that language lacks them."""
        said = {name: _each(value, lambda one: spoken(one, lang)) for name, value in self.values.items()}
        return render(self.key, said, lang)

    def __str__(self) -> str:
        return self()

    def __repr__(self) -> str:
        return f"Message({', '.join([repr(self.key), *(f'{k}={v!r}' for k, v in self.values.items())])})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.key, self.values) == (other.key, other.values)

    def __hash__(self) -> int:
        return hash(self.key)

    def __reduce__(self) -> tuple[Any, ...]:
        return Message.from_dict, (self.to_dict(),)

    def with_names(self, shown: Callable[[str], str]) -> Message:
        """The same with every text among its values, which are names from somebody's data, as `shown` gives it."""

        def change(value: Any) -> Any:
            if isinstance(value, Message):
                return value.with_names(shown)
            return shown(value) if isinstance(value, str) else value

        return Message(self.key, **{name: _each(value, change) for name, value in self.values.items()})

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON and model files."""
        return {"key": self.key, "values": as_data(self.values)}

    @classmethod
    def from_dict(cls, data: Any, deepest: int = _DEEPEST) -> Message:
        """The message in plain data, which may come from anyone.

        Raises:
            TypeError, KeyError, ValueError: if it is no message that the catalogues know.
        """
        if not deepest:
            raise ValueError("messages within messages, too deep to be meant")
        if not isinstance(data, dict) or not isinstance(data["key"], str) or not isinstance(data["values"], dict):
            raise TypeError(f"{type(data).__name__}, which is no message")
        values = {str(name): _message_in(value, deepest - 1) for name, value in data["values"].items()}
        found = cls(data["key"], **values)
        for lang in languages():
            found(lang)  # its key and its values suit each other
        return found


Words = Message | str  # what is said; a plain text is a name or a value from somebody's data, in no language


def spoken(words: Words, lang: Language) -> str:
    """Words as text."""
    return words(lang) if isinstance(words, Message) else words


def say(key: str, lang: Language, /, **values: Any) -> str:
    """The words of a message at once, where nobody keeps it."""
    return Message(key, **values)(lang)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value changed, or each one in a list."""
    return [_each(v, change) for v in value] if isinstance(value, list | tuple) else change(value)


def as_data(value: Any) -> Any:
    """Messages, and mappings and lists of them, as plain data."""
    if isinstance(value, Message):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {name: as_data(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(v) for v in value]
    return value.item() if hasattr(value, "item") else value


def _message_in(value: Any, deepest: int) -> Any:
    if isinstance(value, dict) and set(value) == {"key", "values"}:
        return Message.from_dict(value, deepest)
    if isinstance(value, list) and deepest:
        return [_message_in(v, deepest - 1) for v in value]
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError(f"{type(value).__name__} in a message")
    return value
