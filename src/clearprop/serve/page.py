"""The page of the server: what it answers, out of its OpenAPI document, and a row to try it with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from clearprop.errors import plural

_SHOWN = 500  # columns in the table


def page_of(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document, in one file of HTML beside its script and style."""
    template = Template(files("clearprop.serve").joinpath("page.html").read_text(encoding="utf-8"))
    info, row = document["info"], document["components"]["schemas"]["Row"]
    example = document["paths"]["/explain"]["post"]["requestBody"]["content"]["application/json"]["example"]
    return template.substitute(
        title=escape(info["title"]),
        about=escape(info["description"]),
        version=escape(info["version"]),
        routes="".join(_routes(document["paths"])),
        columns="".join(_columns(row)),
        example=escape(json.dumps(example, indent=2, ensure_ascii=False)),
    )


def _routes(paths: dict[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, what in methods.items():
            options = "".join(
                f"<li><code>?{escape(one['name'])}=</code> {escape(one['description'])}</li>"
                for one in what.get("parameters", [])
            )
            yield (
                f"<dt><b>{method.upper()}</b> <code>{escape(path)}</code></dt>"
                f"<dd>{escape(what['summary'])}.<ul>{options}</ul></dd>"
            )


def _columns(row: dict[str, Any]) -> Iterator[str]:
    """Rows of a table: a column's name, its types, what is done with it."""
    properties = row.get("properties")
    if properties is None:
        yield f"<tr><td>a row</td><td>{plural(row['minItems'], 'number')}</td><td>in the order of the inputs</td></tr>"
        return
    for name, column in list(properties.items())[:_SHOWN]:
        kinds = ", ".join(column.get("type", ["any"]))
        yield (
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(kinds)}</td>"
            f"<td>{escape(column.get('description', ''))}</td></tr>"
        )
    if len(properties) > _SHOWN:
        yield f"<tr><td>… and {len(properties) - _SHOWN} more</td><td></td><td>in openapi.json</td></tr>"
