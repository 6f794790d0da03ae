"""What exported models answer: each is run as its user would run it, in a process and a folder of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import FileError, InvalidValueError, plural
from clearprop.graph import DTYPES
from clearprop.interop.keras_out import keras_bytes
from clearprop.network import Network

Array = NDArray[Any]

_SECONDS = 300
OFF = {"f32": 1e-4, "f64": 1e-9}  # of the largest answer: rounding explains less

_NUMPY = """
import numpy as np, network
np.save("answers.npy", network.predict(np.load("rows.npy")))
"""
_TORCH = """
import numpy as np, torch, network
with torch.no_grad():
    np.save("answers.npy", network.net(torch.from_numpy(np.load("rows.npy"))).numpy())
"""
_KERAS = """
import keras, numpy as np
model = keras.saving.load_model("network.keras", compile=False)
np.save("answers.npy", model.predict(np.load("rows.npy"), verbose=0))
"""


@dataclass(frozen=True)
class Format:
    """What a model can be exported to.

    Attributes:
        ending: of the file; of two in Python each has its own.
        needs: what runs it, in words.
        written: the file's content, with comments in a language.
        answers: what that file answers for features (n, k).
        lacking: what is missing here for that; "" where nothing is.
        rounds: the dtype it rounds to whatever the network's is; "" for the network's own.
    """

    ending: str
    needs: str
    written: Callable[[Network, str], bytes]
    answers: Callable[[bytes, Array], Array]
    lacking: Callable[[], str] = lambda: ""
    rounds: str = ""


@dataclass(frozen=True)
class Compared:
    """How far the answers of an exported model are from the model's own.

    Attributes:
        rows: that were compared; 0 for none.
        difference: the largest one.
        scale: the largest answer.
        why: nothing was compared.
    """

    rows: int
    difference: float = 0.0
    scale: float = 0.0
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        told = {"rows": self.rows, "largest_difference": self.difference, "largest_answer": self.scale}
        return told if self.rows else {"rows": 0, "not_compared": self.why}

    def __str__(self) -> str:
        if not self.rows:
            return f"Not compared with the model: {self.why}."
        return (
            f"Compared with the model on {plural(self.rows, 'row')}: largest difference {self.difference:.2g}, "
            f"where the largest answer is {self.scale:.3g}."
        )


def compared(form: Format, content: bytes, network: Network, X: Array) -> Compared:
    """Let a file answer rows that the network answers, too.

    Raises:
        ClearpropError: if the file does not run, or answers something else.
    """
    if why := form.lacking():
        return Compared(0, why=why)
    X = X.astype(DTYPES[network.dtype])
    ours, theirs = network.predict(X), form.answers(content, X)
    if ours.shape != theirs.shape:
        raise InvalidValueError(f"the exported model answers {theirs.shape}", f"{ours.shape}, as the model does")
    found = Compared(len(X), float(np.abs(ours - theirs).max(initial=0)), float(np.abs(ours).max(initial=0)))
    if not found.difference <= OFF[form.rounds or network.dtype] * max(1.0, found.scale):
        raise InvalidValueError(
            f"the exported model is not the model: {found}",
            "a difference that rounding explains",
            "no file was written",
        )
    return found


def _of_python(program: str, name: str = "network.py") -> Callable[[bytes, Array], Array]:
    """What a file answers, a module unless its name says otherwise, asked by a program."""

    def answers(content: bytes, X: Array) -> Array:
        with tempfile.TemporaryDirectory(prefix="clearprop-") as made:
            folder = Path(made)
            (folder / name).write_bytes(content)
            np.save(folder / "rows.npy", X)
            run([sys.executable, "-c", program], folder)
            return np.asarray(np.load(folder / "answers.npy"))

    return answers


_MAIN = """
#include <stdio.h>
int main(void)
{
    static NUMBER x[NETWORK_N_INPUTS], a[NETWORK_N_OUTPUTS];
    while (fread(x, sizeof x, 1, stdin) == 1) {
        network_predict(x, a);
        fwrite(a, sizeof a, 1, stdout);
    }
    return 0;
}
"""
_ASK = """
import { readFileSync } from "node:fs";
import { predict } from "./network.mjs";
process.stdout.write(JSON.stringify(predict(JSON.parse(readFileSync(0, "utf8")))));
"""
COMPILERS = ("cc", "gcc", "clang")


def _of_c(content: bytes, X: Array) -> Array:
    """What a program answers that the file is compiled into."""
    kind = "float" if X.dtype == np.float32 else "double"
    with tempfile.TemporaryDirectory(prefix="clearprop-") as name:
        folder = Path(name)
        (folder / "network.c").write_bytes(content + _MAIN.replace("NUMBER", kind).encode())
        run([found_program(COMPILERS), "-std=c99", "-O2", "network.c", "-o", "network", "-lm"], folder)
        answers = np.frombuffer(run([str(folder / "network")], folder, np.ascontiguousarray(X).tobytes()), X.dtype)
    return answers.reshape(len(X), -1)


def _of_javascript(content: bytes, X: Array) -> Array:
    """What Node answers."""
    with tempfile.TemporaryDirectory(prefix="clearprop-") as name:
        folder = Path(name)
        (folder / "network.mjs").write_bytes(content)
        (folder / "ask.mjs").write_text(_ASK, encoding="utf-8")
        return np.array(json.loads(run([found_program(("node",)), "ask.mjs"], folder, json.dumps(X.tolist()).encode())))


def found_program(programs: tuple[str, ...]) -> str:
    """The path of the first of these programs that is there; "" where none is."""
    return next((path for path in map(shutil.which, programs) if path), "")


def lacking_program(*programs: str) -> Callable[[], str]:
    """What says that none of these programs is here."""
    return lambda: "" if found_program(programs) else f"there is no {' or '.join(programs)} here"


def run(command: list[str], folder: Path, given: bytes = b"") -> bytes:
    """What a command prints."""
    try:
        done = subprocess.run(command, cwd=folder, input=given, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise FileError(f"the exported file still runs after {_SECONDS} s", "an answer to a thousand rows") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise FileError(f"the exported file does not run: {said[-1]}", "an answer to a thousand rows")
    return done.stdout


def lacking_package(name: str, extra: str) -> Callable[[], str]:
    """What says that a package is not here."""
    return lambda: "" if find_spec(name) else f'there is no {name} here (pip install "clearprop[{extra}]")'


def _of_onnx(content: bytes, X: Array) -> Array:
    """What ONNX Runtime answers."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {session.get_inputs()[0].name: X})
    return np.asarray(answers)


