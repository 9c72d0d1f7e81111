"""A program: its errors as one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, NoReturn, TextIO, cast

import typer

from cellfill.console.failure import print_failure
from cellfill.console.listed import Listed, commands_of
from cellfill.console.printing import ReaderGoneError, Stdout, out, say
from cellfill.console.showing import others_words_shown
from cellfill.console.stopping import stoppable
from cellfill.errors import CellfillError, OutputError
from cellfill.text.reasons import is_without_threads, reason

_DEBUG = "CELLFILL_DEBUG"
# What a shell says of a program that a closed pipe ended: 128 + SIGPIPE.
_READER_GONE = 141
# By what pydantic, which checks values for typer 0.29, begins every text of an error.
_THEIRS = ": Value error, "


def new_app(
    name: str,
    summary: str,
    number: str,
    commands: Mapping[str, Listed],
    /,
    *,
    elsewhere: Mapping[str, str] | None = None,
) -> typer.Typer:
    """Return a program with --help, --version and its commands, each read when it is asked for.

    Parameters
    ----------
    name, summary, number
        What it is called, what it does, its version.
    commands
        By name, in the order of --help.
    elsewhere
        What a person may ask this program for and another one does, and how that is typed.
    """
    app = typer.Typer(
        name=name,
        help=summary,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        cls=commands_of(commands, elsewhere or {}),
        context_settings={"help_option_names": ["-h", "--help"]},
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


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Turn errors that are the user's to mend into one line on stderr and an exit code; with --json into JSON, too.

    A reader of text who has enough is no error: it ends without a word, with the code of a closed pipe.

    And being told to stop into an orderly end, so that files that were begun are removed. Of what nobody foresaw
    the whole traceback is shown where ``CELLFILL_DEBUG`` is set in the environment.
    """
    stdout = sys.stdout
    sys.stdout = cast("TextIO", Stdout(stdout))
    try:
        with others_words_shown(), stoppable():
            yield
            sys.stdout.flush()
    except ReaderGoneError:
        os._exit(_READER_GONE)  # what waits to be printed would fail again
    except OutputError as error:
        text, code = said_of(error)
        say(text)
        print_failure(text, code, error)
        with suppress(OutputError):
            sys.stdout.flush()
        os._exit(code)  # a disk that is full crashes HDF5 when the interpreter closes it
    except Exception as error:
        text, code = said_of(error)
        say(text)
        print_failure(text, code, error)
        raise SystemExit(code) from None
    finally:
        sys.stdout = stdout


def said_of(error: Exception, *, where: str = "") -> tuple[str, int]:
    """Return the one line that is said of an error, and its exit code.

    Parameters
    ----------
    error
        What nobody foresaw is raised again where ``CELLFILL_DEBUG`` is set in the environment.
    where
        What it is about, where that is one of many: a file.
    """
    if isinstance(error, MemoryError):
        text = "there is not enough memory for this dataset. Impute a subset of its cells or genes."
        return _as_line(text, where=where), 1
    if isinstance(error, CellfillError):
        return _as_line(error, where=where), error.exit_code
    if os.environ.get(_DEBUG):
        raise error
    return _as_line(_unforeseen(error), where=where), 1


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


def _refuse(error: Any) -> NoReturn:
    """Say what is wrong with the options; a program without any says what there are."""
    message, context = error.format_message().rstrip(), getattr(error, "ctx", None)
    message = message.replace(_THEIRS, ": ", 1)
    if "\n" not in message:
        message = message if message.endswith((".", "?", "!")) else f"{message}."
        message = _as_line(message + (f" See {context.command_path} --help." if context else ""))
    say(message)
    print_failure(message, error.exit_code, error)
    raise SystemExit(error.exit_code)


def _as_line(error: object, *, where: str = "") -> str:
    return "Error: " + (f"{where}: " if where else "") + " ".join(str(error).splitlines())
