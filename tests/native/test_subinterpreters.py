"""Subinterpreters are told no by the native machine, and the main interpreter goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from built import built_module

pytestmark = pytest.mark.system

# Without the package and NumPy, which refuses subinterpreters itself: the module alone must say no, whoever asks first.
PROGRAM = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

ASK = '''
import importlib.machinery, importlib.util
loader = importlib.machinery.ExtensionFileLoader("_native", PATH)
try:
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_native", loader))
    loader.exec_module(module)
    print("loaded")
except ImportError as error:
    print("refused:", error)
'''.replace("PATH", repr(sys.argv[1]))


def ask_in_a_subinterpreter():
    interpreter = interpreters.create()
    failed = interpreters.run_string(interpreter, ASK)
    assert failed is None, failed
    interpreters.destroy(interpreter)


ask_in_a_subinterpreter()
import clearprop as cp
from clearprop.execute import instruction_sets
def train():
    net = cp.Network(2, [cp.Dense(1)], "squared_error")
    print("trained", bool(instruction_sets()), len(net.fit([[1.0, 2.0]] * 4, [1.0] * 4, epochs=1).loss))
train()
ask_in_a_subinterpreter()
train()
"""


def test_a_subinterpreter_is_refused_in_words():
    path = str(built_module())
    done = subprocess.run([sys.executable, "-c", PROGRAM, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    refused, trained = done.stdout.splitlines()[::2], done.stdout.splitlines()[1::2]
    assert len(refused) == 2
    for line in refused:
        assert line.startswith("refused:")
        assert "subinterpreter" in line or "multiple interpreters" in line.lower()
    assert trained == ["trained True 1"] * 2


def test_a_machine_that_does_not_load_says_why(tmp_path):
    """It is there but refused; the package goes on by the reference and gives the reason, not a missing compiler."""
    program = (
        "import importlib.machinery, sys\n"
        "class Refusing(importlib.machinery.SourceFileLoader):\n"
        "    def exec_module(self, module): raise ImportError('not in here')\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'clearprop.execute._native':\n"
        "            return importlib.machinery.ModuleSpec(name, Refusing(name, 'nowhere'))\n"
        "sys.meta_path.insert(0, Finder())\n"
        "import clearprop as cp\n"
        "from clearprop.execute.default import executor_in_words\n"
        "print(executor_in_words())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "reference (NumPy)"
    assert "did not load (not in here)" in done.stderr
    assert "compiler" not in done.stderr
