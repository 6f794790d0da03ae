"""One page: its source run from top to bottom, and what becomes of each part."""

from __future__ import annotations

import io
import re
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

from clearprop.explain.stepper import StepByStep
from clearprop.present.formula import number
from course.helpers import HELPERS
from course.words import Language, answer, drawn_by, steps, with_language


class CourseError(Exception):
    """A page does not hold what it says: file, line, and what is wrong."""


@dataclass
class Page:
    """A page that has been run.

    Attributes:
        title: with its number; `idea` is the quotation under it, which the index repeats.
        body: Markdown behind the title.
        figures: file name → SVG.
        lessons: file name → step by step page, for the site to show.
        snippets, formulas, answers: how many there are.
    """

    name: str
    lang: Language
    title: str = ""
    idea: str = ""
    body: str = ""
    figures: dict[str, str] = field(default_factory=dict)
    lessons: dict[str, StepByStep] = field(default_factory=dict)
    snippets: int = 0
    formulas: int = 0
    answers: int = 0

    @property
    def number(self) -> int:
        """Its place in the course."""
        return int(self.name.split("-")[0])

    @property
    def name_of_idea(self) -> str:
        """The title without its number."""
        return self.title.split(" · ", 1)[1]


# The parts of a source, in the order in which they are looked for; everything else is prose.
_PARTS = re.compile(
    r"^```python\n(?P<code>.*?)^```$"
    r"|^```(?P<fence>\w*)\n.*?^```$"
    r"|^<!-- run\n(?P<hidden>.*?)^-->$"
    r"|^<!-- check:(?P<check>.*?)-->$"
    r"|^\$\$(?P<formula>.*?)\$\$$"
    r"|^!\[(?P<alt>[^\n]*)\]\(figure:(?P<figure>[^\n]*)\)$"
    r"|^!\[(?P<title>[^\n]*)\]\(steps:(?P<steps>[^\n]*)\)$"
    r"|^<!-- (?P<fold>answer|end of answer) -->$",
    re.DOTALL | re.MULTILINE,
)
_EXPRESSION = re.compile(r"\{\{ (.+?) \}\}", re.DOTALL)
_CODE_OR_LINK = re.compile(r"`[^`\n]*`|\]\([^)\n]*\)|<[^>\n]*>")
_TYPED_NUMBER = re.compile(r"\d\.\d|\d{3,}|\d\s?%|\d·10")


def read_page(path: Path, lang: Language) -> Page:
    """Run a source.

    Raises:
        CourseError: where a snippet fails, a check does not hold, or a rule of CONTRIBUTING.md is broken.
    """
    return _Reader(path, lang).page()