FORMATS = {
    "onnx": Format(
        *(".onnx", "whatever runs ONNX"),
        lambda network, lang: bytes(network.to_onnx().SerializeToString()),
        _of_onnx,
        lacking_package("onnxruntime", "onnx"),
    ),
    "c": Format(
        *(".c", "any compiler of C99"),
        lambda network, lang: network.to_c(lang=lang).encode(),
        _of_c,
        lacking_program(*COMPILERS),
    ),
    "javascript": Format(
        *(".mjs", "browsers and Node"),
        lambda network, lang: network.to_javascript(lang=lang).encode(),
        _of_javascript,
        lacking_program("node"),
    ),
    "numpy": Format(
        *(".py", "Python with NumPy"),
        lambda network, lang: network.to_numpy_source(lang=lang).encode(),
        _of_python(_NUMPY),
    ),
    "torch": Format(
        *("_torch.py", "Python with PyTorch"),
        lambda network, lang: network.to_torch_source(lang=lang).encode(),
        _of_python(_TORCH),
        lacking_package("torch", "torch"),
    ),
    "keras": Format(
        *(".keras", "Keras"),
        lambda network, lang: keras_bytes(network.to_keras()),
        _of_python(_KERAS, "network.keras"),
        lacking_package("keras", "keras"),
        rounds="f32",  # Keras multiplies and normalises in float32 whatever its weights are
    ),
}
