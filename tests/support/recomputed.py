"""Recomputes a printed derivation line by line, from nothing but its text and the true values of its symbols.

Of every equation it demands:
- each side of symbols comes to the value of the left side, to 1e-10: the formula and its indices are right;
- each side of numbers has the same structure, with the right digits in place of every symbol;
- recomputed from those digits it is where the printed result is, as far as their rounding allows;
- the printed result is the value, correctly rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from by_hand import Network
from intervals import Interval
from printed import LOWERED, SYMBOL, Calculator, equations, leaves, read, scalar_if_single

TOLERANCE = 1e-10
_OWN_CONSTANTS = 6  # digits, at least, of the numbers that stand in a formula from the start
_GENERAL = re.compile(r"\[[lL]\]")
_UNKNOWNS = "xyuvw"


def symbols_of(network: Network) -> dict[str, np.ndarray]:
    """The values of a network by the symbols that a page should print for them; rows are samples."""
    v = network.run()
    found = {"y": network.y, "L": v["L"], "L₀": v["loss"], "N": np.float64(len(network.X)), "a[0]": network.X}
    for l, layer in enumerate(network.layers, 1):
        found |= {f"z[{l}]": v[f"z{l}"], f"a[{l}]": v[f"a{l}"], f"W[{l}]": layer.W}
        found |= {f"δ[{l}]": v[f"dz{l}"], f"∂L/∂a[{l}]": v[f"da{l}"], f"∂L/∂W[{l}]": v[f"dW{l}"]}
        found[f"∂L₀/∂W[{l}]"] = v[f"dW{l}"] - network.l1 * np.sign(layer.W) - network.l2 * layer.W
        if layer.b is not None:
            found |= {f"b[{l}]": layer.b, f"∂L/∂b[{l}]": v[f"db{l}"]}
    return found | descended(found, learning_rate=0.1)


def descended(symbols, learning_rate: float) -> dict[str, np.ndarray]:
    """What gradient descent makes of the parameters."""
    names = [name for name in symbols if f"∂L/∂{name}" in symbols and re.fullmatch(r"[Wbγβ]\[\w+\]", name)]
    new = {f"{name}′": symbols[name] - learning_rate * symbols[f"∂L/∂{name}"] for name in names}
    return {"η": np.float64(learning_rate), **new}


def in_d(symbols) -> dict[str, np.ndarray]:
    """The same values by their letters in the notation "d": dz for δ, dW for ∂L/∂W, and ŷ for the last a."""
    last = max((name for name in symbols if re.fullmatch(r"a\[\d+\]", name)), key=lambda name: int(name[2:-1]))
    found = {re.sub(r"^δ", "dz", re.sub(r"^∂L/∂", "d", name)): value for name, value in symbols.items()}
    return found | {"ŷ": symbols[last]}


def slopes_of(network: Network) -> dict[int, np.ndarray]:
    """f′(z[l]) by layer, where there is such a thing."""
    v = network.run()
    slopes = {l: layer.activation.slope(v[f"z{l}"]) for l, layer in enumerate(network.layers, 1)}
    return {l: slope for l, slope in slopes.items() if slope is not None}


@dataclass
class Count:
    """What has been checked."""

    equations: int = 0
    sides: int = 0
    numbers: int = 0
    vague: int = 0  # recomputed sides whose interval is wider than a tenth of the values
    error: float = 0.0  # largest of a formula in symbols
    where: str = ""

    def __add__(self, other):
        worse = max(self, other, key=lambda count: count.error)
        names = ("equations", "sides", "numbers", "vague")
        sums = (getattr(self, name) + getattr(other, name) for name in names)
        return Count(*sums, worse.error, worse.where)

    def __str__(self):
        return (
            f"{self.equations:,} equations, {self.sides:,} sides ({self.vague:,} vague), {self.numbers:,} numbers; "
            f"largest error of a formula {self.error:.1e} ({self.where})"
        )


class Page:
    """A derivation's text, and the true values of what it names.

    Args:
        text: as `to_text` gives it.
        symbols: values by printed symbol; rows are samples, vectors belong to units.
        slopes: f′(z[l]) by layer, for the general rules.
        column: whether the page is in the column convention.
        digits: the significant digits it was made with.
        functions: a user's functions, on intervals, by name.
    """

    def __init__(self, text, symbols, slopes=None, column=False, digits=4, functions=None):
        self.text, self.column, self.digits = text, column, digits
        self.symbols = {name: Interval(_upright(value)) for name, value in symbols.items()}
        self.slopes, self.functions = slopes or {}, functions
        self.symbols_given = symbols
        self.exact = self._calculator(max(digits, _OWN_CONSTANTS), self.value_of)
        self.shown = self._calculator(digits, self._no_symbol)
        self.count = Count()
        self.general: list[str] | None = None  # the rule that was printed last, until its case follows
        self.rest: Interval | None = None  # of the sum at hand
        self._cache: dict[str, Interval] = {}

    def _calculator(self, digits: int, look_up) -> Calculator:
        return Calculator(self.column, digits, look_up, self.functions)

    def check(self) -> Count:
        """Every equation of the page.

        Raises:
            AssertionError: with the equation, if one is wrong.
        """
        for sides in equations(self.text):
            self.check_equation(sides)
        return self.count

    def check_equation(self, sides: list[str]) -> None:
        """One equation, given as the texts of its sides."""
        try:
            self._equation(sides)
        except (AssertionError, ValueError, KeyError, IndexError) as error:
            raise AssertionError(f"{type(error).__name__}: {error}\n  " + "\n  = ".join(sides)) from error
        self.count.equations += 1
        self.count.sides += len(sides) - 1

    # --- what symbols stand for

    def value_of(self, text: str) -> Interval:
        """A symbol's value as this convention orders it; w[2]₁₃ is an element of W[2]."""
        if text.startswith("…"):
            return self.rest
        if text not in self._cache:
            self._cache[text] = self._whole(text) or self._element(text)
        return self._cache[text]

    def _whole(self, text: str) -> Interval | None:
        found = self.symbols.get(text)
        return None if found is None else scalar_if_single(found.T if self.column and found.shape else found)

    def _element(self, text: str) -> Interval:
        m = SYMBOL.fullmatch(text)
        base = m["base"].strip("()").replace("w[", "W[") + (m["prime"] or "") + (m["of"] or "")
        found = self.symbols[base]
        if not found.shape:
            raise KeyError(f"{text}: {base} is a single number")
        numbers = indices(m["below"] or "", split="W" in base)
        if len(numbers) == 2:
            j, k = reversed(numbers) if self.column else numbers
        else:
            j, k = int((m["sample"] or "(1)")[1:-1]), (numbers or [1])[0]
        if (m["sample"] is None) != (found.shape[0] == 1 or "W" in base) or min(j, k) < 1:
            raise KeyError(f"{text}: {base} is {found.shape}")
        return found[j - 1, k - 1]

    @staticmethod
    def _no_symbol(text: str) -> Interval:
        raise KeyError(f"{text} among numbers")

    # --- equations

    def _equation(self, sides: list[str]) -> None:
        if _GENERAL.search(sides[0]):
            self.general = sides  # it is about the next equation's layer
            return None
        trees = [read(side) for side in sides]
        if trees[0][0] != "symbol":
            return self._definition(" = ".join(sides), trees)
        self._bind(sides[0], trees[1])
        value = self.value_of(sides[0])
        self._general_rule(sides[0])
        formula = None
        for side, tree in zip(sides[1:], trees[1:], strict=True):
            if any(True for _ in leaves(tree)):
                formula = tree
                self._formula(side, tree, value)
            else:
                self._numbers(tree, formula, value, trees[-1])
        return None

    def _bind(self, left: str, formula) -> None:
        """What the page introduces is what its own formula says: a shared value's letter, an optimizer's new array."""
        if re.fullmatch(r"u[₀-₉]+|[a-z]′_\(.*\)", left) and left not in self.symbols:
            found = self.exact.value(formula)
            self.symbols[left] = found.T if self.column and found.shape else found

    def _formula(self, side: str, tree, value: Interval) -> None:
        if any(leaf.startswith("…") for leaf in leaves(tree)):
            return self._find_rest(tree, value)
        found = self.exact.value(tree)
        scale = 1 + np.max(np.abs(value.lo))
        assert found.shape == value.shape, f"{side} has shape {found.shape}, not {value.shape}"
        error = max(np.max(found.hi - value.lo), np.max(value.hi - found.lo)) / scale
        constants = 10.0 ** (1 - self.exact.digits) if re.search(r"\d\.\d{5}", side) else 0.0
        assert error <= TOLERANCE + 10 * constants, f"{side} is {found}, not {value}"
        if not constants and error > self.count.error:
            self.count.error, self.count.where = float(error), side
        return None

    def _find_rest(self, tree, value: Interval) -> None:
        """What "… 776 …" must stand for in a long sum, whose value is known; of several rests none can be found."""
        self.rest = None
        if sum(leaf.startswith("…") for leaf in leaves(tree)) == 1:
            at_0, at_1 = (self._with_rest(tree, Interval(np.float64(r))) for r in (0, 1))
            self.rest = (value - at_0) / (at_1 - at_0)

    def _with_rest(self, tree, rest: Interval) -> Interval:
        self.rest = rest
        return self.exact.value(tree)

    def _numbers(self, tree, formula, value: Interval, result) -> None:
        shown = self.shown.value(tree)
        slack = 1e-13 * (1 + np.max(np.abs(value.lo)))
        if tree is result:
            assert shown.overlaps(value.around(slack)), f"{value} is printed as {shown}"
            self.count.numbers += shown.lo.size
            return
        assert shown.overlaps(self.shown.value(result).around(slack)), f"the numbers give {shown}"
        self.count.vague += not shown.width <= 0.1 * np.max(np.abs(value.lo))
        if formula is not None:
            self._aligned(formula, tree)

    def _aligned(self, symbols, numbers) -> None:
        """The same structure, with the digits of each symbol's value in its place."""
        if symbols[0] == "rest" and self.rest is None:
            return
        if _is_literal(numbers):
            exact, shown = self.exact.value(symbols), self.shown.value(numbers)
            assert shown.overlaps(exact.around(1e-13 * (1 + np.max(np.abs(exact.lo))))), f"{shown} in place of {exact}"
            self.count.numbers += exact.lo.size
            return
        assert symbols[0] == numbers[0], f"{symbols[0]} has become {numbers[0]}"
        for s, n in zip(symbols[1:], numbers[1:], strict=True):
            if isinstance(s, tuple):
                self._aligned(s, n)
            else:
                assert s == n, f"{s} has become {n}"

    def _general_rule(self, left: str) -> None:
        """δ[l] = … with this equation's l, where a general rule stands before it; it must hold here."""
        if self.general is None:
            return
        sides, self.general = self.general, None
        l = int(re.search(r"\[(\d+)\]", left)[1])
        calculator = self._calculator(self.digits, lambda text: self._general_symbol(text, l))
        value = calculator.value(read(_with_layer(sides[0], l)))
        for side in sides[1:]:
            tree = read(_with_layer(side, l))
            found = calculator.value(tree)
            error = np.max(np.abs(found.lo - value.lo)) / (1 + np.max(np.abs(value.lo)))
            assert found.shape == value.shape, f"the general rule {side} has shape {found.shape} in layer {l}"
            assert error <= TOLERANCE, f"the general rule {side} does not hold in layer {l}"
        self.count.equations += 1

    def _general_symbol(self, text: str, l: int) -> Interval:
        if text == "slope":
            slope = Interval(self.slopes[l])
            return scalar_if_single(slope.T if self.column else slope)
        return self.value_of(text)

    def _definition(self, text: str, trees) -> None:
        """What an op means: both sides agree whatever x is."""
        rng = np.random.default_rng(0)
        shape = (3, 3) if any(sign in text for sign in ("⊙", "Σ")) else ()
        drawn = {name: Interval(rng.normal(size=shape)) for name in _UNKNOWNS}
        calculator = Calculator(False, max(self.digits, _OWN_CONSTANTS), drawn.__getitem__, self.functions)
        first, *others = map(calculator.value, trees)
        for other in others:
            assert first.overlaps(other), "both sides of a definition differ"
            assert max(first.width, other.width) < 1e-4


