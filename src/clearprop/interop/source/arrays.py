"""Arrays as an assignment of Python, for the files that hold them as NumPy's."""

from __future__ import annotations

from clearprop.arrays import Array
from clearprop.interop.source.literals import MOST_NUMBERS, encoded, nested


def assigned(target: str, array: Array) -> str:
    """`target = np.array([...])`; an array of many numbers as base64, which gives the same bytes."""
    return f"{target} = {as_array_code(array, target)}"


def as_array_code(array: Array, target: str = "") -> str:
    """The array alone."""
    dtype = f", dtype=np.{array.dtype.name}" if array.dtype.name not in ("float64", "int64") else ""
    if array.size > MOST_NUMBERS:
        text, kind = encoded(array)
        shape = ", ".join(map(str, array.shape))
        return f'np.frombuffer(base64.b64decode({text}), "{kind}").reshape({shape})'
    return f"np.array({nested(array, 0, len(f'{target} = np.array({dtype})'))}{dtype})"


def with_base64(text: str) -> str:
    """A file with the import that large arrays need, if it has any."""
    return text.replace("import numpy as np", "import base64\n\nimport numpy as np", 1) if "base64." in text else text
