"""The colours of pictures, the same as those of pages."""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "ink": "#1f2430",
    "soft": "#5b6472",
    "line": "#d5dae1",
    "paper": "#ffffff",
    "tint": "#f4f6f9",
    "blue": "#2b5fa8",
    "orange": "#b8560b",
    "green": "#2c7a3f",
    "red": "#b3261e",
}
DARK: Final = {
    "ink": "#e6e9ef",
    "soft": "#a3abb8",
    "line": "#3a414d",
    "paper": "#14171c",
    "tint": "#1d2128",
    "blue": "#7fb0f0",
    "orange": "#f0a35e",
    "green": "#7ccf8f",
    "red": "#ff8a80",
}
