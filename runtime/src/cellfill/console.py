"""What both command lines share: errors as one line and an exit code, talk on stderr, a progress bar."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NoReturn

import typer

from cellfill.errors import CellfillError, OutputError

_PATIENCE = 5.0  # seconds between two signals that are obeyed
_AGAIN = 0.02  # seconds until a signal is sent again that came to nothing


def new_app(name: str, summary: str, number: str) -> typer.Typer:
    """Return a program without commands yet, but with --help and --version."""
    app = typer.Typer(
        name=name,
        help=summary,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    def show_version(value: bool) -> None:
        if value:
            print(number)
            raise typer.Exit

    @app.callback(help=summary)
    def root(
        version: bool = typer.Option(
            False, "--version", callback=show_version, is_eager=True, help="Print the version and exit."
        ),
    ) -> None:
        """Do nothing: the callback of the option does."""

    return app


def say(text: str = "") -> None:
    """Print talk: to stderr, so that stdout holds data only."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Turn errors that are the user's to mend into one line on stderr and an exit code.

    And being told to stop into an orderly end, so that files that were begun are removed.
    """
    try:
        with _stoppable():
            yield
    except OutputError as error:
        _say_error(error)
        sys.stdout.flush()
        os._exit(error.exit_code)  # a disk that is full crashes HDF5 when the interpreter closes it
    except CellfillError as error:
        _say_error(error)
        raise SystemExit(error.exit_code) from None
    except MemoryError:
        say("Error: there is not enough memory for this dataset. Impute a subset of its cells or genes.")
        raise SystemExit(1) from None


@contextmanager
def _stoppable() -> Iterator[None]:
    """End the work at the first signal to stop; those that follow at once do not interrupt the cleaning up."""
    asked: list[tuple[int, float]] = []

    def stop(number: int, _frame: object) -> None:
        now = time.monotonic()
        if asked and now - asked[-1][1] < _PATIENCE:
            return
        asked.append((number, now))
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    usual_hook = sys.unraisablehook

    def lost(unraisable: Any) -> None:
        """Send the signal again where its exception came up in a destructor, which ignores all exceptions."""
        if not asked or not issubclass(unraisable.exc_type, SystemExit | KeyboardInterrupt):
            usual_hook(unraisable)
            return
        number, _ = asked.pop()
        again = threading.Timer(_AGAIN, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()

    sys.unraisablehook = lost
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in found.items() if handler != signal.SIG_IGN}  # nohup
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    except BaseException:
        if not asked:
            raise
        warnings.simplefilter("ignore")  # of what the work that was cut leaves undone
        raise SystemExit(128 + asked[0][0]) from None  # libraries may turn the interruption into errors of theirs
    finally:
        sys.unraisablehook = usual_hook
        if not asked:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def nothing_below_home() -> Iterator[None]:
    """Let matplotlib, Keras and Numba keep their files in a folder that goes away, unless a place of theirs is set.

    The first two write below HOME when they are imported, Numba where it may not write beside umap-learn. Without
    any place for temporary files they are left alone.
    """
    import shutil
    import tempfile

    places = ("MPLCONFIGDIR", "KERAS_HOME", *(() if _may_write_beside("umap") else ("NUMBA_CACHE_DIR",)))
    unset = [name for name in places if name not in os.environ]
    try:
        folder = tempfile.mkdtemp(prefix="cellfill-") if unset else ""
    except OSError:
        unset, folder = [], ""
    os.environ.update(dict.fromkeys(unset, folder))
    try:
        yield
    finally:
        for name in unset:
            os.environ.pop(name, None)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _may_write_beside(module: str) -> bool:
    """Return whether files can be made in the folder of a module that may be installed."""
    import importlib.util

    spec = importlib.util.find_spec(module)
    return spec is None or spec.origin is None or os.access(os.path.dirname(spec.origin), os.W_OK)  # noqa: PTH120


def run(app: typer.Typer, *, within: AbstractContextManager[None] | None = None) -> NoReturn:
    """Run a program and exit; whatever is wrong is one line on stderr, wrong options too.

    Parameters
    ----------
    app
        The program.
    within
        What its commands run in, `nothing_below_home` say.
    """
    with errors_as_messages(), within or nullcontext():
        try:
            code = app(standalone_mode=False)
        except typer.Abort:
            raise SystemExit(130) from None
        except Exception as error:
            if not hasattr(error, "format_message"):  # typer's own errors, whose root it does not export
                raise
            _refuse(error)
        raise SystemExit(code if isinstance(code, int) else 0)


def _refuse(error: Any) -> NoReturn:
    """Say what is wrong with the options; a program without any says what there are."""
    message, context = error.format_message().rstrip(), getattr(error, "ctx", None)
    if "\n" in message:
        say(message)
    else:
        _say_error(message + (f" See {context.command_path} --help." if context else ""))
    raise SystemExit(error.exit_code)


def _say_error(error: object) -> None:
    say("Error: " + " ".join(str(error).splitlines()))


@contextmanager
def progress_bar(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that moves a bar on stderr; it shows on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # typer brings rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=None, rate="")
    try:

        def show(done: int, total: int) -> None:
            if not bar.live.is_started:
                bar.start()  # not before: a download shows a bar of its own
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f} cells/s" if speed else "")

        yield show
    finally:
        bar.stop()


def print_json(record: object) -> None:
    """Print data for machines on stdout."""
    import json

    from cellfill.jsonable import jsonable

    print(json.dumps(jsonable(record), indent=1, allow_nan=False, default=float))
