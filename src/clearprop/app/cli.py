"""The command line: `clearprop train`, `predict`, `evaluate`, `info`, `explain`, `doctor`, `plan`, `export`, …"""

from __future__ import annotations

import io
import os
import sys
import warnings
from typing import Annotated, Any

from clearprop.errors import ClearpropError

try:
    import typer

    from clearprop.app.terminal import print_lines, tell
except ImportError:  # the core installs without them
    print('Error: the command line needs Typer and Rich. Hint: pip install "clearprop[cli]"', file=sys.stderr)
    sys.exit(2)

from clearprop.app.check import check
from clearprop.app.command import command
from clearprop.app.doctor import doctor
from clearprop.app.draw import draw
from clearprop.app.explain import explain
from clearprop.app.export import export
from clearprop.app.plan import plan, profile
from clearprop.app.play import play
from clearprop.app.predict import evaluate, info, predict
from clearprop.app.serve import serve
from clearprop.app.train import train
from clearprop.execute import executor_in_words
from clearprop.version import installed_version
from clearprop.visible import LONGEST_TEXT, shortened, visible

UsageError: type[Any] = typer.BadParameter.__mro__[1]  # of the library that Typer stands on, whichever that is

app = typer.Typer(
    name="clearprop",
    help="Dense neural networks you can read: from a table to a trained network and its predictions.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (train, predict, evaluate, info, explain, check, doctor, draw, plan, profile, export, play, serve):
    app.command()(command(_command))


def _version(wanted: bool) -> None:
    if wanted:
        print_lines(f"clearprop {installed_version()}, executor: {executor_in_words()}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and the executor.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point: an expected error is one line and exit code 2."""
    sys.stdout, sys.stderr = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()  # closed: >&-
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # where a terminal or a pipe does not know → or ′
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: tell(f"Warning: {message}")
        code = _run()
    sys.exit(_left(code))


def _left(code: int) -> int:
    """The exit code, once all that was printed has left."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _unread()
    except OSError as error:  # a full disk
        _unread()
        return _failed(f"cannot write to the standard output: {error.strerror}")
    return code


def _unread() -> int:
    """Nobody reads what is printed (any more): `clearprop info model | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def _run() -> int:
    try:
        code = int(app(prog_name="clearprop", standalone_mode=False) or 0)
        if code == 130:  # Typer's answer to Ctrl-C
            raise KeyboardInterrupt
        return code
    except SystemExit as left:  # as the library leaves that Typer stands on when a pipe breaks
        return _unread() if left.code == 1 else int(left.code or 0)
    except ClearpropError as error:
        return _failed(" ".join(str(error).split()))
    except MemoryError as error:
        return _failed(f"not enough memory: {error}. Hint: fewer rows at a time, or a smaller network")
    except (KeyboardInterrupt, typer.Abort):
        tell("Interrupted.")
        return 130
    except BrokenPipeError:
        return _unread()
    except OSError as error:
        return _failed(f"{error.filename or 'the standard output'}: {error.strerror or type(error).__name__}")
    except Exception as error:
        if not isinstance(error, UsageError):
            raise
        message = " ".join(_in_words(error).split())
        command = error.ctx.command_path if error.ctx else "clearprop"
        if not message:  # no command was given, and help has been shown
            return 0
        return _failed(f"{message}{'' if message.endswith(('?', '.')) else '.'} Hint: {command} --help")


# What is wrong with a value, where pydantic checks it for Typer and would say it in the words of programmers.
_WRONG = {
    "int_parsing": "{input!r} is no whole number",
    "float_parsing": "{input!r} is no number",
    "greater_than_equal": "{input} is less than {ge}",
    "less_than_equal": "{input} is more than {le}",
    "value_error": "{error}",
}


def _in_words(error: Any) -> str:
    """What Typer says of wrong usage."""
    found: Any = getattr(error.__cause__, "errors", tuple)()
    words = _WRONG.get(found[0]["type"]) if found else None
    if words:
        error.message = words.format(input=found[0]["input"], **found[0].get("ctx", {}))
    return str(error.format_message())


def _failed(message: str) -> int:
    tell(f"Error: {shortened(visible(message), 2 * LONGEST_TEXT)}")
    return 2


if __name__ == "__main__":
    main()
