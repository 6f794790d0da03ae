"""A network as one module of JavaScript that needs nothing else."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.graph import Node
from clearprop.interop.source.content import Content
from clearprop.interop.source.expression import ATOM, UNARY, Expression
from clearprop.interop.source.literals import WIDTH, Identifiers, shortest
from clearprop.interop.source.loop_ops import BY_ENTRY, called, lowered
from clearprop.interop.source.loops import EntryRule, Helpers, Language, Loops, plain
from clearprop.nn.names import X

_WORDS = """arguments await break case catch class const continue debugger default delete do else enum eval export
extends false finally for function if implements import in instanceof interface let new null package private protected
public return static super switch this throw true try typeof undefined var void while with yield NaN Infinity Math
Array Float32Array Float64Array Int32Array Number RangeError"""
RESERVED = (
    *_WORDS.split(),
    "i",
    "j",
    "m",
    "n",
    "s",
    "x",
    "a",
    "X",
    "row",
    "predict",
    "predictRow",
    "nInputs",
    "nOutputs",
)
Declared = Callable[[str, str, Array], str]
_ARRAYS = {"f32": "Float32Array", "f64": "Float64Array", "bool": "Uint8Array"}


def javascript_source(content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for an op that cannot be written for one sample.
    """
    c = content
    lines = [comment(text) for text in (c.say("source.javascript_title"), *c.predicting.notes())]
    many = f"{comment(c.say('source.predict'))}\n{_PREDICT}"
    *before, one = network_parts(c)
    return "\n\n".join(["\n//\n".join(lines), *before, many, one.replace("\nfunction", "\nexport function", 1)]) + "\n"


def javascript_network(content: Content) -> str:
    """The network as a function of its parameters: `(p) => predictRow`, where p has them by name, in nested lists.

    Raises:
        InvalidValueError: for an op that cannot be written for one sample.
    """

    def given(name: str, key: str, array: Array) -> str:
        if array.ndim == 0:
            return f"const {name} = Number(p[{literal(key)}]);"
        return f"const {name} = {_kind(array)}.from(p[{literal(key)}].flat(Infinity), Number);"

    sizes, *parts = network_parts(content, ["p"], given)
    body = "\n\n".join([sizes.replace("export const", "const"), *parts, "return predictRow;"])
    return f"(p) => {{\n{textwrap.indent(body, '    ')}\n}}"


def network_parts(content: Content, taken: Sequence[str] = (), declared: Declared | None = None) -> list[str]:
    """The parts of a module in which a network answers a row: sizes, parameters, helpers, and `predictRow`.

    Args:
        content: the network.
        taken: names that stand for something else in the module.
        declared: writes a parameter's declaration, from its name here, its own name, and its numbers.
    """
    declared = declared or (lambda name, _, array: _array(name, array))
    c = content
    graph, formulas = lowered(c)
    names = Identifiers([*RESERVED, *taken])
    inputs = {n: graph.inputs[n] for n in c.architecture.parameters if n in graph.inputs}
    bound = {node: names.new(plain(str(n)), "p") for n, node in inputs.items()}
    named = [(text, str(node.name)) for node, text in bound.items()]
    parameters = [declared(text, name, c.parameters[name]) for text, name in named]
    helpers = Helpers(JAVASCRIPT, names)
    told = {node: comment(formula) for node, formula in formulas.items()}
    sample = {graph.inputs[X]: "x"} if X in graph.inputs else {}
    body = Loops(helpers, names, sample | bound, told).into(graph.outputs[""], "a")
    row = _ROW.format(
        one=comment(c.say("source.one_sample")), array=_ARRAYS[c.dtype], body=textwrap.indent("\n".join(body), "    ")
    )
    sizes = f"export const nInputs = {c.architecture.n_inputs};\nexport const nOutputs = {c.architecture.n_outputs};"
    return [sizes, "\n".join([comment(c.say("source.parameters")), *parameters]), *helpers.written, row]


_PREDICT = """\
export function predict(X) {
    return Array.from(X, (row) => predictRow(row));
}"""
_ROW = """\
{one}
function predictRow(row) {{
    if (row.length !== nInputs) throw new RangeError(`${{row.length}} numbers in a row, expected ${{nInputs}}`);
    const x = {array}.from(row);
    const a = new {array}(nOutputs);
{body}
    return Array.from(a);
}}"""


