"""The mistakes of mistakes.py and planted.py as text for a page: what is wrong, what is right, and what a run shows."""

from __future__ import annotations

from functools import cache

from mistakes import MISTAKES, Mistake
from phrase import Phrase
from planted import PLANTED, Planted

import clearprop as cp
from clearprop.explain.check import GradientCheck
from clearprop.messages import Language

SHOWN = Phrase("Shown: {demonstration}", "演示：{demonstration}")
PLANTED_IN = Phrase("Planted: {how}. {said}", "植入：{how}。{said}")
ALSO = Phrase("Also: {how}: {said}.", "此外：{how}：{said}。")
ALSO_UNSEEN = Phrase("Also: {how}.", "此外：{how}。")
CAUGHT = Phrase("caught", "被发现")
SHAPES = Phrase("the shapes object", "形状不符，报错")


def entries(lang: Language, *ids: str) -> str:
    """Some mistakes, one after the other, in Markdown."""
    return "\n\n".join(_entry(next(m for m in MISTAKES if m.id == id), lang) for id in ids)


def every_id() -> set[str]:
    """The ids of all mistakes."""
    return {mistake.id for mistake in MISTAKES}


def _entry(mistake: Mistake, lang: Language) -> str:
    lines = [f"**{mistake.id}** ✗ {mistake.wrong(lang)}", "", f"- ✓ {mistake.right(lang)}"]
    if demonstration := mistake.demonstration(lang):
        lines.append(f"- {SHOWN(lang, demonstration=demonstration)}")
    planted = [p for p in PLANTED if p.id == mistake.id]
    lines += [f"- {PLANTED_IN(lang, how=p.how(lang), said=_said(p, lang))}" for p in planted[:1]]
    lines += [f"- {_also(p, lang)}" for p in planted[1:]]
    return "\n".join(lines)


@cache
def _outcome(planted: Planted) -> GradientCheck | cp.ShapeError:
    """What became of it; the same for both languages."""
    try:
        return planted.run()
    except cp.ShapeError as error:
        return error


def _said(planted: Planted, lang: Language) -> str:
    outcome = _outcome(planted)
    if isinstance(outcome, cp.ShapeError):
        return f"`ShapeError: {outcome}`"
    return ("" if lang == "zh" else " ").join([outcome.verdict(lang), *outcome.reasons(lang)])


def _also(planted: Planted, lang: Language) -> str:
    outcome = _outcome(planted)
    if isinstance(outcome, cp.ShapeError):
        return ALSO(lang, how=planted.how(lang), said=SHAPES(lang))
    if outcome.ok is planted.visible:
        raise AssertionError(f"{planted.id}, {planted.how('en')}: {outcome.verdict()}")
    return (ALSO if planted.visible else ALSO_UNSEEN)(lang, how=planted.how(lang), said=CAUGHT(lang))
