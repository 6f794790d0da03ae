"""The command line, called in this process (0.6 s of imports less than a process of its own) or as people call it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from typing import NamedTuple
from unittest import mock

import pytest

from clearprop.app import cli


class Done(NamedTuple):
    """What a command answered with."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments, cwd=".", bare=False, **environment):
    """The command line's entry point; a warning and an error that nobody expected are raised where the test stands.

    `train` without a preset trains one network here, which takes less time; `bare` leaves the command as it is.
    """
    if arguments[:1] == ("train",) and not bare and not {"--preset", "--help"} & set(map(str, arguments)):
        arguments = ("train", "--preset", "single", *arguments[1:])
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["clearprop", *map(str, arguments)]),
        mock.patch.dict(os.environ, environment),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as stopped,
    ):
        cli.main()
    return Done(stopped.value.code, out.getvalue(), err.getvalue())


def run_process(*arguments, cwd=None, **environment):
    """The same in a process: with its own streams, encodings and exit."""
    command = [sys.executable, "-m", "clearprop.app.cli", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, **environment}
    )
    return Done(done.returncode, done.stdout, done.stderr)
