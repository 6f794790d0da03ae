"""A table of one's own as samples: its columns by their names, and what the encoder made of them."""

from __future__ import annotations

from clearprop.errors import InvalidValueError
from clearprop.play.samples import Samples
from clearprop.play.state import DataChoice


def samples_of_table(choice: DataChoice) -> Samples:
    """The rows of a table's text, encoded.

    Raises:
        ClearpropError: if it cannot be read, or has no such target.
    """
    raise InvalidValueError(f"the table {choice.name!r}", "typed numbers or a preset")
