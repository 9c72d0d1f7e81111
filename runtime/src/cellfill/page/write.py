"""Write the page and models into a folder, for a server of your own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cellfill.errors import OutputError, OutputExistsError
from cellfill.page.site import make_site
from cellfill.progress import each


def write_page(output: str | Path, models: Sequence[str | Path] = (), *, offline: bool = False) -> tuple[str, ...]:
    """Write the page and models into a folder, whole or not at all.

    Any server of files can serve it, from any path. A server that says ``Cross-Origin-Opener-Policy: same-origin``
    and ``Cross-Origin-Embedder-Policy: require-corp`` gives the page more than one thread.

    Parameters
    ----------
    output
        The folder, which must not exist.
    models, offline
        As `serve_page` has them.

    Returns
    -------
    Names of the models beside the page.

    Raises
    ------
    OutputExistsError
        When there is something at ``output``.
    OutputError
        When it cannot be written.
    CellfillError
        As `serve_page`, of the page and of a model.
    """
    target = Path(output)
    try:
        there = target.exists() or target.is_symlink()
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from error
    if there:
        raise OutputExistsError(f"{target} exists: choose another folder with --output, or remove it.")
    site = make_site(models, offline=offline)
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from error
    try:
        for path, read in each(site.files.items(), "writing", total=len(site.files), unit="files"):
            place = scratch / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(read())
        scratch.chmod(0o755)
        scratch.rename(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return site.models
