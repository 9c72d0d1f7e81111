"""The commands that have a model here: ``cellfill pull``, ``verify``, ``rm`` and ``lock``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import AsJson, Offline
from cellfill.console import out, print_json, progress, say
from cellfill.errors import BundleError

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="An alias or ORG/NAME, with @REVISION or without.")]
AnyModel = Annotated[
    str, typer.Argument(metavar="MODEL", help="A folder, a name or ORG/NAME, the last two with @REVISION.")
]


def pull(model: ModelName, offline: Offline = False, as_json: AsJson = False) -> None:
    """Fetch a model of the Hub, every file checked. Prints its folder."""
    from cellfill.hub import pull as get

    with progress("pulling", quiet=False):
        place = get(model, offline=offline)
    say(f"{place}" + (f". {place.remark}" if place.remark else ""))
    if as_json:
        import dataclasses

        print_json(dataclasses.asdict(place) | {"folder": str(place.folder)})
    else:
        out(place.folder)


def verify(model: AnyModel, as_json: AsJson = False) -> None:
    """Check the files of a model that is here.

    Their hashes, and its golden values. Exits with 4 where it would be refused.
    """
    from cellfill.loading import verify as check

    with progress("verifying", quiet=False):
        found = check(model)
    say(str(found.place))
    if as_json:
        import dataclasses

        files = [dataclasses.asdict(file) for file in found.files]
        print_json(
            {
                "sound": found.sound,
                "fault": found.fault,
                "golden": found.golden,
                "folder": str(found.place.folder),
                "commit": found.place.commit,
                "files": files,
            }
        )
    else:
        for file in found.files:
            out(f"{'FAULT' if file.fault else 'ok':<6}{file.name:<15}{file.size:>14,}  {file.fault or file.sha256}")
    if found.golden:
        say(found.golden)
    if not found.sound:
        say(found.fault)
        raise typer.Exit(BundleError.exit_code)


def remove(model: ModelName, as_json: AsJson = False) -> None:
    """Remove a model from the Hub's cache. Every commit of it, or with @REVISION one."""
    from cellfill.hub import remove as discard

    done = discard(model)
    if as_json:
        import dataclasses

        print_json(dataclasses.asdict(done))
    else:
        commits = ", ".join(done.commits) or "none of them whole"
        out(f"removed {done.repo} ({commits}): {done.freed / 1e6:,.1f} MB")


def lock(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Models by name; pulled where need be.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The lock file, for impute --lock.")
    ] = Path("cellfill.lock"),
    offline: Offline = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lock the models of an analysis. Writes their commits, and the SHA-256 of every file."""
    from cellfill.hub import lock as write

    with progress("locking", quiet=False):
        made = write(models, output, offline=offline, overwrite=force)
    if as_json:
        import dataclasses

        print_json(dataclasses.asdict(made))
    for model in made.models:
        say(f"{model.repo or model.alias or 'a folder'} {model.commit}".rstrip())
    say(f"locked in {output}")
