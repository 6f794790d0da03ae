"""The page in one file: its modules as one script, for a page that is saved and for one in a notebook's frame."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from clearprop.messages import Language, say
from clearprop.present.page import page
from clearprop.visible import shown_json, visible_data

_IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./([\w-]+\.js)";$', re.M)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.M)
_SHEET = re.compile(r'<link rel="stylesheet" href="([\w-]+\.css)">')
_COMMENT = re.compile(r"^[ ]*/\*\*(?:(?!\*/)[\s\S])*\*/\n|^[ ]*//.*\n", re.M)


def bundled() -> str:
    """All modules as one classic script: each one in a function of its own, what it uses before it."""
    order: list[str] = []
    sources = {one.name: one.read_text(encoding="utf-8") for one in _folder().iterdir() if one.name.endswith(".js")}

    def visit(name: str) -> None:
        for found in _IMPORT.finditer(sources[name]):
            if found[2] not in order:
                visit(found[2])
        if name not in order:
            order.append(name)

    visit("main.js")
    return '"use strict";\nconst modules = {};\n' + "\n".join(_as_function(name, sources[name]) for name in order)


def _as_function(name: str, source: str) -> str:
    """A module as a function that puts what it exports where others find it."""
    exported = [found[2] for found in _EXPORT.finditer(source)]
    source = _EXPORT.sub(r"\1 \2", source)
    source = _IMPORT.sub(lambda found: f'const {{ {found[1]} }} = modules["{found[2]}"];', source)
    source = _COMMENT.sub("", source).replace("export {};", "")
    return f'modules["{name}"] = (() => {{\n{source}\nreturn {{ {", ".join(exported)} }};\n}})();'


def whole_page(lang: Language, recording: Any = None, framed: bool = False, network: str = "") -> str:
    """The page as one HTML document that asks for nothing.

    Args:
        lang: of its title.
        recording: what it replays; None where a bench is behind it.
        network: of a recording, a function of JavaScript from its parameters to what answers a row.
        framed: whether it speaks through the page that it is framed in.
    """
    folder = _folder()
    html = (folder / "index.html").read_text(encoding="utf-8")
    body = html.partition("<body>")[2].partition("</body>")[0]
    if framed:
        body = body.replace('id="bar"', 'id="bar" data-line="frame"')
    if recording is not None:
        data = shown_json(visible_data(recording), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
        body += f'<script type="application/json" id="recording">{data}</script>'
    style = "".join((folder / name).read_text(encoding="utf-8") for name in _SHEET.findall(html))
    script = f"globalThis.clearpropNetwork = {network};\n{bundled()}" if network else bundled()
    return page(f"{say('play.title', lang)} · clearprop", body, lang, style, script)


def _folder() -> Any:
    return files("clearprop.play.page")
