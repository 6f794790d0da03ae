"""Names of features: each its own, whatever columns and levels are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

Write = Callable[[str], str]  # how the name of a column or level stands in that of a feature


class Named:
    """A column whose features have names."""

    def named(self, write: Write) -> list[str]:
        """A name for each feature, the names of column and level written so, and no other text of theirs.

        With `repr` no two features of any columns have one name: a name in quotes ends where its quotes end.
        """
        raise NotImplementedError

    @property
    def feature_names(self) -> list[str]:
        """A name for each feature, as if there were no other columns."""
        return self.named(str)


def distinct_names(columns: Iterable[Named]) -> list[str]:
    """The names of all features; where several would have one, column and level stand in quotes in each of these.

    A gap and the level "missing" of a column become 'port'=missing and 'port'='missing'.
    """
    columns = tuple(columns)
    names = [name for column in columns for name in column.named(str)]
    quoted: list[str] = []
    while len(set(names)) < len(names):  # a name in quotes may be another's own
        quoted = quoted or [name for column in columns for name in column.named(repr)]
        counts = Counter(names)
        names = [name if counts[name] == 1 else own for name, own in zip(names, quoted, strict=True)]
    return names