class _Reader:
    """The state while a source is run: its names, where it is, what has come out."""

    def __init__(self, path: Path, lang: Language) -> None:
        self.path, self.text = path, path.read_text(encoding="utf-8")
        self.names: dict[str, Any] = {"__name__": "page"}
        self.out: list[str] = []
        self.line = 1
        self.result = Page(path.name, lang)
        self.unchecked = 0  # the line of a formula that no check has followed yet
        self.owed: set[str] | None = None  # what the answer that is being read still lacks

    def page(self) -> Page:
        at = 0
        for part in _PARTS.finditer(self.text):
            self._prose(self.text[at : part.start()])
            self.line = self.text.count("\n", 0, part.start()) + 1
            self._part(part)
            at = part.end()
        self._prose(self.text[at:])
        self._all_checked()
        if self.owed is not None:
            raise self._error("an answer without <!-- end of answer --> behind it")
        page = self.result
        text = re.sub(r"\n{3,}", "\n\n", "".join(self.out)).strip()
        found = re.match(r"# (.+)\n\n> (.+(?:\n> .+)*)\n", text)
        if not found:
            raise self._error("a page begins with '# title', an empty line, and '> its idea'")
        page.title, page.idea = f"{page.number} · {found[1]}", found[2].replace("\n> ", " ")
        page.body = text[len(found[1]) + 2 :].strip()
        return page

    def _error(self, message: str) -> CourseError:
        return CourseError(f"{self.path}:{self.line}: {message}")

    def _part(self, part: re.Match[str]) -> None:
        kind = part.lastgroup
        if kind == "check":
            self._check(part["check"].strip())
            return
        self._all_checked()
        if kind == "code":
            self._snippet(part["code"])
        elif kind == "hidden":
            self._run(part["hidden"])
        elif kind == "formula":
            self.unchecked = self.line
            self.result.formulas += 1
            self.out.append(f"$${self._filled(part['formula'], in_formula=True)}$$")
        elif kind == "figure":
            self._figure(part["alt"], part["figure"])
        elif kind == "steps":
            self._steps(part["title"], part["steps"])
        elif kind == "fold":
            self._fold(part["fold"])
        elif part["fence"] in ("", "text"):
            raise self._error("what a program prints is put in by the build: no ```text in a source")
        else:
            self.out.append(part.group())

    def _prose(self, text: str) -> None:
        if text.strip():
            self._all_checked()
        self.line = self.text.count("\n", 0, self.text.index(text)) + 1 if text else self.line
        plain = _CODE_OR_LINK.sub("", _EXPRESSION.sub("", text))
        if typed := _TYPED_NUMBER.search(plain):
            around = plain[max(0, typed.start() - 30) : typed.end() + 10]
            raise self._error(f"a number typed by hand in {around!r}: write {{{{ expression }}}}")
        if "$" in plain:
            raise self._error("formulas in a line are plain text: σ(z), W[1], ∂L/∂w. Only display formulas take $$")
        self.out.append(self._filled(text))

    def _all_checked(self) -> None:
        if self.unchecked:
            self.line = self.unchecked
            raise self._error("a formula without <!-- check: … --> behind it")

    # --- the parts

    def _snippet(self, code: str) -> None:
        self.result.snippets += 1
        printed = self._run(code).rstrip()
        self._given("a snippet that prints it", bool(printed))
        shown = f"\n\n```text\n{printed}\n```" if printed else ""
        self.out.append(f"```python\n{code}```{shown}")

    def _run(self, code: str) -> str:
        printed = io.StringIO()
        try:
            with warnings.catch_warnings(), redirect_stdout(printed):
                warnings.simplefilter("error")
                # Line breaks ahead, so that an error names the line of the source.
                exec(compile("\n" * self.line + code, str(self.path), "exec"), self.names)
        except Exception as error:
            raise self._error(f"the code fails with {type(error).__name__}: {error}") from error
        return printed.getvalue()

    def _value(self, expression: str) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return eval(f"(\n{expression}\n)", {**HELPERS, **self.names})
        except Exception as error:
            raise self._error(f"{expression!r} fails with {type(error).__name__}: {error}") from error

    def _check(self, expression: str) -> None:
        self.unchecked = 0
        if not self._value(expression):
            raise self._error(f"does not hold: {expression}")
        self._given("<!-- check: … -->")

    def _filled(self, text: str, in_formula: bool = False) -> str:
        filled = _EXPRESSION.sub(lambda found: self._shown(found[1], in_formula), text)
        if "{{ " in filled:
            raise self._error("an expression without ' }}' behind it")
        return filled

    def _shown(self, inside: str, in_formula: bool) -> str:
        """`expression` or `expression:format`; without a format, four significant digits."""
        expression, _, form = inside.rpartition(":")
        if not re.fullmatch(r"[,+]?[.\d]*[dfgeE%s,]", form) or not expression:
            expression, form = inside, ""
        value = self._value(expression)
        if isinstance(value, str):
            return value
        if form:
            return format(value, form) if in_formula else format(value, form).replace("-", "−")
        atom = number(value)
        return atom.latex if in_formula else atom.text

    # --- what is drawn

    def _figure(self, alt: str, source: str) -> None:
        """A call that readers can make themselves, or one of `name(arguments)` in course.figures.page_NN.

        `name = call` names the file; without it, the function does.
        """
        found = re.fullmatch(r"(?:([\w-]+) = )?(([\w.]+)\(.*\))", source)
        if not found:
            raise self._error(f"a figure is a call, or name = call, not {source}")
        name, call, function = found[1], found[2], found[3]
        number = self.path.name.split("-")[0]
        module = f"course.figures.page_{number}"
        own = getattr(import_module(module), function, None) if find_spec(module) else None
        if own is None and function.split(".")[0] not in self.names:
            raise self._error(f"no function {function} in {module}, nor on this page")
        draw = own or self._value(function)
        spoken = "lang" in signature(draw).parameters
        if spoken:
            call = with_language(call, self.result.lang)
        self.names["__figure__"] = draw  # a page may have given the function's name to something else
        picture = self._value(f"__figure__{call[len(function) :]}")
        svg = picture if isinstance(picture, str) else picture.svg
        stem = (name or function.split(".")[-1]).replace("_", "-")
        file = f"{number}-{stem}{f'.{self.result.lang}' if spoken else ''}.svg"
        if self.result.figures.setdefault(file, svg) != svg:
            raise self._error(f"two figures by the name {file}")
        shown = drawn_by(self.result.lang, call, module) if own else f"```python\n{call}\n```"
        self.out.append(f"![{self._filled(alt)}](../figures/{file})\n\n{shown}")

    def _steps(self, title: str, call: str) -> None:
        """A step by step page: the call here, the page itself on the site."""
        call = with_language(call, self.result.lang)
        name = f"{self.path.stem}.html"
        if name in self.result.lessons:
            raise self._error("two step by step pages on one page")
        self.result.lessons[name] = self._value(call)
        self.out.append(steps(self.result.lang, name, self._filled(title), call))

    def _fold(self, kind: str) -> None:
        """An answer, folded: it has to be computed, and checked by something else."""
        opens = kind == "answer"
        if opens is (self.owed is not None):
            raise self._error(f"<!-- {kind} --> out of place")
        if self.owed:
            raise self._error(f"an answer without {' and '.join(sorted(self.owed))}")
        self.owed = {"a snippet that prints it", "<!-- check: … -->"} if opens else None
        self.result.answers += opens
        self.out.append(answer(self.result.lang) if opens else "</details>")

    def _given(self, what: str, is_there: bool = True) -> None:
        if self.owed and is_there:
            self.owed.discard(what)
