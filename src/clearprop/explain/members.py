"""Of several networks that answer with their mean, one: what goes layer by layer shows a member and says so."""

from __future__ import annotations

from typing import Any

from clearprop.errors import InvalidValueError, checked_integer


def one_of(net: Any, member: int | None) -> tuple[Any, tuple[int, int] | None]:
    """A member of a network, by default the first, and which of how many it is, from 1; None of a single one.

    Raises:
        InvalidValueError: if there is no such member, counted from 0.
    """
    members = getattr(net, "members", (net,))
    k = 0 if member is None else checked_integer("member", member, low=0)
    if k >= len(members):
        raise InvalidValueError(f"member {k}", f"0 … {len(members) - 1}, counted from 0")
    return (members[k], (k + 1, len(members))) if len(members) > 1 else (net, None)
