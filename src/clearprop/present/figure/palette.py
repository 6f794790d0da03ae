"""The colours of pictures and pages, on light paper and on dark."""

from __future__ import annotations

from typing import Final

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
LIGHT: Final = {role: light for role, (light, _) in _COLOURS.items()}
DARK: Final = {role: dark for role, (_, dark) in _COLOURS.items()}
