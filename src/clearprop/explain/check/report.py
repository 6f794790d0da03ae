"""The result of a gradient check, for people: a table, the verdict, where the first wrong number stands and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from clearprop.errors import UnknownNameError
from clearprop.explain.check.compare import Index, TensorCheck
from clearprop.graph import Name
from clearprop.messages.language import Language, Phrase, checked_language
from clearprop.visible import columns_of, visible

HEADINGS = (
    Phrase("", ""),
    Phrase("shape", "形状"),
    Phrase("compared", "比较"),
    Phrase("measured by", "方法"),
    Phrase("worst error", "最大相对误差"),
    Phrase("at", "位置"),
    Phrase("backpropagation", "反向传播"),
    Phrase("measured", "数值结果"),
    Phrase("verdict", "结论"),
)
WORDS = {
    "right": Phrase("right", "正确"),
    "wrong": Phrase("wrong", "错误"),
    "not checked": Phrase("not checked", "未检查"),
    "complex step": Phrase("complex step", "复步法"),
    "central differences": Phrase("differences", "中心差分"),
}
ALL = Phrase("all {size}", "全部 {size} 个")
SOME = Phrase("{count} of {size}", "{count} / {size}")
V = "v"

WHAT_V_IS = Phrase(
    "v: along a random direction through all entries, in which a mistake in any one of them shows.",
    "v：沿一个经过所有元素的随机方向，任何一个元素出错都会显露出来。",
)
KINKS = Phrase(
    "{name}: {count} left out, because the loss has a kink there and its slope jumps.",
    "{name}：有 {count} 个元素未检查，因为损失函数在那里有折点，斜率会跳变。",
)
VAGUE = Phrase(
    "{name}: {count} left out, because rounding hides so small a slope.",
    "{name}：有 {count} 个元素未检查，因为斜率太小，被舍入误差淹没。",
)
ROUGH = Phrase(
    "{name}: {count} so small that rounding lets them be measured to a relative {uncertainty:.0e} only.",
    "{name}：有 {count} 个值太小，受舍入误差所限，只能测到 {uncertainty:.0e} 的相对精度。",
)
ALL_ZERO = Phrase(
    "{name}: every gradient is 0, and rightly so; that proves little.",
    "{name}：梯度全为 0，而且确实如此；但这说明不了多少问题。",
)
ALL_RIGHT = Phrase(
    "Every gradient is right; the worst relative error is {error:.1e}.",
    "所有梯度都正确；最大相对误差为 {error:.1e}。",
)
SOME_RIGHT = Phrase(
    "What could be checked is right; not checked: {names}. Other samples, or a trained network, may allow it.",
    "能检查的梯度都正确；未能检查：{names}。换一些样本，或先训练一下，也许就能检查。",
)
SOME_WRONG = Phrase(
    "Wrong: {names}; relative errors up to {error:.2g}, where {tolerance:g} is allowed.",
    "梯度有误：{names}；相对误差最大为 {error:.2g}，而允许值为 {tolerance:g}。",
)
LIKE_NOTHING = Phrase(
    "The numbers look like none of the usual mistakes (sign, factor, transpose, …).",
    "这些数值不像任何一种常见错误（符号、倍数、转置……）。",
)
LOOK = Phrase("d{name}: {look}.", "d{name}：{look}。")


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheck(Mapping[str, TensorCheck]):
    """The check of every gradient, by parameter name; printed, a table with its verdict.

    Attributes:
        title: what was checked.
        checks: one per parameter.
        tolerance: of the relative error.
        notes: what is to be known of how it was measured.
        first_wrong: the first wrong gradient of the backward pass, an inner value's too, where that is known.
        place: where the mistake lies.
    """

    title: Phrase
    checks: Mapping[str, TensorCheck]
    tolerance: float
    notes: tuple[Phrase, ...] = ()
    first_wrong: TensorCheck | None = None
    place: Phrase | None = None

    @property
    def ok(self) -> bool:
        """Whether no gradient is wrong."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[Name, ...]:
        """The parameters whose gradients are wrong."""
        return self._with("wrong")

    @property
    def not_checked(self) -> tuple[Name, ...]:
        """The parameters of which nothing could be compared."""
        return self._with("not checked")

    @property
    def error(self) -> float:
        """The worst relative error of all."""
        return max((c.error for c in self.checks.values() if c.verdict != "not checked"), default=float("nan"))

    def _with(self, verdict: str) -> tuple[Name, ...]:
        return tuple(check.name for check in self.checks.values() if check.verdict == verdict)

    def __getitem__(self, name: str) -> TensorCheck:
        if name not in self.checks:
            raise UnknownNameError(f"no parameter {name!r} in this check", "one of: " + ", ".join(self.checks))
        return self.checks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)

    def verdict(self, lang: Language = "en") -> str:
        """One sentence."""
        if self.wrong:
            return SOME_WRONG(lang, names=_listed(self.wrong, lang), error=self.error, tolerance=self.tolerance)
        if self.not_checked:
            return SOME_RIGHT(lang, names=_listed(self.not_checked, lang))
        return ALL_RIGHT(lang, error=self.error)

    def explain(self, lang: Language = "en", width: int | None = None) -> str:
        """The table, what was left out, the verdict and, where something is wrong, where and what it looks like.

        Args:
            lang: "en" or "zh".
            width: of the terminal; the table leaves out columns that do not fit.

        Raises:
            UnknownNameError: for a language other than "en" and "zh".
        """
        lang = checked_language(lang)
        rows = [tuple(heading(lang) for heading in HEADINGS), *(_row(c, lang) for c in self.checks.values())]
        return visible("\n".join([self.title(lang), "", *_aligned(rows, width), "", *self.sentences(lang)]), keep="\n")

    def sentences(self, lang: Language = "en") -> list[str]:
        """What is said below the table; the verdict comes last but for its reasons."""
        return [*self._remarks(lang), self.verdict(lang), *self.reasons(lang)]

    def _remarks(self, lang: Language) -> list[str]:
        said = [note(lang) for note in self.notes]
        if any(c.direction for c in self.checks.values()):
            said.append(WHAT_V_IS(lang))
        for c in self.checks.values():
            said += [KINKS(lang, name=c.name, count=c.kinks)] if c.kinks else []
            said += [VAGUE(lang, name=c.name, count=c.vague)] if c.vague else []
            said += [_roughness(c, lang)] if c.rough and not c.all_zero else []
            said += [ALL_ZERO(lang, name=c.name)] if c.all_zero else []
        return said

    def reasons(self, lang: Language = "en") -> list[str]:
        """Where the mistake lies and what it looks like; nothing where nothing is wrong."""
        blamed = [self.first_wrong] if self.first_wrong else [c for c in self.checks.values() if c.verdict == "wrong"]
        if not blamed:
            return []
        said = [self.place(lang)] if self.place else []
        if not any(c.looks for c in blamed):
            said.append(LIKE_NOTHING(lang))
        return said + [LOOK(lang, name=c.name, look=look(lang)) for c in blamed for look in c.looks]

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        """The same as plain data: names, numbers and sentences."""
        return {
            "ok": self.ok,
            "verdict": self.verdict(lang),
            "tolerance": self.tolerance,
            "worst_error": _plain(self.error),
            "parameters": {name: _as_dict(c) for name, c in self.checks.items()},
            "remarks": self._remarks(lang),
            "reasons": self.reasons(lang),
        }

    def __repr__(self) -> str:
        return self.explain("en")

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{escape(heading('en'))}</th>" for heading in HEADINGS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(c, "en")) + "</tr>"
            for c in self.checks.values()
        )
        below = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences("en"))
        return visible(f"<p>{escape(self.title('en'))}</p><table><tr>{heads}</tr>{rows}</table>{below}")


