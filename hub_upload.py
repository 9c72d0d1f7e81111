"""Publish a bundle folder to the Hugging Face Hub; a thin script over ``cellfill.hub.publish``.

python hub_upload.py BUNDLE --repo ORG/NAME [--tag v1.0.0] [--private] [--dry-run]
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.console import errors_as_messages, out, say


def main(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of the bundle.")],
    repo: Annotated[str, typer.Option(metavar="ORG/NAME", help="Repository on the Hub.")],
    tag: Annotated[str | None, typer.Option(help="Name of this version, such as v1.0.0.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the bundle, publish nothing.")] = False,
) -> None:
    """Check a bundle as a stranger would, then publish it in one commit."""
    from cellfill.hub.publish import publish

    with errors_as_messages():
        done = publish(bundle, repo, tag=tag, private=private, dry_run=dry_run)
    if dry_run:
        say(f"{bundle} is fit to be published; {repo} would get {', '.join(done.changed)}.")
        return
    if done.changed:
        say(f"{repo} now holds it: {len(done.changed)} files changed, commit {done.commit}.")
    else:
        say(f"{repo} holds it already, commit {done.commit}; nothing was changed.")
    out(done.commit)


if __name__ == "__main__":
    typer.run(main)
