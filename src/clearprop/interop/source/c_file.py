"""A network as one file of C99 that needs math.h alone and allocates nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.graph import DTYPES, Node
from clearprop.interop.source.content import Content
from clearprop.interop.source.expression import UNARY, Expression
from clearprop.interop.source.literals import WIDTH, Identifiers, shortest
from clearprop.interop.source.loop_ops import BY_ENTRY, called, lowered
from clearprop.interop.source.loops import EntryRule, Helpers, Language, Loops, plain
from clearprop.interop.source.rounding import Rounded
from clearprop.nn.names import X

_WORDS = """auto break case char const continue default do double else enum extern float for goto if inline int long
register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"""
_TAKEN = ["i", "j", "m", "n", "s", "r", "x", "a", "main", "size_t", "NAN", "INFINITY", "HUGE_VAL", "gamma", "lgamma"]
_TAKEN += ["y0", "y1", "yn", "j0", "j1", "jn", "isnan", "signbit", "significand", "drem", "scalb"]
_MATH = """acos asin atan atan2 acosh asinh atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor
fma fmax fmin fmod frexp hypot ilogb ldexp llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint
nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc"""
WORDS = (*_WORDS.split(),)
RESERVED = (*WORDS, *_TAKEN, *(name + end for name in _MATH.split() for end in ("", "f", "l")))
TYPES = {"f32": "float", "f64": "double", "bool": "int"}


def c_source(content: Content, name: str = "network", rounded: Rounded | None = None) -> str:
    """The file's text.

    Args:
        content: the network.
        name: what its functions begin with.
        rounded: its matrices in 8 bits, if they are to stand there so.

    Raises:
        InvalidValueError: for a name that C does not take, or an op that cannot be written for one sample.
    """
    checked_name(name)
    c, real = content, TYPES[content.dtype]
    names = Identifiers([*RESERVED, f"{name}_predict", f"{name}_predict_batch"])
    head = f"void {name}_predict(const {real} *x, {real} *a)"
    n_inputs, n_outputs = f"{name.upper()}_N_INPUTS", f"{name.upper()}_N_OUTPUTS"
    parts = [
        comment("\n\n".join([c.say("source.c_title", name=name), *c.predicting.notes(), *_told(rounded)])),
        "#include <math.h>\n#include <stddef.h>" + ("\n#include <stdint.h>" if rounded else ""),
        f"enum {{ {n_inputs} = {c.architecture.n_inputs}, {n_outputs} = {c.architecture.n_outputs} }};",
        f"{head};\nvoid {name}_predict_batch(const {real} *x, size_t n, {real} *a);",
        *network_parts(c, head, names, rounded),
        _BATCH.format(
            told=comment(c.say("source.batch")), name=name, real=real, n_inputs=n_inputs, n_outputs=n_outputs
        ),
    ]
    return "\n\n".join(parts) + "\n"


def checked_name(name: str) -> None:
    """Refuse what functions of C cannot begin with.

    Raises:
        InvalidValueError: for such a name.
    """
    if not isinstance(name, str) or plain(name) != name or name in RESERVED:
        raise InvalidValueError(f"name {name!r}", "letters, digits and _, such as 'network'")


def network_parts(content: Content, head: str, names: Identifiers, rounded: Rounded | None = None) -> list[str]:
    """The parts of a file in which a network answers a sample: parameters, helpers, and the function.

    Args:
        content: the network.
        head: of the function, whose arguments are x and a.
        names: that are free in the file.
        rounded: its matrices in 8 bits, if they are to stand there so.
    """
    c = content
    graph, formulas = lowered(c)
    inputs = {n: graph.inputs[n] for n in c.architecture.parameters if n in graph.inputs}
    bound = {node: names.new(plain(str(n)), "p") for n, node in inputs.items()}
    language, parameters = _C(TYPES[c.dtype]), []
    for node, text in bound.items():
        if rounded is not None and str(node.name) in rounded.codes:
            language.scales[text] = scale = names.new(f"{text}_scale", "p")
            parameters.append(_array(scale, rounded.scales[str(node.name)]))
            parameters.append(_array(text, rounded.codes[str(node.name)]))
        else:
            parameters.append(_array(text, c.parameters[str(node.name)]))
    helpers = Helpers(language, names)
    told = {node: comment(formula) for node, formula in formulas.items()}
    sample = {graph.inputs[X]: "x"} if X in graph.inputs else {}
    body = Loops(helpers, names, sample | bound, told).into(graph.outputs[""], "a")
    inner = textwrap.indent("\n".join([*([] if sample else ["(void)x;"]), *body]), "    ")
    one = f"{comment(c.say('source.one_sample'))}\n{head}\n{{\n{inner}\n}}"
    said = c.say("source.parameters") + (" " + c.say("source.scales") if rounded else "")
    return ["\n".join([comment(said), *parameters]), *helpers.written, one]


def _told(rounded: Rounded | None) -> list[str]:
    return [] if rounded is None else [rounded.told]


_BATCH = """\
{told}
void {name}_predict_batch(const {real} *x, size_t n, {real} *a)
{{
    for (size_t r = 0; r < n; ++r)
        {name}_predict(x + r * {n_inputs}, a + r * {n_outputs});
}}"""


def comment(text: str) -> str:
    """A comment that nothing in the text can leave."""
    safe = text.replace("\\", "/").replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
    parts = [textwrap.fill(part, WIDTH - 3, subsequent_indent="   ") for part in safe.split("\n\n")]
    return "/* " + "\n\n   ".join(parts) + " */"


def _array(name: str, array: Array) -> str:
    """A parameter: a number, or its entries with the fewest digits that give them back."""
    real = {"float32": "float", "int8": "int8_t"}.get(array.dtype.name, "double")
    shape = "".join(f"[{max(d, 1)}]" for d in array.shape)
    return f"static const {real} {name}{shape} = {_braced(array if array.size else np.zeros(1, array.dtype))};"


def _braced(array: Array, indent: str = "") -> str:
    if array.ndim == 0:
        return digits(array.dtype.type(array))
    if array.ndim == 1:
        row = ", ".join(digits(v) for v in array)
        if len(row) + len(indent) < 60:
            return f"{{{row}}}"
        inner = indent + "    "
        return "{\n" + textwrap.fill(row, WIDTH, initial_indent=inner, subsequent_indent=inner) + f"\n{indent}}}"
    inner = indent + "    "
    return "{\n" + ",\n".join(inner + _braced(row, inner) for row in array) + f"\n{indent}}}"


def digits(value: np.floating | np.integer) -> str:
    """A number as a literal, in the fewest digits that give it back."""
    if isinstance(value, np.integer):
        return str(value)
    if not np.isfinite(value):
        return "NAN" if np.isnan(value) else ("-" * bool(value < 0)) + "INFINITY"
    text = shortest(value)
    return text + ("f" if isinstance(value, np.float32) else "")


class _C:
    """C's words.

    Args:
        real: the type of numbers.

    Attributes:
        scales: array of whole numbers → array of the scales of its columns.
    """

    name = "C"

    def __init__(self, real: str = "double") -> None:
        self._real = real
        self.scales: dict[str, str] = {}
        functions = {name: name for name in ("exp", "log", "expm1", "log1p", "sqrt", "sin", "cos", "tanh", "erf")}
        functions |= {"abs": "fabs"}
        self.ops: Mapping[str, EntryRule] = {
            **BY_ENTRY,
            **{op: called(name, "f") for op, name in functions.items()},
            "power": _power,
            "cast": _cast,
        }

    def number(self, value: float, dtype: str) -> Expression:
        text = digits(np.dtype(DTYPES[dtype] if dtype in ("f32", "f64") else "float64").type(value))
        return Expression(text, binding=UNARY if text.startswith("-") else 5)

    def entry(self, name: str, index: Sequence[str], shape: Sequence[int]) -> str:
        text = name + "".join(f"[{k}]" for k in index)
        return f"(({self._real}){text} * {self.scales[name]}[{index[-1]}])" if name in self.scales else text

    def loop(self, index: str, length: int) -> str:
        return f"for (int {index} = 0; {index} < {length}; ++{index})"

    def array(self, name: str, shape: Sequence[int], dtype: str) -> str:
        return f"{TYPES[dtype]} {name}{''.join(f'[{d}]' for d in shape)};"

    def scalar(self, name: str, value: Expression, dtype: str, changes: bool = False) -> str:
        return f"{'' if changes else 'const '}{TYPES[dtype]} {name} = {value.text};"

    def integers(self, name: str, values: Sequence[int]) -> str:
        row = textwrap.fill(", ".join(map(str, values)), WIDTH, initial_indent="    ", subsequent_indent="    ")
        return f"static const int {name}[{len(values)}] = {{\n{row}\n}};"

    def function(self, name: str, arguments: Sequence[str], dtype: str, body: Sequence[str]) -> str:
        given = ", ".join(f"{TYPES[dtype]} {a}" for a in arguments)
        inner = "\n".join(f"    {line}" for line in body)
        return f"static {TYPES[dtype]} {name}({given})\n{{\n{inner}\n}}"

    def library(self, name: str, dtype: str) -> str:
        wanted = next(known for known in _LIBRARY if name.startswith(known))
        return _LIBRARY[wanted].replace("NAME", name).replace("real", TYPES[dtype])


def _cast(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    """In so many words: what is done with a number that was made wider is then done in the wider type."""
    real = {"f32": "float", "f64": "double"}.get(node.dtype)
    if real is None or node.inputs[0].dtype == node.dtype:
        return inputs[0]
    return Expression(f"({real}){inputs[0].within(UNARY)}", binding=UNARY)


def _power(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    exponent = language.number(node.attrs["exponent"], node.dtype)
    return Expression(f"pow{'f' if node.dtype == 'f32' else ''}({inputs[0].text}, {exponent.text})")


# Comparisons are written so that NaN stays NaN.
_LIBRARY = {
    "maximum": "static real NAME(real x, real y)\n{\n    return x >= y || x != x ? x : y;\n}",
    "minimum": "static real NAME(real x, real y)\n{\n    return x <= y || x != x ? x : y;\n}",
    "sign": "static real NAME(real x)\n{\n    return x > 0 ? 1 : x < 0 ? -1 : x;\n}",
    "row_of": "static int NAME(real code, int levels)\n"
    "{\n    return !(code > 0) ? 0 : code < (real)(levels - 1) ? (int)code : levels - 1;\n}",
}
