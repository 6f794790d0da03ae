"""A model of a table as one file of C99: a struct for a row, what becomes of each member, the network, the answer."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.interop.source.c_file import RESERVED, TYPES, WORDS, checked_name, comment, digits, network_parts
from clearprop.interop.source.c_text import LONGEST, Spellings, spellings, string
from clearprop.interop.source.content import Content
from clearprop.interop.source.literals import WIDTH, Identifiers
from clearprop.interop.source.rounding import Rounded
from clearprop.interop.source.table_description import Described, described, number_answered
from clearprop.table.encoder import TableEncoder
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, Target

_MACROS = ("NAN", "INFINITY", "NULL", "HUGE_VAL", "INT64_MIN", "INT64_MAX", "bool", "true", "false", "linux", "unix")
_OF = {"double": "source.c_number", "text": "source.c_text", "int": "source.c_truth", "date": "source.c_date"}
_TYPES = {"double": "double ", "text": "const char *", "int": "int ", "date": "int64_t "}


@dataclass(frozen=True)
class Member:
    """Of the struct, what a column is.

    Attributes:
        column: its name in the table.
        name: in the struct.
        kind: "double", "text", "int" (a truth value) or "date".
    """

    column: str
    name: str
    kind: str


def table_members(encoder: TableEncoder) -> list[Member]:
    """The members of the struct, in the order of the columns.

    Raises:
        InvalidValueError: for a column whose values cannot be had in C, by its name.
    """
    names = Identifiers([*WORDS, *_MACROS])
    return [
        Member(told["name"], names.new(_latin(told["name"]), "column"), _kind(told)) for told in described(encoder, "C")
    ]


def table_c(
    encoder: TableEncoder, target: Target, content: Content, name: str = "model", rounded: Rounded | None = None
) -> str:
    """The file's text.

    Args:
        encoder, target: of the model.
        content: of its network.
        name: what its functions begin with.
        rounded: the network's matrices in 8 bits, if they are to stand there so.

    Raises:
        InvalidValueError: for a name that C does not take, an op that cannot be written for one sample, or a column
            whose values cannot be had in C, by its name.
    """
    checked_name(name)
    return _File(encoder, target, content, name, rounded).text()


def _latin(name: str) -> str:
    """A name of a column in letters that C takes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain).strip("_") or "0"


def _quoted(name: str) -> str:
    """A name for a comment: what is no character to be seen is a blank."""
    return '"' + "".join(ch if ch.isprintable() else " " for ch in name) + '"'


def _kind(told: Described) -> str:
    match told["kind"]:
        case "date":
            return "date"
        case "boolean" if set(told["places"]) == {"true", "false"}:
            return "int"
        case "number":
            return "double"
    if told["numbers"]:
        _require_apart(told)
        return "double"
    return "text"


def _require_apart(told: Described) -> None:
    """Levels that are numbers must stay what they are as a double: 2⁵³ + 1 does not."""
    values = [float(level) for level in told["places"]]
    whole = [int(level) == float(level) for level in told["places"] if re.fullmatch(r"-?\d+", level)]
    if len(set(values)) < len(values) or not all(whole):
        raise InvalidValueError(
            f"the column {told['name']!r} in C", "numbers that a double can tell apart", "make text of it before"
        )


