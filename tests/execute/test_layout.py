"""The records that Python writes and the structs that the machine reads have the same fields in the same order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clearprop.execute import layout

NATIVE = Path(__file__).parents[2] / "native"
STRUCTS = {
    "Value": layout.ValueRecord,
    "BufferSize": layout.BufferRecord,
    "Operand": layout.OperandRecord,
    "Micro": layout.MicroRecord,
    "Chain": layout.ChainRecord,
    "Instruction": layout.InstructionRecord,
    "ScalarStep": layout.ScalarRecord,
}


@pytest.mark.parametrize("name", STRUCTS)
def test_fields(name):
    text = "".join((NATIVE / file).read_text() for file in ("program.hpp", "machine.hpp"))
    (body,) = re.findall(rf"^struct {name} {{(.*?)^}};", text, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^    \w+ ([\w, \[\]]+);", body, re.MULTILINE)
    fields = [re.sub(r"\[.*\]", "", field).strip() for line in lines for field in line.split(",")]
    assert fields == list(STRUCTS[name]._fields)
