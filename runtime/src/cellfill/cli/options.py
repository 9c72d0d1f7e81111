"""What commands have beside the options of the calls that they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellfill.console import say
from cellfill.errors import UsageError

if TYPE_CHECKING:
    from cellfill.readers.remote import Source

DATA = "Cells x genes, in any format that impute reads."


def named_data(text: str) -> Source:
    """Return a file or folder of data, or a URL; no name, as of a variable that is not set, is no folder."""
    if not text:
        raise typer.BadParameter("there is no name of a file. For the folder that you are in give a dot.")
    if "::" not in text and "://" not in text:
        return Path(text)
    from cellfill.readers.remote import source_of

    try:
        return source_of(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None


# Any: typer takes one class, and the parser makes a path or a URL.
Data = Annotated[Any, typer.Argument(metavar="IN", parser=named_data, help=DATA)]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.", rich_help_panel="Result")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask the Hub nothing.", rich_help_panel="Model")]
RecordAsJson = Annotated[
    bool, typer.Option("--json", help="Print what was done as JSON on stdout.", rich_help_panel="Result")
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.", rich_help_panel="What most need"),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Print all figures, not the verdict and what follows alone.",
        rich_help_panel="Result",
    ),
]


def named_folder(text: str) -> Path:
    """Return a folder; no name, such as of a variable that is not set, is not the folder that one is in."""
    if not text:
        raise typer.BadParameter("there is no name of a folder. For the one that you are in give a dot.")
    return Path(text)


OutputDir = Annotated[
    Path | None,
    typer.Option(
        "--output-dir",
        metavar="DIR",
        parser=named_folder,
        help="Instead of OUT, for any number of INs: a result each, named as its IN (of Cell Ranger's "
        "as the sample's folder). The model is opened once; a "
        "file that fails stops no other, and the exit code is of the worst.",
        rich_help_panel="What most need",
    ),
]
SkipExisting = Annotated[
    bool,
    typer.Option(
        "--skip-existing",
        help="With --output-dir: do nothing for files whose result is there, whatever made it.",
        rich_help_panel="Result",
    ),
]


def written(what: str) -> Any:
    """Return the option that names the file of a result; ``what`` says the forms it may have."""
    return typer.Option(
        "--output", "-o", metavar="OUT", help=f"What to write. {what}", rich_help_panel="What most need"
    )


def written_as() -> Any:
    """Return the option that says the form of the results of many files."""
    return typer.Option(
        "--format",
        help="With --output-dir: what the results are, as by OUT's ending. [default: h5ad]",
        rich_help_panel="Result",
    )


def many_data(what: str) -> Any:
    """Return the argument that names one file, or many; ``what`` says which are read."""
    return typer.Argument(
        metavar="IN", parser=named_data, help=f"{what} Several need --output-dir.", show_default=False
    )


def check_named(model: object, lock: object) -> None:
    """Refuse a command without any model.

    Raises
    ------
    UsageError
        When neither says which.
    """
    if model is None and lock is None:
        raise UsageError(
            "No model was named. Give --model, or --lock with a file that names one; see cellfill list."
        )


def say_folder(model: object) -> None:
    """Tell a person which folder it is that they named by a model's name."""
    from cellfill.hub.reference import tell_folder

    if told := tell_folder(model if isinstance(model, str) else None):
        say(told)