class _File:
    def __init__(
        self, encoder: TableEncoder, target: Target, content: Content, name: str, rounded: Rounded | None
    ) -> None:
        self.rounded = rounded
        self.target, self.content, self.name, self.real = target, content, name, TYPES[content.dtype]
        self.columns, self.members = described(encoder, "C"), table_members(encoder)
        self.data: list[str] = []  # tables of levels
        self.needs: set[str] = set()  # sections of table.c
        self._arrays: dict[str, str] = {}  # what stands in an array of texts → its name
        self.longest = 0

    def text(self) -> str:
        c, name, upper = self.content, self.name, self.name.upper()
        body, at = [], 0
        for told, member in zip(self.columns, self.members, strict=True):
            lines, width = self._column(told, f"row->{member.name}", at)
            body += [comment(_quoted(told["name"])), *lines]
            at += width
        runtime, taken = self._runtime()
        own = [f"{name}_{what}" for what in ("row", "features", "network", "probabilities", "label", "value", "date")]
        names = Identifiers([*RESERVED, *own, f"{name}_labels", *taken])
        network = network_parts(
            c, f"static void {name}_network(const {self.real} *x, {self.real} *a)", names, self.rounded
        )
        declared, answer = self._answer()
        features = f"void {name}_features(const struct {name}_row *row, {self.real} *x)"
        sizes = [f"{upper}_N_FEATURES = {at}"]
        sizes += [f"{upper}_N_CLASSES = {len(self.target.classes)}"] if isinstance(self.target, ClassTarget) else []
        dates = any(member.kind == "date" for member in self.members)
        declared = [*declared, *([_DATE_HEAD.format(name=name) + ";"] if dates else [])]
        cost = [] if self.rounded is None else [self.rounded.told]
        parts = [
            comment(
                "\n\n".join(
                    [
                        c.say("source.c_table_title", name=name),
                        c.say("source.c_spellings"),
                        *c.predicting.notes(),
                        *cost,
                    ]
                )
            ),
            "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>",
            f"enum {{ {', '.join(sizes)} }};",
            self._struct(),
            "\n".join([f"{features};", *declared]),
            *([f"enum {{ LONGEST = {max(1, self.longest)} }};"] if "text level" in self.needs else []),
            *runtime,
            *self.data,
            *network,
            comment(c.say("source.c_features"))
            + f"\n{features}\n{{\n"
            + textwrap.indent("\n".join(body), "    ")
            + "\n}",
            *(
                [_DATE.format(head=_DATE_HEAD.format(name=name), told=comment(c.say("source.c_made_date")))]
                if dates
                else []
            ),
            *answer,
        ]
        return "\n\n".join(parts) + "\n"

    def _struct(self) -> str:
        lines = []
        for member in self.members:
            told = comment(f"{_quoted(member.column)}: {self.content.say(_OF[member.kind])}")
            lines += [*told.split("\n"), f"{_TYPES[member.kind]}{member.name};"]
        return f"struct {self.name}_row {{\n" + textwrap.indent("\n".join(lines), "    ") + "\n};"

    def _runtime(self) -> tuple[list[str], list[str]]:
        """The sections of table.c that are needed, and the names in them."""
        text = files(__package__).joinpath("table.c").read_text(encoding="utf-8")
        sections = re.split(r"/\* --- (.*) \*/\n", text)[1:]
        found = [body.strip() for title, body in zip(sections[::2], sections[1::2], strict=True) if title in self.needs]
        found = [re.sub(r"\breal\b", self.real, body) for body in found]
        names = re.findall(r"^(?:static )?(?:struct )?\w+ \*?(\w+)", "\n".join(found), re.MULTILINE)
        return found, [*names, *re.findall(r"(\w+)(?: =|\[\] =)", "\n".join(self.data)), "LONGEST", "row"]

    # --- columns

    def _column(self, told: Described, value: str, at: int) -> tuple[list[str], int]:
        """The statements that write a column's features, and how many these are."""
        match told["kind"]:
            case "number":
                return self._number(told, value, at)
            case "date":
                return self._date(told, value, at)
            case "boolean" if set(told["places"]) == {"true", "false"}:
                return [f"x[{at}] = ({self.real})({value} < 0 ? 0 : {value} ? 1 : -1);"], 1
            case "boolean":
                place = self._place(told, value)
                return _block(
                    f"const int place = {place};", f"x[{at}] = ({self.real})(place < 0 ? 0 : place > 0 ? 1 : -1);"
                ), 1
        self.needs.add("level")
        own, length, pooled = told["own"], told["length"], int(told["pooled"])
        place = f"feature_of({self._place(told, value)}, {own}, {length}, {int(told['missing'])}, {pooled})"
        if told["coded"]:
            code = f"x[{at}] = ({self.real})(place >= 0 && place < {length} ? place + 1 : 0);"
            return _block(f"const int place = {place};", code), 1
        self.needs.add("one hot")
        size = digits(np.dtype(_NUMPY[self.real]).type(told["size"]))
        return [f"put_level(x + {at}, {place}, {length + pooled}, {size});"], length + pooled

    def _number(self, told: Described, value: str, at: int) -> tuple[list[str], int]:
        self.needs |= {"bent", "bounded"}
        gone = _gone(told, value)
        v = f"{gone} ? {_double(told['median'])} : bounded({value})"
        if told["unit"] is not None:
            self.needs.add("logarithm")
            v = f"signed_log({v}, {_double(told['unit'])})"
        scale = ", ".join(_double(told[key]) for key in ("center", "scale", "bend"))
        lines = [f"x[{at}] = ({self.real})scaled({v}, {scale});"]
        return lines + [f"x[{at + 1}] = ({self.real})({gone} ? 1 : 0);"] * told["gap"], 1 + told["gap"]

    def _date(self, told: Described, value: str, at: int) -> tuple[list[str], int]:
        self.needs |= {"bent", "days", "parts"}
        gone, start, real = f"{value} == INT64_MIN", at, self.real
        lines = [f"const int gone = {gone};", f"const struct date_parts date = parts_of(gone ? 0 : {value});"]
        for part, center, scale in told["parts"]:
            if part in ("year", "day"):
                value_of = f"scaled(date.{part}, {_double(center)}, {_double(scale)}, 5.0)"
                lines.append(f"x[{at}] = ({real})(gone ? 0 : {value_of});")
                at += 1
                continue
            angle = f"6.283185307179586 * date.{part} / {_double(scale)}"
            lines += [
                f"x[{at}] = ({real})(gone ? 0 : sin({angle}));",
                f"x[{at + 1}] = ({real})(gone ? 0 : cos({angle}));",
            ]
            at += 2
        if told["gap"]:
            lines.append(f"x[{at}] = ({self.real})gone;")
            at += 1
        return _block(*lines), at - start

    def _place(self, told: Described, value: str) -> str:
        """The place of a value among a column's levels, as an expression."""
        k = len(self.data)
        if told["numbers"]:
            self.needs.add("number level")
            known = sorted((float(level), place) for level, place in told["places"].items())
            shorter = sorted((short, place) for short, place in told["looser"][3].items() if place >= 0)
            found = [
                self._pairs(f"{kind}_{k}", "number_level", pairs)
                for kind, pairs in (("numbers", known), ("shorter", shorter))
            ]
            return f"({_gone(told, value)} ? -2 : place_of_number({value}, {found[0]}, {found[1]}))"
        self.needs.add("text level")
        return f"place_of_text({value}, &{self._levels(told, k)})"

    def _levels(self, told: Described, k: int) -> str:
        if any("\0" in level or len(level.encode(errors="surrogatepass")) > LONGEST for level in told["places"]):
            expected = f"levels of {LONGEST:,} bytes at most, none of them the character 0"
            raise InvalidValueError(f"the column {told['name']!r} in C", expected, "leave it out (drop=)")
        found: Spellings = spellings(told)
        self.longest = max(self.longest, found.longest)
        lists = [self._pairs(f"{kind}_{k}", "spelling", pairs) for kind, pairs in found.lists.items()]
        texts = [self._texts(each) for each in (found.marks, found.gone)]
        arrays, counts = zip(*(each.rsplit(", ", 1) for each in (*lists, *texts)), strict=True)
        order = [*arrays[:4], *counts[:4], *arrays[4:], *counts[4:]]
        self.data.append(f"static const struct levels levels_{k} = {{\n    {', '.join(order)},\n}};")
        return f"levels_{k}"

    def _pairs(self, name: str, kind: str, pairs: Sequence[tuple[Any, int]]) -> str:
        """An array of what is known and its place, and its length."""
        if not pairs:
            return "NULL, 0"
        entries = [f"{{{string(key) if isinstance(key, str) else _double(key)}, {place}}}" for key, place in pairs]
        self.data.append(f"static const struct {kind} {name}[] = {{\n{_filled(entries)},\n}};")
        return f"{name}, {len(pairs)}"

    def _texts(self, texts: Sequence[str]) -> str:
        if not texts:
            return "NULL, 0"
        written = _filled([string(text) for text in texts])
        if written not in self._arrays:
            self._arrays[written] = name = f"marks_{len(self._arrays)}"
            self.data.append(f"static const char *const {name}[] = {{\n{written},\n}};")
        return f"{self._arrays[written]}, {len(texts)}"

    # --- answers

    def _answer(self) -> tuple[list[str], list[str]]:
        """Declarations and functions of what a caller calls."""
        name, real, upper, c = self.name, self.real, self.name.upper(), self.content
        network = _NETWORK.format(real=real, upper=upper, outputs=c.architecture.n_outputs, name=name)
        if isinstance(self.target, NumberTarget):
            head = f"double {name}_value(const struct {name}_row *row)"
            key = "source.c_days" if self.target.dates is not None else "source.c_value"
            body = "\n".join([network, *_value(self.target)])
            return [f"{head};"], [f"{comment(c.say(key))}\n{head}\n{{\n{body}\n}}"]
        heads = [
            f"void {name}_probabilities(const struct {name}_row *row, {real} *p)",
            f"int {name}_label(const struct {name}_row *row)",
        ]
        labels = f"const char *const {name}_labels[{upper}_N_CLASSES]"
        texts = _filled([string(str(label), "a label") for label in self.target.classes])
        single = c.architecture.n_outputs == 1
        given = (
            "p[0] = 1 - a[0];\n    p[1] = a[0];"
            if single
            else f"for (int k = 0; k < {upper}_N_CLASSES; ++k)\n        p[k] = a[k];"
        )
        cuts = None if self.target.decision is None else self.target.decision.cuts
        divided = "" if cuts is None else " / cuts[k]"
        table = "" if cuts is None else f"    static const double cuts[] = {{{', '.join(map(_double, cuts))}}};\n"
        label = _LABEL.format(real=real, upper=upper, name=name, divided=divided, cuts=table)
        return [f"extern {labels};", *(f"{head};" for head in heads)], [
            f"{labels} = {{\n{texts},\n}};",
            f"{comment(c.say('source.c_probabilities'))}\n{heads[0]}\n{{\n{network}\n    {given}\n}}",
            f"{comment(c.say('source.c_label'))}\n{heads[1]}\n{{\n{label}\n}}",
        ]


