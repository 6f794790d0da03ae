"""`Trace`: the face of one run of a network. Its methods call down: to numbers, derivation, pictures.

What explains is imported when it is asked for: training and predicting need none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearprop.explain.values import Values
from clearprop.messages import checked_language
from clearprop.train import resolve_optimizer

if TYPE_CHECKING:
    from clearprop.explain.derivation import Explanation
    from clearprop.explain.stepper import StepByStep

_DIGITS = 4


class Trace(Values):
    """Every value of a forward pass and, where there is a target, of the backward pass.

    `t.z[l]`, `t.a[l]`, `t.da[l]`, `t.dz[l]` (= `t.delta[l]`), `t.dW[l]`, `t.db[l]` with l from 1 and a[0] = X;
    `t.loss`; `t["z1"]` by name; `t.sample(i)` for one sample alone. Rows are samples. Nothing is computed before it is
    asked for. It is a mapping of names to arrays that cannot be written to; X and y are copied when it is made.

    Attributes:
        mode: "inference" (what predict computes) or "training" (batch statistics, dropout).
        forward_names, backward_names: names in the order in which they are computed.
    """

    def explain(
        self,
        lang: str = "en",
        convention: str = "row",
        detail: str = "values",
        *,
        only: str | None = None,
        optimizer: Any = None,
        digits: int = _DIGITS,
        notation: str = "delta",
    ) -> Explanation:
        """Forward pass, loss, BP1–BP4 and update: each formula, this network's numbers put in, the result.

        Args:
            lang: "en" or "zh".
            convention: "row" (z = a · W + b, samples as rows) or "column" (z = W · a + b, samples as columns).
            detail: "formulas", "values" (numbers put in) or "elements" (every single element, too).
            only: one value such as "dW2", or "W2'" after the update, or one element of it as printed, counted from 1:
                "dW2[1,3]"; in a batch the sample comes first. The letters that are shown do as well: "δ[2]", "ŷ".
            optimizer: whose update is shown; by default that of the network's last fit, or else gradient descent.
            digits: significant digits of printed numbers.
            notation: of gradients, "delta" (δ[l], ∂L/∂W[l]) or "d" (da[l], dz[l], dW[l], db[l], and ŷ for a[L]).

        Raises:
            ClearpropError: for an unknown language, convention, detail, value, optimizer or notation.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
            >>> net.parameters["W1"], net.parameters["b1"] = [[0.5], [-0.25]], [0.25]
            >>> print(net.trace([1.0, 3.0], 1).explain(only="z1"))
            Layer 1 (output): weighted sum
              z[1] = a[0] · W[1] + b[1]
                   = [1 3] · [0.5; −0.25] + 0.25
                   = 0
            <BLANKLINE>
        """
        from clearprop.explain.derivation import Explanation, derive

        known, chosen = checked_language(lang), None if optimizer is None else resolve_optimizer(optimizer)
        return Explanation(derive(self, convention, detail, only, chosen, digits, notation), known)

    def step_by_step(
        self,
        lang: str = "en",
        zoom: str | None = None,
        optimizer: Any = None,
        *,
        convention: str = "row",
        digits: int = _DIGITS,
        notation: str = "delta",
    ) -> StepByStep:
        """Walk one sample through forward pass, loss, backward pass and update, as a page that plays it.

        Args:
            lang: "en" or "zh".
            zoom: "layers" (matrices), "fused" (single numbers; × + σ and the loss) or "primitives"; by default by size.
            optimizer: whose update is shown; by default that of the network's last fit, or else gradient descent.
            convention: "row" or "column".
            digits: significant digits of printed numbers.
            notation: of gradients, "delta" or "d", as of `explain`.

        Raises:
            InvalidValueError: for several samples (take `trace.sample(i)`), or a graph of numbers that is too large.
            ClearpropError: for an unknown language, zoom, convention, notation or optimizer, or digits out of range.

        Example:
            >>> net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
            >>> net.trace([1.0, 0.0], 1).step_by_step()
            <StepByStep: 38 steps, zoom 'fused'>
        """
        from clearprop.explain.stepper import step_by_step

        return step_by_step(self, lang, zoom, optimizer, convention=convention, digits=digits, notation=notation)

    def listing(self, lang: str = "en", convention: str = "row", notation: str = "delta") -> Explanation:
        """Every value with its name, symbol, shape and numbers, in the order in which they are computed.

        Args:
            lang: "en" or "zh".
            convention, notation: as of `explain`.

        Raises:
            ClearpropError: for an unknown language, convention or notation.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
            >>> print(net.trace([0.0, 0.0], 1).listing(notation="d").to_text(70).splitlines()[8])
            dz1   dz[1]   1 × 1  −0.5
        """
        from clearprop.explain.derivation import Explanation
        from clearprop.explain.listing import listing

        return Explanation(listing(self, convention, notation), checked_language(lang))

    def __repr__(self) -> str:
        from clearprop.explain.listing import text_listing

        return text_listing(self)

    def _repr_html_(self) -> str:
        return self.listing()._repr_html_()