def _with_layer(side: str, l: int) -> str:
    """A general rule for one layer: [l + 1] is a number, f′(z[l]) one value, the mark (i) of Σᵢ goes without saying."""
    side = side.replace("f′(z[l])", "slope").replace("f′(z[L])", "slope").replace("∇ₐ L", f"∂L/∂a[{l}]")
    side = side.replace("[l + 1]", f"[{l + 1}]").replace("[l − 1]", f"[{l - 1}]").replace("(i)", "")
    return _GENERAL.sub(f"[{l}]", side)


def _is_literal(tree) -> bool:
    return tree[0] in ("number", "matrix") or (tree[0] == "negative" and tree[1][0] == "number")


def _upright(value) -> np.ndarray:
    """Everything is a number or a matrix: a vector belongs to the units, one number each."""
    array = np.asarray(value, float)
    if array.ndim == 1:
        array = array[None, :]
    return array[0, 0] if array.shape == (1, 1) else array[()]


def indices(below: str, split: bool) -> list[int]:
    """₁₃ is 1, 3 below a weight and 13 below a bias; _(10,3) is always plain."""
    if below.startswith("_("):
        return [int(n) for n in below[2:-1].split(",")]
    plain = below.translate(LOWERED)
    return [int(digit) for digit in plain] if split else [int(plain)] if plain else []