_NUMPY = {"float": "float32", "double": "float64"}


def _value(target: NumberTarget) -> list[str]:
    told = number_answered(target)
    unit = None if told["unit"] is None else _double(told["unit"])
    lines = [f"double y = (double)a[0] * {_double(told['std'])} + {_double(told['mean'])};"]
    if unit is not None and told["most"] is not None:
        lines.append(f"y = {unit} * (exp(fmin(fmax(y, 0), {_double(told['most'])})) * {_double(told['smear'])} - 1);")
    elif unit is not None:
        lines.append(f"y = copysign({unit} * expm1(fabs(y)), y);")
    lines += [f"y = fmax(y, {_double(told['lowest'])});"] if told["lowest"] is not None else []
    lines += (
        [f"y = fmin(y, {_double(told['highest'])});"]
        if told["lowest"] is not None and told["highest"] is not None
        else []
    )
    return [f"    {line}" for line in [*lines, "return y;"]]


def _double(value: float) -> str:
    return digits(np.float64(value))


def _gone(told: Described, value: str) -> str:
    tests = [f"isnan({value})", *(f"{value} == {_double(number)}" for number in told["gone"])]
    return tests[0] if len(tests) == 1 else f"({' || '.join(tests)})"


def _block(*lines: str) -> list[str]:
    return ["{", *(f"    {line}" for line in lines), "}"]


def _filled(entries: Iterable[str]) -> str:
    """Entries in lines that are not too long; blanks within texts stay as they are."""
    lines, line = [], "   "
    for entry in entries:
        if len(line) + len(entry) > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = "   "
        line += f" {entry},"
    return "\n".join([*lines, line])[:-1]


_DATE_HEAD = "int64_t {name}_date(int year, int month, int day, int hour, int minute, double second)"
_DATE = """\
{told}
{head}
{{
    const int64_t minutes = (days_of(year, month, day) * 24 + hour) * 60 + minute;
    return minutes * 60000000 + (int64_t)floor(second * 1e6 + 0.5);
}}"""
_NETWORK = """\
    {real} x[{upper}_N_FEATURES], a[{outputs}];
    {name}_features(row, x);
    {name}_network(x, a);"""
_LABEL = """\
    {real} p[{upper}_N_CLASSES];
    double largest = -1;
    int label = 0;
{cuts}    {name}_probabilities(row, p);
    for (int k = 0; k < {upper}_N_CLASSES; ++k) {{
        const double score = (double)p[k]{divided};
        if (score > largest) {{
            largest = score;
            label = k;
        }}
    }}
    return label;"""
