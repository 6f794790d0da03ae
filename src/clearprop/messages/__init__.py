"""What is said to people: messages as data, and the catalogues that have the words for them, one file a language."""

from clearprop.messages.catalogue import Language, checked_language, has_words, languages
from clearprop.messages.message import Message, Words, as_data, say, spoken

__all__ = ["Language", "Message", "Words", "as_data", "checked_language", "has_words", "languages", "say", "spoken"]