def _row(check: TensorCheck, lang: Language) -> tuple[str, ...]:
    count, worst = len(check.comparisons), check.worst
    phrase = ALL if count == check.size else SOME
    compared = phrase(lang, count=count, size=f"{check.size:,}")
    if check.direction is not None:
        compared = f"{compared} + {V}"
    numbers = ("–",) * 4
    if worst is not None:
        place = V if worst.index is None else place_of(worst.index)
        numbers = (f"{worst.error:.1e}", place, f"{worst.analytic:.6g}", f"{worst.numeric:.6g}")
    shape = f"({', '.join(map(str, check.shape))}{',' if len(check.shape) == 1 else ''})"
    return (check.name.gradient, shape, compared, WORDS[check.method](lang), *numbers, WORDS[check.verdict](lang))


def _roughness(check: TensorCheck, lang: Language) -> str:
    worst = max(c.uncertainty / c.scale for c in check.rough)
    return ROUGH(lang, name=check.name, count=len(check.rough), uncertainty=worst)


def place_of(index: Index) -> str:
    """An entry as people count, from 1: [2, 3]; a scalar has no place."""
    return f"[{', '.join(str(k + 1) for k in index)}]" if index else "–"


def _listed(names: Sequence[Name], lang: Language) -> str:
    return (", " if lang == "en" else "、").join(name.gradient for name in names)


_TO_THE_RIGHT = {4, 6, 7}  # columns of numbers
_LEFT_OUT_FIRST = (3, 1, 2)  # columns, where a terminal is narrow: measured by, shape, compared


def _aligned(rows: Sequence[tuple[str, ...]], width: int | None) -> list[str]:
    """Columns of numbers to the right, of words to the left; as many as fit."""
    widths = {k: max(columns_of(row[k]) for row in rows) for k in range(len(HEADINGS))}
    for k in _LEFT_OUT_FIRST:
        if width is not None and sum(widths.values()) + 2 * len(widths) > width:
            del widths[k]
    lines = []
    for row in rows:
        blanks = {k: " " * (wide - columns_of(row[k])) for k, wide in widths.items()}
        cells = [blank + row[k] if k in _TO_THE_RIGHT else row[k] + blank for k, blank in blanks.items()]
        lines.append("  ".join(cells).rstrip())
    return lines


def _as_dict(check: TensorCheck) -> dict[str, Any]:
    worst = check.worst
    return {
        "verdict": check.verdict,
        "shape": list(check.shape),
        "method": check.method,
        "compared": len(check.comparisons),
        "direction": check.direction is not None,
        "kinks": check.kinks,
        "hidden_by_rounding": check.vague,
        "worst_error": _plain(check.error),
        "at": None if worst is None or worst.index is None else [k + 1 for k in worst.index],
        "analytic": None if worst is None else _plain(worst.analytic),
        "numeric": None if worst is None else _plain(worst.numeric),
    }


def _plain(number: float) -> float | None:
    """A number that JSON knows."""
    return number if abs(number) < float("inf") else None
