"""What the built module shows to the process, asks of it, and protects."""

from __future__ import annotations

import re

import pytest

from built import built_module, told


@pytest.fixture(scope="module")
def module():
    return built_module()


def test_only_the_entry_point_is_shown(module):
    shown = {line.split()[-1] for line in told("nm", "-D", "--defined-only", module).splitlines()}
    assert shown == {"PyInit__native"}


def test_what_the_loader_resolved_is_read_only(module):
    assert "GNU_RELRO" in told("readelf", "-lW", module)
    assert "BIND_NOW" in told("readelf", "-dW", module)


def test_the_stack_is_not_executable(module):
    (stack,) = (line for line in told("readelf", "-lW", module).splitlines() if "GNU_STACK" in line)
    assert re.search(r"\sRW\s", stack)


def test_writes_past_the_stack_and_known_sizes_are_caught(module):
    asked = told("nm", "-D", "--undefined-only", module)
    assert "__stack_chk_fail" in asked
    assert re.search(r"__v?s?n?printf_chk", asked)  # of _FORTIFY_SOURCE


def test_nothing_but_the_c_library_is_needed(module):
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", told("readelf", "-dW", module))
    assert all(re.match(r"(libc|libm|libpthread|ld-linux.*)\.so", name) for name in needed), needed
