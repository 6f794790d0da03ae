"""Functions that ONNX lacks, or that its runtimes lack in float64, from what they have.

expm1 and log1p keep their digits near 0, too; erf is exact beside 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.graph import Node
from clearprop.interop.onnx.written import Written

if TYPE_CHECKING:
    from clearprop.interop.onnx.writer import Writer


def expm1(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """eˣ − 1 = tanh(x/2)·(eˣ + 1), where nothing cancels."""
    (x,) = inputs
    half = writer.part("Mul", x.name, writer.number(0.5, node.dtype))
    sum_ = writer.part("Add", writer.part("Exp", x.name), writer.number(1.0, node.dtype))
    return writer.value(x.shape, "Mul", writer.part("Tanh", half), sum_)


def log1p(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """ln(1 + x) = ln u · x/(u − 1) with u = 1 + x as it is rounded; x where u is 1; ln u where nothing was rounded.

    Source: Kahan; see Goldberg (1991), "What Every Computer Scientist Should Know About Floating-Point Arithmetic".
    """
    (x,), one = inputs, writer.number(1.0, node.dtype)
    u = writer.part("Add", x.name, one)
    d, ln = writer.part("Sub", u, one), writer.part("Log", u)
    mended = writer.part("Mul", ln, writer.part("Div", x.name, d))
    mended = writer.part("Where", writer.part("Equal", d, x.name), ln, mended)
    return writer.value(x.shape, "Where", writer.part("Equal", u, one), x.name, mended)


def cos(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """cos x; in float64, which ONNX Runtime 1.19 does not have it in, 1 − 2 sin²(x/2)."""
    (x,) = inputs
    if node.dtype == "f32":
        return writer.value(x.shape, "Cos", x.name)
    half = writer.part("Sin", writer.part("Mul", x.name, writer.number(0.5, node.dtype)))
    doubled = writer.part("Mul", writer.part("Mul", half, half), writer.number(2.0, node.dtype))
    return writer.value(x.shape, "Sub", writer.number(1.0, node.dtype), doubled)


def silu(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """x·σ(x), of which ONNX Runtime 1.22 makes in float64 an operator that it lacks; there x/(1 + e⁻ˣ)."""
    (x,) = inputs
    if node.dtype == "f32":
        return writer.value(x.shape, "Mul", x.name, writer.part("Sigmoid", x.name))
    e = writer.part("Exp", writer.part("Neg", x.name))
    return writer.value(x.shape, "Div", x.name, writer.part("Add", e, writer.number(1.0, node.dtype)))


# e^{x²}(1 − erf x) as a polynomial in t = (x − 2)/(x + 2), for x from 0 to 6, where erf is 1: found at Chebyshev's
# points with 50 digits; erf is then within 7e-16.
END, MIDDLE = 6.0, 2.0
COEFFICIENTS = (
    0.2553956763105057,
    -0.4271858474139684,
    0.2416581942424884,
    -0.07897858101451444,
    0.0037328924037371264,
    0.006997461695749092,
    -0.0008471432692713995,
    -0.0009819763399310667,
    4.3556383312241364e-05,
    0.00017435576719854634,
    2.7515317118999835e-05,
    -2.756001478043062e-05,
    -1.3905270202521905e-05,
    1.376961705134195e-06,
    3.5948379967050097e-06,
    1.0906179544364116e-06,
    -2.703311486095321e-07,
    -2.63090146059784e-07,
    -5.3455270212448944e-08,
)


def erf(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """erf x: ONNX's own in float32, of which runtimes have no float64; there 1 − e^{−x²}·P(t), with the sign of x."""
    (x,) = inputs
    if node.dtype == "f32":
        return writer.value(x.shape, "Erf", x.name)

    def number(value: float) -> str:
        return writer.number(value, node.dtype)

    size = writer.part("Min", writer.part("Abs", x.name), number(END))
    below, above = writer.part("Sub", size, number(MIDDLE)), writer.part("Add", size, number(MIDDLE))
    t = writer.part("Div", below, above)
    P = number(COEFFICIENTS[-1])
    for c in reversed(COEFFICIENTS[:-1]):
        P = writer.part("Add", writer.part("Mul", P, t), number(c))
    bell = writer.part("Exp", writer.part("Neg", writer.part("Mul", size, size)))
    risen = writer.part("Sub", number(1.0), writer.part("Mul", bell, P))
    return writer.value(x.shape, "Mul", writer.part("Sign", x.name), risen)
