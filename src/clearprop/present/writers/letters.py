"""Letters of layers in sentences, set as in the formulas beside them: a[L] becomes a with [L] above it.

The words of the catalogues have the form of plain text, where nothing can stand above: `a[L]`, `∂L/∂W[2]`. A writer
that can set more finds them here. A name from somebody's data is never taken for a letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clearprop.messages import Language, Words

# What stands before the letter, the d of a gradient, the letter, its layer.
_LETTER = re.compile(r"(?<![A-Za-z0-9_.\]])(∂L/∂)?(d?)([azWbhnδγβμ])\[(\d+[a-z]?|[lL](?: [+−] 1)?)\]")
_NAMES = "\ufdd2"  # before every bracket of a name; no text has it

Letter = Callable[[str, str, str, str], str]


def with_letters(
    words: Words,
    lang: Language,
    plain: Callable[[str], str],
    letter: Letter,
    shown: Callable[[str], str] = lambda name: name,
) -> str:
    """A sentence whose letters are set by `letter`, and all the rest by `plain`.

    Args:
        words: the sentence; a plain text is somebody's name.
        lang: its language.
        plain: writes what is no letter.
        letter: writes "∂L/∂" or nothing, "d" or nothing, the letter, and the layer.
        shown: how names in the sentence are written.
    """
    if isinstance(words, str):
        return plain(words)
    said = words.with_names(lambda name: shown(name).replace("[", f"{_NAMES}["))(lang)
    out, at = "", 0
    for match in _LETTER.finditer(said):
        out += plain(said[at : match.start()].replace(_NAMES, ""))
        out += letter(*(group or "" for group in match.groups()))
        at = match.end()
    return out + plain(said[at:].replace(_NAMES, ""))