def literal(value: Any) -> str:
    """Plain data as a literal, which may also stand within a page."""
    text = json.dumps(value, ensure_ascii=not _is_plain(value), allow_nan=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def _is_plain(value: Any) -> bool:
    """Whether all text in it can be written to a file; a lone half of a character cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def comment(text: str) -> str:
    """Lines of comment that nothing in the text can leave, within a page neither."""
    text = "".join(ch if ch.isprintable() else " " for ch in text).replace("</", "< /").replace("<!--", "<! --")
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent="// ", subsequent_indent="// "))


def _array(name: str, array: Array) -> str:
    """A parameter, a row after the other, with the fewest digits that give each entry back."""
    if array.ndim == 0:
        return f"const {name} = {_digits(array.dtype.type(array))};"
    kind = _kind(array)
    rows = array.reshape(len(array), -1)
    texts = [", ".join(_digits(v) for v in row) for row in (rows if rows.shape[1] > 1 else rows.T)]
    if sum(map(len, texts)) < 60:
        return f"const {name} = new {kind}([{', '.join(texts)}]);"
    lines = [textwrap.fill(t + ",", WIDTH, initial_indent="    ", subsequent_indent="    ") for t in texts]
    return f"const {name} = new {kind}([\n" + "\n".join(lines) + "\n]);"


def _kind(array: Array) -> str:
    return "Float32Array" if array.dtype == np.float32 else "Float64Array"


def _digits(value: np.floating) -> str:
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else ("-" * bool(value < 0)) + "Infinity"
    text = shortest(value)
    return text.removesuffix(".0")


class _JavaScript:
    """JavaScript's words. Its numbers are of 64 bits; what is stored in a Float32Array has 32."""

    name = "JavaScript"

    def __init__(self) -> None:
        functions = {name: name for name in ("abs", "exp", "log", "expm1", "log1p", "sqrt", "sin", "cos", "tanh")}
        self.ops: Mapping[str, EntryRule] = {
            **BY_ENTRY,
            **{op: called(f"Math.{name}") for op, name in functions.items()},
            "maximum": called("Math.max"),  # NaN stays NaN in all of these
            "minimum": called("Math.min"),
            "sign": called("Math.sign"),
            "power": _power,
        }

    def number(self, value: float, dtype: str) -> Expression:
        text = _digits(np.float32(value) if dtype == "f32" else np.float64(value))
        return Expression(text, binding=UNARY if text.startswith("-") else ATOM)

    def entry(self, name: str, index: Sequence[str], shape: Sequence[int]) -> str:
        """An entry of an array that holds a row after the other."""
        if not index:
            return name
        place = index[0]
        for k, d in zip(index[1:], shape[1:], strict=True):
            bracketed = place if place.isidentifier() or place.endswith(")") else f"({place})"
            place = f"{place} + {k}" if d == 1 else f"{bracketed} * {d} + {k}"
        return f"{name}[{place}]"

    def loop(self, index: str, length: int) -> str:
        return f"for (let {index} = 0; {index} < {length}; ++{index})"

    def array(self, name: str, shape: Sequence[int], dtype: str) -> str:
        return f"const {name} = new {_ARRAYS[dtype]}({np.prod(shape, dtype=int)});"

    def scalar(self, name: str, value: Expression, dtype: str, changes: bool = False) -> str:
        text = value.text if changes or dtype != "f32" else f"Math.fround({value.text})"
        return f"{'let' if changes else 'const'} {name} = {text};"

    def integers(self, name: str, values: Sequence[int]) -> str:
        row = textwrap.fill(", ".join(map(str, values)), WIDTH, initial_indent="    ", subsequent_indent="    ")
        return f"const {name} = [\n{row},\n];"

    def function(self, name: str, arguments: Sequence[str], dtype: str, body: Sequence[str]) -> str:
        inner = "\n".join(f"    {line}" for line in body)
        return f"function {name}({', '.join(arguments)}) {{\n{inner}\n}}"

    def library(self, name: str, dtype: str) -> str:
        return (_ERF if name.startswith("erf") else _ROW_OF).replace("NAME", name)


def _power(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return Expression(f"Math.pow({inputs[0].text}, {language.number(node.attrs['exponent'], 'f64').text})")


# 2/sqrt(pi) exp(-x²) (x + 2/3 x³ + 4/15 x⁵ + …): all terms have the sign of x, so that no digits are lost.
_ERF = """\
function NAME(x) {
    if (Math.abs(x) > 6) return Math.sign(x);
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); ++n) {
        term *= (2 * x * x) / (2 * n + 1);
        sum += term;
    }
    return 1.1283791670955126 * Math.exp(-x * x) * sum;
}"""
_ROW_OF = """\
function NAME(code, levels) {
    return code > 0 ? Math.min(Math.trunc(code), levels - 1) : 0;
}"""
JAVASCRIPT = _JavaScript()
