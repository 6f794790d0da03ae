"""A web page in one file: no server, no network, dark or light as the reader's system is."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape

from clearprop.messages import Language
from clearprop.present.figure.palette import DARK, LIGHT
from clearprop.visible import visible

# A matrix has brackets of its own: those of fonts do not grow where there is no mathematical font.
MATRIX_STYLE = """
mtable.matrix { border: solid currentColor; border-width: 0 1.3px; padding: 0.1em 0.25em; margin: 0 0.15em;
  background: linear-gradient(currentColor, currentColor) 0 0 / 0.3em 1.3px no-repeat,
    linear-gradient(currentColor, currentColor) 0 100% / 0.3em 1.3px no-repeat,
    linear-gradient(currentColor, currentColor) 100% 0 / 0.3em 1.3px no-repeat,
    linear-gradient(currentColor, currentColor) 100% 100% / 0.3em 1.3px no-repeat; }
mrow.round { border: solid currentColor; border-width: 0 1.3px; border-radius: 0.7em / 50%; padding: 0 0.35em;
  margin: 0 0.1em; }
mtable.matrix mtd { text-align: end; padding: 0.25em 0.4em; }
"""


def _variables(colours: Mapping[str, str], indent: str) -> str:
    """Colours as variables of CSS: those of writing and surfaces, and on a line of their own the bright ones."""
    texts = [f"--{role}: {value};" for role, value in colours.items()]
    return " ".join(texts[:5]) + f"\n{indent}" + " ".join(texts[5:])


# What every page may use; a page's own styles come after. Colours have one name each, and two values.
STYLE = """
:root { color-scheme: light dark; LIGHT }
@media (prefers-color-scheme: dark) {
  :root { DARK } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 68rem; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
    "Microsoft YaHei", sans-serif; }
h1, h2, h3 { line-height: 1.25; margin: 1.8em 0 0.5em; } h1 { margin-top: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; }
th { color: var(--soft); font-weight: 600; }
figure { margin: 1rem 0; overflow-x: auto; } figcaption { color: var(--soft); font-size: 0.9em; }
svg, img { max-width: 100%; height: auto; }
code, pre { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
math { font-size: 1.05em; }
.wide { overflow-x: auto; }
.soft { color: var(--soft); } .good { color: var(--green); } .bad { color: var(--red); }
""".replace("LIGHT", _variables(LIGHT, "  ")).replace("DARK", _variables(DARK, "    "))


def page(title: str, body: str, lang: Language = "en", style: str = "", script: str = "") -> str:
    """A whole HTML document.

    Args:
        title: plain text, escaped here.
        body: HTML.
        lang: of the text, for hyphenation, fonts and screen readers.
        style: CSS beside the common one.
        script: JavaScript, run at the end of the body.
    """
    from clearprop.present.figure.svg import HUES_STYLE  # each picture in the body brings it along
    from clearprop.present.figure.svg import STYLE as PICTURE_STYLE

    body, places = _without_style_attributes(visible(body, keep="\n\t"))
    styles = f"{STYLE}{MATRIX_STYLE}{style}{places}"
    script = f"\n{script}\n" if script else ""
    policy = _policy([styles, PICTURE_STYLE, HUES_STYLE], [script])
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-Hans" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(visible(title))}</title>\n<style>{styles}</style>\n</head>\n<body>\n{body}\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</body>\n</html>\n"
    )


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """What a page may do: no request at all, and of styles and scripts those given here, by their hashes.

    They are the writer's own, never what is found in a body: a name that found a way round the escaping, before the
    page was written or after, still cannot run.
    """
    return (
        f"default-src 'none'; img-src data:; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: Sequence[str]) -> str:
    return " ".join(f"'sha256-{b64encode(sha256(t.encode()).digest()).decode()}'" for t in texts if t) or "'none'"


# All that a style attribute may say in a page: where something stands, and how large it is.
_MEASURE = r"(?:left|right|bottom|width|min-width|flex-grow|--share):-?[\d.]+(?:%|px)?"
_STYLE_ATTRIBUTE = re.compile(f' style="({_MEASURE}(?:;{_MEASURE})*)"')


def _without_style_attributes(body: str) -> tuple[str, str]:
    """The same body with a mark for each style attribute, which the policy does not let through, and their rules.

    The selectors are long so that they win over those of classes, as attributes do.
    """
    found: dict[str, int] = {}

    def mark(match: re.Match[str]) -> str:
        return f' data-s="{found.setdefault(match[1], len(found))}"'

    marked = _STYLE_ATTRIBUTE.sub(mark, body)
    return marked, "".join(f'\n[data-s="{k}"][data-s][data-s]{{{rule}}}' for rule, k in found.items())


def fragment(body: str, style: str = "") -> str:
    """HTML for a notebook, which has a page already."""
    return visible(f'<style>{MATRIX_STYLE}{style}</style>\n<div class="clearprop">\n{body}\n</div>', keep="\n\t")
