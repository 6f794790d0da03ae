"""Names at hand in `{{ … }}`, checks and hidden code, beside the page's own. Snippets stand alone, without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import clearprop as cp
from clearprop.present.formula import number as _number


def close(a: Any, b: Any, tolerance: float = 1e-9) -> bool:
    """Equal shapes, and values equal within a relative and absolute tolerance."""
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=tolerance, atol=tolerance))


def slope(f: Callable[[Any], Any], x: Any, step: float = 1e-6) -> Any:
    """f′ of a function that works entry by entry, by central differences (good to about 1e-9: use `near`)."""
    x = np.asarray(x, np.float64)
    return (f(x + step) - f(x - step)) / (2 * step)


def slopes(f: Callable[[Any], Any], x: Any, step: float = 1e-6) -> Any:
    """∂f/∂x of a number f(x) by every entry of x, by central differences; of x's shape."""
    x = np.asarray(x, np.float64)
    found = np.empty_like(x)
    for i in np.ndindex(x.shape):
        ahead, back = x.copy(), x.copy()
        ahead[i] += step
        back[i] -= step
        found[i] = (f(ahead) - f(back)) / (2 * step)
    return found


def near(a: Any, b: Any) -> bool:
    """`close`, with the tolerance that finite differences need."""
    return close(a, b, 1e-6)


def number(x: float, digits: int = 4) -> str:
    """A number with so many significant digits, as clearprop prints it: 0.3333, 1.5·10⁻⁷."""
    return _number(x, digits).text


def matrix(values: Any, digits: int = 4) -> str:
    """A matrix (or a vector as a row) in LaTeX, for formulas."""
    rows = [" & ".join(_number(x, digits).latex for x in row) for row in np.atleast_2d(values)]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


HELPERS: dict[str, Any] = {
    "np": np,
    "cp": cp,
    **{f.__name__: f for f in (close, near, slope, slopes, number, matrix)},
}
