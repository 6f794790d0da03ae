"""What a server answers, as an OpenAPI 3.1 document: the columns of the model are its schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from clearprop.errors import plural
from clearprop.estimators import MultiTargetModel, TableModel
from clearprop.network import Network
from clearprop.serve.rows import MOST_ROWS
from clearprop.table.categories import SHOWN, BooleanColumn, CategoryColumn
from clearprop.table.columns import Column
from clearprop.table.dates import DateColumn
from clearprop.table.numbers import NumberColumn
from clearprop.table.several import SeveralColumn
from clearprop.version import installed_version

_MOST_LEVELS = 30  # that are listed in the schema
Data = dict[str, Any]


def description_of(model: TableModel | MultiTargetModel | Network, name: str) -> Data:
    """The document for a model.

    Args:
        model: what answers.
        name: of its file.
    """
    row, example = _row(model)
    body = {"content": {"application/json": {"schema": _rows_schema(), "example": {"rows": [example]}}}}
    one = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Row"}, "example": example}}}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
    pages = {kind: {"schema": {"type": "string"}} for kind in ("text/html", "text/markdown")}
    lang = _option("lang", {"enum": ["en", "zh"], "default": "en"}, "Language of remarks and explanations.")
    share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    interval = _option(
        "interval", share, "Of numbers an interval, of classes a set, that holds the truth of this share of new rows."
    )
    target = _option("target", {"type": "string"}, "Of a model of several targets the one to explain.")
    several = [target] if isinstance(model, MultiTargetModel) else []
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": str(installed_version()), "description": _about(model)},
        "paths": {
            "/predict": {
                "post": _operation(
                    f"Answers to 1 … {MOST_ROWS:,} rows, each with what was missing or not seen in training",
                    {"parameters": [lang] if isinstance(model, Network) else [interval, lang], "requestBody": body},
                    answer,
                )
            },
            "/explain": {
                "post": _operation(
                    "How the answer to one row comes about: JSON, or a page with Accept: text/html",
                    {"parameters": [*several, lang], "requestBody": one},
                    {"application/json": {"schema": {"type": "object"}}, **pages},
                )
            },
            "/health": {
                "get": {"summary": "Whether the server answers", "responses": {"200": {"description": "Yes."}}}
            },
        },
        "components": {"schemas": {"Row": row, "Answer": _answer(model), "Error": _ERROR}},
    }


_ERROR: Data = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_REMARKS: Data = {
    "type": "array",
    "items": {"type": "string"},
    "description": "What was missing, not seen in training, or not looked at.",
}


def _about(model: TableModel | MultiTargetModel | Network) -> str:
    if isinstance(model, Network):
        a = model.architecture
        return f"A network of {plural(a.n_inputs, 'input')} and {plural(a.n_outputs, 'output')}."
    targets = [model.target] if isinstance(model, TableModel) else model.targets
    return f"Predicts {', '.join(t.name for t in targets)} from {plural(len(model.encoder.columns), 'column')}."


def _option(name: str, schema: Data, what: str) -> Data:
    return {"name": name, "in": "query", "schema": schema, "description": what}


def _operation(summary: str, asked: Data, content: Data) -> Data:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refused = {
        "413": "The message is too long.",
        "422": "The rows or the options are not as they should be.",
        "429": "More requests a second than one client may make.",
        "503": "Too many requests at once, or no answer in time.",
    }
    responses = {status: {"description": why, "content": error} for status, why in refused.items()}
    return {
        "summary": summary,
        **asked,
        "responses": {"200": {"description": "The answers.", "content": content}, **responses},
    }


def _rows_schema() -> Data:
    row = {"$ref": "#/components/schemas/Row"}
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": MOST_ROWS}
    return {"oneOf": [{"type": "object", "required": ["rows"], "properties": {"rows": rows}}, rows, row]}


def _row(model: TableModel | MultiTargetModel | Network) -> tuple[Data, Any]:
    """The schema of a row, and an example."""
    if isinstance(model, Network):
        n = model.architecture.n_inputs
        return {"type": "array", "items": {"type": "number"}, "minItems": n, "maxItems": n}, [0.0] * n
    found = {column.name: _column(column) for column in model.encoder.columns}
    properties = {name: {**schema, "examples": [example]} for name, (schema, example) in found.items()}
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return schema, {name: example for name, (_, example) in found.items()}


def _column(column: Column) -> tuple[Data, Any]:
    """The schema of a column's values, and one of them."""
    what = {"description": column.describe()("en")}
    match column:
        case NumberColumn(text=None):
            return {"type": ["number", "string", "null"], **what}, float(f"{column.median:.6g}")
        case NumberColumn(text=text):
            return {"type": ["string", "number", "null"], **what}, text and text.example
        case BooleanColumn():
            return {"type": ["boolean", "string", "number", "null"], **what}, _level(column.true, column.holds_numbers)
        case CategoryColumn():
            levels = [level for level in column.levels if level is not None]
            kind = ["number" if column.holds_numbers else "string", "null"]
            if len(levels) > SHOWN:  # else the description has them all
                shown, more = ", ".join(levels[:_MOST_LEVELS]), " …" * (len(levels) > _MOST_LEVELS)
                what["description"] += f". Levels: {shown}{more}"
            return {"type": kind, **what}, _level(levels[0], column.holds_numbers) if levels else None
        case DateColumn(period=period):
            known = period is not None and column.form in (None, "ISO 8601")
            day = datetime.fromtimestamp(period[1] / 1e6, UTC).date().isoformat() if known and period else None
            return {"type": ["string", "null"], **what}, day
        case SeveralColumn():
            return {"type": ["string", "null"], **what}, column.example
        case _:
            return what, None


def _level(level: str, is_number: bool) -> Any:
    """A level as a value of its column."""
    if not is_number:
        return level
    return float(level) if "." in level or "e" in level else int(level)


def _answer(model: TableModel | MultiTargetModel | Network) -> Data:
    """The schema of an answer."""
    if isinstance(model, Network):
        numbers = {"type": "array", "items": {"type": ["number", "null"]}}
        properties: Data = {"outputs": numbers}
    elif isinstance(model, MultiTargetModel):
        properties = {"targets": {"type": "object", "additionalProperties": {"type": "object"}}}
    else:
        properties = {"prediction": {}}
        if model.target.task == "regression":
            ends = {"type": "array", "items": {"type": ["number", "string", "null"]}, "minItems": 2, "maxItems": 2}
            properties["interval"] = {**ends, "description": "If asked for; null where there is no end."}
        else:
            properties["probabilities"] = {"type": "object", "additionalProperties": {"type": "number"}}
            properties["set"] = {"type": "array", "description": "If an interval is asked for: the classes it needs."}
    rows = {"type": "array", "items": {"type": "object", "properties": {**properties, "remarks": _REMARKS}}}
    return {"type": "object", "properties": {"predictions": rows}}
