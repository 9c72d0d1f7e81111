"""What both command lines share: errors as one line and an exit code, talk on stderr, a progress bar."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, NoReturn, TextIO, cast

import typer

from cellfill.errors import CellfillError, OutputError
from cellfill.failures import is_without_threads, reason

_DEBUG = "CELLFILL_DEBUG"
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
            out(number)
            raise typer.Exit

    @app.callback(help=summary)
    def root(
        version: bool = typer.Option(
            False, "--version", callback=show_version, is_eager=True, help="Print the version and exit."
        ),
    ) -> None:
        """Do nothing: the callback of the option does."""

    return app


def shown(text: str) -> str:
    """Return a text without what would steer a terminal, turn its line or hide in it: that is shown escaped.

    Control, format (bidi and zero-width), private and half characters and odd separators; lines and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def shown_in_line(text: str) -> str:
    """Return a text as `shown`, in one line: its ends of lines and tabs are shown escaped, too."""
    return shown(text).replace("\n", "\\n").replace("\t", "\\t")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def say(text: str = "") -> None:
    """Print talk: to stderr, so that stdout holds data only. Where nobody can hear it, nothing is said."""
    if sys.stderr is not None:  # print would take stdout then
        with suppress(OSError, ValueError):
            _print(text, sys.stderr)


def out(text: object) -> None:
    """Print what was asked for, on stdout, for a person to read; for machines see `print_json`."""
    _print(str(text), sys.stdout)


def _print(text: str, stream: TextIO) -> None:
    """Print a text that may hold anybody's words: the one place where the program does."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(shown(text).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


class _Stdout:
    """Standard output whose failures are errors of cellfill: a disk that is full, a reader that is gone."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: Any) -> Any:
        """Print text."""
        if self._stream is None:
            raise OutputError("What was found could not be printed: standard output is closed.")
        with _printing():
            return self._stream.write(text)

    def flush(self) -> None:
        """Print what waits."""
        with _printing():
            if self._stream is not None:
                self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(io.StringIO() if self._stream is None else self._stream, name)


@contextmanager
def _printing() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        why = "nobody reads it any more" if isinstance(error, BrokenPipeError) else reason(error)
        raise OutputError(f"What was found could not be printed, or not to its end: {why}.") from error


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Turn errors that are the user's to mend into one line on stderr and an exit code.

    And being told to stop into an orderly end, so that files that were begun are removed. Of what nobody foresaw
    the whole traceback is shown where ``CELLFILL_DEBUG`` is set in the environment.
    """
    stdout = sys.stdout
    sys.stdout = cast("TextIO", _Stdout(stdout))
    try:
        with _others_words_shown(), _stoppable():
            yield
            sys.stdout.flush()
    except OutputError as error:
        _say_error(error)
        with suppress(OutputError):
            sys.stdout.flush()
        os._exit(error.exit_code)  # a disk that is full crashes HDF5 when the interpreter closes it
    except CellfillError as error:
        _say_error(error)
        raise SystemExit(error.exit_code) from None
    except MemoryError:
        say("Error: there is not enough memory for this dataset. Impute a subset of its cells or genes.")
        raise SystemExit(1) from None
    except Exception as error:
        if os.environ.get(_DEBUG):
            raise
        _say_error(_unforeseen(error))
        raise SystemExit(1) from None
    finally:
        sys.stdout = stdout


def _unforeseen(error: Exception) -> str:
    """Return what to say of an error that is nobody's to mend but ours, or the system's."""
    if is_without_threads(error):
        return (
            "The system lets this process start no more threads. Give --threads 1, or raise the limit (ulimit -u)."
        )
    return (
        f"Something went wrong that should not: {type(error).__name__}: {reason(error)}. It is a fault of cellfill "
        f"or of a library below: run it again with {_DEBUG}=1 in the environment, and report what that prints."
    )


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
    stopping = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
    found = {number: signal.getsignal(number) for number in stopping}
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
    _hold_standard_files()
    with errors_as_messages(), within or nullcontext():
        try:
            code = app(standalone_mode=False)
        except typer.Abort:
            raise SystemExit(130) from None
        except Exception as error:
            if not hasattr(error, "format_message"):  # typer's own errors, whose root it does not export
                raise
            _refuse(error)
        sys.stdout.flush()
        raise SystemExit(code if isinstance(code, int) else 0)


def _hold_standard_files() -> None:
    """Keep the numbers 0 to 2 from files of ours, into which libraries would print, where they came closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


@contextmanager
def _others_words_shown() -> Iterator[None]:
    """Have what libraries log and warn of, which may be anybody's words, shown escaped as well."""
    make_record, make_warning = logging.getLogRecordFactory(), warnings.formatwarning

    def record(*arguments: Any, **options: Any) -> logging.LogRecord:
        made = make_record(*arguments, **options)
        made.msg, made.args = shown(made.getMessage()), ()
        return made

    def warning(*arguments: Any, **options: Any) -> str:
        return shown(make_warning(*arguments, **options))

    logging.setLogRecordFactory(record)
    warnings.formatwarning = warning
    try:
        yield
    finally:
        logging.setLogRecordFactory(make_record)
        warnings.formatwarning = make_warning


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
    if quiet or sys.stderr is None or not sys.stderr.isatty():
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

    print(json.dumps(jsonable(record), indent=1, allow_nan=False, default=float), flush=True)
