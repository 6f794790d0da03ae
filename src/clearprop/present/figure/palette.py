"""The colours of pictures and pages, on light paper and on dark."""

from __future__ import annotations

from typing import Final

from clearprop.present.figure.scene import Role

_COLOURS = {
    "ink": ("#1f2430", "#e6e9ef"),
    "soft": ("#5b6472", "#a3abb8"),
    "line": ("#d5dae1", "#3a414d"),
    "paper": ("#ffffff", "#14171c"),
    "tint": ("#f4f6f9", "#1d2128"),
    "blue": ("#2b5fa8", "#7fb0f0"),
    "orange": ("#b8560b", "#f0a35e"),
    "green": ("#2c7a3f", "#7ccf8f"),
    "red": ("#b3261e", "#ff8a80"),
}
_HUES = {  # which only pictures of many kinds have
    "purple": ("#7b3fa0", "#c79bea"),
    "brown": ("#7a5230", "#c9a27e"),
    "pink": ("#c2417f", "#f5a3c7"),
    "olive": ("#7d7a12", "#cfcb5a"),
    "teal": ("#0f7c87", "#66cdd6"),
}
LIGHT: Final = {role: light for role, (light, _) in _COLOURS.items()}
DARK: Final = {role: dark for role, (_, dark) in _COLOURS.items()}
LIGHT_HUES: Final = {role: light for role, (light, _) in _HUES.items()}
DARK_HUES: Final = {role: dark for role, (_, dark) in _HUES.items()}
KINDS: Final[tuple[Role, ...]] = (  # in the order in which kinds are given them
    *("orange", "blue", "green", "red", "purple", "teal", "brown", "pink", "olive", "soft"),
)
