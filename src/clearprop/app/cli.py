"""The command line: `clearprop train`, `predict`, `plan`, `profile`."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any

from clearprop.errors import ClearpropError, FileError, ModelFileError

try:
    import typer
    from rich.console import Console
except ImportError:  # the core installs without them
    print('Error: the command line needs Typer and Rich. Hint: pip install "clearprop[cli]"', file=sys.stderr)
    sys.exit(2)

from clearprop import __version__
from clearprop.app import report
from clearprop.app.progress import TrainingBar
from clearprop.app.tables import open_table
from clearprop.estimators import TableModel, load
from clearprop.execute import describe
from clearprop.interop import write_atomically
from clearprop.network import Network

app = typer.Typer(
    name="clearprop",
    help="Dense neural networks you can read: from a table to a trained network and its predictions.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
console = Console()

Header = Annotated[bool, typer.Option("--no-header", help="The file has no header; columns are c0, c1, ….")]
Missing = Annotated[list[str] | None, typer.Option("--na", metavar="TEXT", help="One more mark for a missing value.")]


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"clearprop {__version__}, executor: {describe()}", highlight=False)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and the executor.")
    ] = False,
) -> None:
    pass


@app.command()
def train(
    table: Annotated[str, typer.Argument(help="CSV, TSV or Parquet file, or demo:NAME (iris, wine, moons, …).")],
    target: Annotated[str | None, typer.Option(help="Column to predict; not needed for a demo.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the model, the history, the scores and a report.")] = Path(
        "clearprop-out"
    ),
    drop: Annotated[list[str] | None, typer.Option(metavar="COL", help="Column to leave out; may be repeated.")] = None,
    no_header: Header = False,
    na: Missing = None,
    task: Annotated[str | None, typer.Option(help="classification or regression; found out if not given.")] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Units of the hidden layers: 64,64; by the table's size if not given."),
    ] = None,
    activation: Annotated[str, typer.Option(help="Activation of the hidden layers.")] = "relu",
    epochs: Annotated[int, typer.Option(help="Passes over the data, at most.")] = 200,
    batch_size: Annotated[
        int | None, typer.Option(help="Rows per step; by the size of the table if not given.")
    ] = None,
    optimizer: Annotated[str, typer.Option(help="adam, adamw, sgd, rmsprop, adagrad or gradient_descent.")] = "adam",
    learning_rate: Annotated[float | None, typer.Option(help="The optimizer's own if not given.")] = None,
    seed: Annotated[int, typer.Option(help="Of the split, the initial weights and the shuffling.")] = 0,
    threads: Annotated[int | None, typer.Option(help="Worker threads; by the size of the work if not given.")] = None,
) -> None:
    """Train a network to predict one column of a table, score it, and save it.

    The rows are split into 70 % training, 15 % validation (for early stopping) and 15 % test. Ctrl-C stops early and
    keeps the model trained so far.
    """
    frame, target = open_table(table, target, not no_header, na or ())
    units = None if hidden is None else report.parse_hidden(hidden)
    prepare_folder(out)
    with TrainingBar(console, epochs) as bar:
        fit = TableModel.train(
            frame,
            target,
            task=task,
            drop=drop or (),
            hidden=units,
            activation=activation,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            learning_rate=learning_rate,
            seed=seed,
            callbacks=[bar],
            n_threads=threads,
        )
    report.show(console, table, fit)
    for path in report.write_files(out, table, fit):
        _say(f"wrote {path}")


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="Model file written by train.")],
    table: Annotated[str, typer.Argument(help="Table with the columns of the training table, or demo:NAME.")],
    out: Annotated[Path, typer.Option(help="CSV file for the predictions.")],
    no_header: Header = False,
    na: Missing = None,
) -> None:
    """Predict every row of a table; the result has one row per row, in the same order."""
    loaded = load(model)
    if not isinstance(loaded, TableModel):
        raise ModelFileError(f"{model} holds a bare network", "a model written by `clearprop train`")
    frame, _ = open_table(table, loaded.target.name, not no_header, na or ())
    predictions = report.predictions_of(loaded, frame)
    write_atomically(out, predictions.write_csv().encode())
    _say(f"wrote {out}: {predictions.height} rows")


@app.command()
def plan(
    model: Annotated[Path, typer.Argument(help="Model file written by train, or by net.save().")],
    what: Annotated[str, typer.Option(help="train (a whole training step) or predict.")] = "train",
    optimizer: Annotated[str, typer.Option(help="Optimizer of the training step.")] = "adam",
    passes: Annotated[bool, typer.Option("--passes", help="Show the plan before and after each pass.")] = False,
) -> None:
    """Show what runs: every step of the plan with its inputs, memory, floating-point operations and bytes."""
    network = network_in(model)
    if passes:
        for name, made in network.plan_passes(what, optimizer).items():
            console.print(f"--- after {name}", highlight=False)
            print(made)
    else:
        print(network.plan(what, optimizer))


@app.command()
def profile(
    model: Annotated[Path, typer.Argument(help="Model file written by train, or by net.save().")],
    table: Annotated[str | None, typer.Argument(help="Table to train on; random numbers if not given.")] = None,
    optimizer: Annotated[str, typer.Option(help="Optimizer of the training step.")] = "adam",
    batch_size: Annotated[int, typer.Option(help="Rows per step.")] = 32,
    threads: Annotated[int | None, typer.Option(help="Worker threads; by the size of the work if not given.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps to time, at least.")] = 2000,
    no_header: Header = False,
    na: Missing = None,
) -> None:
    """Time every step of a training step, beside the best this machine could do. The model stays as it is."""
    network = network_in(model)
    data: tuple[Any, Any] = (None, None)
    if table is not None:
        loaded = load(model)
        if not isinstance(loaded, TableModel):
            raise ModelFileError(f"{model} holds a bare network", "a model written by `clearprop train`, or no table")
        frame, _ = open_table(table, loaded.target.name, not no_header, na or ())
        data = loaded.arrays(frame)
    print(network.profile(*data, optimizer=optimizer, batch_size=batch_size, n_threads=threads, steps=steps))


def _say(line: str) -> None:
    """Print a line as it is: brackets in a path are no markup, and a long path stays in one piece."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def network_in(model: Path) -> Network:
    """The network of a model file of either kind."""
    loaded = load(model)
    return loaded.network if isinstance(loaded, TableModel) else loaded


def prepare_folder(out: Path) -> None:
    """Make the output folder before anything expensive begins.

    Raises:
        FileError: if that is not possible.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {out}: {error.strerror}", "a folder that can be written") from None


def main() -> None:
    """Entry point: an expected error is one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # where a terminal or a pipe does not know → or ′
    try:
        app()
    except ClearpropError as error:
        print("Error: " + " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
    except MemoryError as error:
        print(f"Error: not enough memory: {error}. Hint: fewer units in --hidden, or a smaller table", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
