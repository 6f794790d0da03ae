"""What a screen gets: commands run at a pseudo-terminal, names that would act on one, and what would not be seen."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import re
import sys
import threading
import unicodedata
from pathlib import Path
from unittest import mock

import pytest

from clearprop.app import cli

JOINERS, SHAPED = "\u200c\u200d", "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
# What Rich itself writes: colours, the cursor hidden and shown, a line taken back, and the terminal's own line ends.
RICH = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[[0-9]*A|\x1b\[2K|\r")
ACTS = ("\x1b]0;T\x07", "\x1b[2J", "\x1b[5;41m", "\x9b31m", "\x1bc", "\x1b[?1049h", "\x1b]8;;x\x1b\\", "\x1b[6n")
TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
UNSEEN = "\u200b\u2060\ufeff\u00ad\u2028\u2029\x00\x08\x7f\x85\u034f\u3164\U000e0041\U000e0100\ue000\u0378\ufe0f"
MARKUP = ("[red]x[/]", "[/x]", ":smile:", "[link=x]", "<b>&amp;", "</script>", "`$x_1$`", "{0}", "%s", "\\", "=1+1")
WRITING = ("yes", "名字", "می\u200cخواهم", "क्\u200dष", "👩\u200d🔬", "é", " ", "\n", "\t", "Ünit (m²)", "a\u0301")


def hidden(text, keep="\n"):
    """The characters that nobody sees, or that move what is seen; by Unicode's categories alone."""
    away = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in away and c not in keep + JOINERS + SHAPED]


def hostile_name(dice, surrogates=False):
    """A name made of what acts, turns, hides or is markup, and of real writing."""
    kinds = [ACTS, TURNS, UNSEEN, MARKUP, WRITING, WRITING]
    pieces = [dice.choice(dice.choice(kinds)) for _ in range(dice.randint(1, 6))]
    pieces += ["\udcff"] * surrogates + ["L" * 10_000] * (dice.random() < 0.1)
    dice.shuffle(pieces)
    return "".join(pieces) + str(dice.randrange(10**6))


def hostile_file(dice, ending, bytes_too=True):
    """A name of a file as bytes that need not be UTF-8, short enough for a file system."""
    name = (
        "".join(dice.choice([*ACTS, *TURNS, *UNSEEN[:8], "[red]", "名"]) for _ in range(3))
        .replace("/", "")
        .strip("\x00")
    )
    return os.fsdecode(name.replace("\x00", "").encode() + b"\xff" * bytes_too) + ending


def dice_of(seed):
    """The same names for the same seed."""
    return random.Random(seed)


def at_terminal(*arguments, cwd=".", columns=100):
    """A command in this process, its streams a pseudo-terminal; the exit code and all that the terminal received."""
    master, slave = pty.openpty()
    received = bytearray()

    def read():
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(master, 65536):
                received.extend(piece)

    reader = threading.Thread(target=read)
    reader.start()
    surroundings = {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "40"}
    with (
        os.fdopen(slave, "w", encoding="utf-8") as screen,
        mock.patch.object(sys, "argv", ["clearprop", *map(str, arguments)]),
        mock.patch.dict(os.environ, surroundings),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
        pytest.raises(SystemExit) as stopped,
    ):
        cli.main()
    reader.join()
    os.close(master)
    return stopped.value.code, received.decode("utf-8", "surrogateescape")


def only_seen(screen):
    """Whether a terminal received nothing but what can be read and what Rich writes."""
    assert not [act for act in ACTS if act in screen]
    assert hidden(RICH.sub("", screen)) == []


def whole(path):
    """The text of a file."""
    return Path(path).read_text(encoding="utf-8")
