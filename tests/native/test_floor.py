"""No function asks for more of the processor than its instruction set; and the judge of that sees what is planted."""

from __future__ import annotations

import re

import pytest

import floor
from built import built_module, told

pytestmark = pytest.mark.system

VZEROUPPER = bytes.fromhex("c5f877")  # AVX
ZMM = bytes.fromhex("62f17c4858c0")  # AVX-512: vaddps %zmm0, %zmm0, %zmm0
POPCNT = bytes.fromhex("f30fb8c0")  # newer than SSE2, without a vector prefix


@pytest.fixture(scope="module")
def module():
    path = built_module()
    if why := floor.missing(path):
        pytest.skip(why)
    return path


def test_no_instruction_above_the_floor(module):
    counts, faults = floor.above(module)
    assert faults == []
    assert all(counts.values()), counts


# What is written over the beginning of a function: of none's set, and of the kernels of each.
PLANTS = {
    "PyInit__native": ((VZEROUPPER, "vzeroupper"), (POPCNT, "popcnt")),
    r"_ZN9clearprop8baseline3runIfEE\w+": ((VZEROUPPER, "vzeroupper"),),
    r"_ZN9clearprop4avx23runIfEE\w+": ((ZMM, "zmm"),),
}


def test_what_is_planted_is_found(module, tmp_path):
    if floor.machine_of(module) != "x86_64":
        pytest.skip("the planted instructions are those of x86-64")
    names = told("nm", module)
    text = re.search(r"\.text\s+PROGBITS\s+([0-9a-f]+)\s+([0-9a-f]+)", told("readelf", "-SW", module))
    content, expected = bytearray(module.read_bytes()), []
    for name, plants in PLANTS.items():
        found = re.search(rf"^([0-9a-f]+) t ({name})$", names, re.MULTILINE | re.IGNORECASE)
        assert found, name
        place = int(found[1], 16) - int(text[1], 16) + int(text[2], 16)
        code = b"".join(code for code, _ in plants)
        content[place : place + len(code)] = code
        expected += [(found[2], what) for _, what in plants]
    planted = tmp_path / "planted.so"
    planted.write_bytes(content)
    _, faults = floor.above(planted)
    # Once each instruction is named: the same one elsewhere is not said again.
    assert len(expected) == 4
    for function, what in expected:
        assert any(function in fault and what in fault for fault in faults), (function, what, faults)


def test_a_file_without_names_is_not_called_clean(module, tmp_path, capsys):
    bare = tmp_path / "bare.so"
    told("strip", "-o", bare, module)
    assert floor.main(bare) == 1
    assert "no function of" in capsys.readouterr().out


def test_an_assembler_that_does_not_know_a_set_has_judged_nothing(module):
    with pytest.raises(RuntimeError):
        floor.refused(["nop"], floor.machine_of(module), "no-such-processor")


def test_the_tables_of_the_sets_are_data(module):
    """A function that returned them would be compiled for its set, and run before the processor is known."""
    kinds = dict(line.split()[:0:-1] for line in told("nm", module).splitlines() if "clearprop" in line)
    tables = {
        name: kind
        for name, kind in kinds.items()
        if re.fullmatch(r"_ZN9clearprop\d+kernels_(avx512|avx2|baseline)E\w*", name)
    }
    assert tables
    assert set(tables.values()) <= set("dDrR"), tables
