"""``cellfill publish``: a model for others, on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import AsJson, named_folder
from cellfill.console import out, print_json, say


def publish(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", parser=named_folder, help="Folder of the model, or its bare name.")
    ],
    repo: Annotated[str, typer.Option("--repo", metavar="ORG/NAME", help="Repository on the Hub.")],
    tag: Annotated[str | None, typer.Option("--tag", help="Name of this version, such as v1.0.0.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the model, ask and publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a model on the Hub.

    It is checked as a stranger would, then sent in one commit. Prints the commit. The token is the one of `hf
    auth login`, or of HF_TOKEN.
    """
    from cellfill.bundle.safe_file import exists
    from cellfill.hub.folders import find_named
    from cellfill.hub.publish import publish as send

    if not exists(model) and (found := find_named(str(model))) is not None:
        say(f"{model} is the folder {found}")
        model = found
    done = send(model, repo, tag=tag, private=private, dry_run=dry_run)
    if dry_run:
        say(f"{model} is fit to be published; {repo} would get {', '.join(done.changed)}.")
    elif done.changed:
        say(f"{repo} now holds it: {len(done.changed)} files changed, commit {done.commit}.")
    else:
        say(f"{repo} holds it already, commit {done.commit}; nothing was changed.")
    if as_json:
        import dataclasses

        print_json(dataclasses.asdict(done) | {"tag": tag, "dry_run": dry_run})
    elif not dry_run:
        out(done.commit)