_PRINTED = {"gamma": "γ", "beta": "β", "running_mean": "μ", "running_var": "σ²", "dz": "δ"}


def symbols_of_trace(trace, new=None, learning_rate=0.1) -> dict[str, np.ndarray]:
    """The values of any trace by the symbols that a page should print, for networks that `by_hand` does not know.

    Args:
        trace: with a target that is already numbers.
        new: the parameters after a step; by default those of gradient descent.
    """
    inputs, loss = trace.inputs(), trace.run(trace.graph)["loss"]
    found = {"y": inputs["y"], "N": np.float64(trace.samples), "a[0]": inputs["X"], "L₀": loss}
    for name, value in {**trace.parameters, **trace.values}.items():
        if name != "a0":
            found[printed_symbol(name)] = value
    a = trace.architecture
    for l, W in {l: trace.parameters[f"W{l}"] for l in trace.dW}.items():
        found[f"∂L₀/∂W[{l}]"] = trace.dW[l] - a.l1 * np.sign(W) - a.l2 * W
    if new is None:
        return found | descended(found, learning_rate)
    return found | {f"{printed_symbol(name)}′": value for name, value in new.items()}


def printed_symbol(name: str) -> str:
    """z1 is z[1], dz1 is δ[1], dgamma1_2 is ∂L/∂γ[1b]."""
    if name == "L":
        return name
    letter, layer, again = re.fullmatch(r"([A-Za-z_]+?)(\d+)(?:_(\d+))?", name).groups()
    mark = f"[{layer}{'' if again is None else chr(96 + int(again))}]"
    if letter in _PRINTED or not letter.startswith("d") or letter == "d":
        return _PRINTED.get(letter, letter) + mark
    return f"∂L/∂{_PRINTED.get(letter[1:], letter[1:])}{mark}"
