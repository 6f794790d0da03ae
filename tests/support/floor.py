"""The floor of the built module: which processor each of its functions asks for.

The module is disassembled, and every instruction handed to the assembler under the instruction set that its function
may use: the kernels of avx2 and avx512 in their own namespaces, everything else the least that the platform has
(x86-64: SSE2; ARM: armv8-a). The assembler is the judge, so that no list of instructions is kept here.

    python tests/support/floor.py MODULE.so
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# What each set's kernels may use, as the assembler calls it: the features of the processor that native/cpu.cpp asks for
# before it calls them (popcnt and what is older come with AVX2).
# Marks of control-flow protection (endbr64, the shadow stack of the unwinder) are no-ops where they mean nothing.
_X86 = "generic64+ibt+shstk"
_AVX2 = f"{_X86}+sse4.2+popcnt+avx2+fma"
ALLOWED = {
    "x86_64": {
        "": _X86,
        "baseline": _X86,
        "avx2": _AVX2,
        "avx512": f"{_AVX2}+avx512f+avx512vl+avx512bw+avx512dq",
    },
    "aarch64": {"": "armv8-a", "baseline": "armv8-a"},
}
# Code of the compiler that looks at the processor itself before it does more than the least. On ARM these are its
# atomic operations, and the unwinder, which asks for the length of vectors where a frame says that it has such.
ASKS_FIRST = (
    "__cpu_indicator_init",
    "get_available_features",
    "__aarch64_",
    "execute_stack_op",
    "uw_",
    "_Unwind_",
)
MACHINES = {62: "x86_64", 183: "aarch64"}  # e_machine in the header of an ELF file

_HEAD = re.compile(r"^[0-9a-f]+ <(.+)>:$")
_LINE = re.compile(r"^\s*([0-9a-f]+):\t(.+)$")
_SET = re.compile(r"9clearprop(?:\d+)?(avx512|avx2|baseline)")
_REFUSED = re.compile(r"^[^:]*:(\d+): Error: (.*)$")


def machine_of(module: Path) -> str:
    """The platform an ELF file is made for, such as "x86_64"; empty if it is no ELF file of a known one."""
    head = module.read_bytes()[:20]
    return MACHINES.get(int.from_bytes(head[18:20], "little"), "") if head[:4] == b"\x7fELF" else ""


def tool(name: str, machine: str) -> str | None:
    """objdump or as for a platform: the cross-compiler's where it has one, else this computer's."""
    own = shutil.which(name) if platform.machine() == machine else None
    return shutil.which(f"{machine}-linux-gnu-{name}") or own


def missing(module: Path) -> str:
    """Why a module cannot be checked here; empty if it can."""
    machine = machine_of(module)
    if not machine:
        return f"{module.name} is no ELF file of a platform that is known here"
    return ", ".join(f"no {name} for {machine} (binutils)" for name in ("objdump", "as") if not tool(name, machine))


def instructions(module: Path) -> Iterator[tuple[str, str, str]]:
    """(function, address, instruction in the assembler's own words) of all code in the file."""
    machine = machine_of(module)
    command = [tool("objdump", machine) or "objdump", "-d", "--no-show-raw-insn", "-w", str(module)]
    function = ""
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        if head := _HEAD.match(line):
            function = head[1]
        elif found := _LINE.match(line):
            yield function, found[1], _plain(found[2])


@cache  # most are said thousands of times
def _plain(text: str) -> str:
    """Without comments, symbols and the targets of jumps, which are addresses that mean nothing elsewhere."""
    text = re.split(r"\s+(?:#|//)\s", text)[0].strip()
    text = re.sub(
        r"^(?:data16 )+(?:rex\.W )?", "", text
    )  # padding, which objdump prints and the assembler does not read
    return re.sub(r"\b(?:0x)?[0-9a-f]+ <[^>]*>", ".", text)


def set_of(function: str) -> str:
    """The instruction set whose namespace a function belongs to; empty for all that runs on any processor."""
    found = _SET.search(function)
    return found[1] if found else ""


def refused(texts: list[str], machine: str, allowed: str) -> dict[int, str]:
    """Which instructions the assembler refuses under an instruction set, by index, and its words."""
    if not texts:
        return {}
    command = [tool("as", machine) or "as", f"-march={allowed}", "-o", "/dev/null", "-"]
    told = subprocess.run(command, input="\n".join(texts) + "\n", capture_output=True, text=True)
    found = {int(m[1]) - 1: m[2] for m in map(_REFUSED.match, told.stderr.splitlines()) if m}
    if told.returncode and not found:  # an assembler that does not know the set has judged nothing
        raise RuntimeError(told.stderr)
    return found


def above(module: Path) -> tuple[dict[str, int], list[str]]:
    """How many functions there are of each set, and every instruction that is above its function's floor."""
    machine = machine_of(module)
    places: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in ALLOWED[machine]}
    functions: dict[str, set[str]] = {name: set() for name in ALLOWED[machine]}
    for function, address, text in instructions(module):
        if function.startswith(ASKS_FIRST):
            continue
        place = set_of(function)
        functions[place].add(function)
        places[place].setdefault(text, (function, address))
    faults = []
    for place, allowed in ALLOWED[machine].items():
        texts = list(places[place])
        for i, why in sorted(refused(texts, machine, allowed).items()):
            function, address = places[place][texts[i]]
            faults.append(f"{address} in {function}: {texts[i]}: {why}")
    return {name or "anywhere": len(found) for name, found in functions.items()}, faults


def main(module: Path) -> int:
    why = missing(module)
    if why:
        print(f"SKIPPED: {why}")
        return 0
    counts, faults = above(module)
    print(", ".join(f"{n} functions of {name}" for name, n in counts.items()))
    empty = [name for name, n in counts.items() if not n]
    if empty:
        faults.insert(0, f"no function of {', '.join(empty)}: without names nothing can be told")
    print("\n".join(faults[:20]))
    print(f"{len(faults)} instructions above the floor" if faults else "no instruction above the floor")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
