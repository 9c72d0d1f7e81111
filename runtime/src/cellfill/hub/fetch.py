"""Download the files of a bundle into the Hub's cache: bounded before, checked by hash after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle.files import ALWAYS, CARD, GENES, MANIFEST, MAX_BYTES
from cellfill.bundle.folder import parse_head
from cellfill.bundle.safe_file import git_blob, read_file
from cellfill.errors import BundleIntegrityError, HubError, ModelNotFoundError
from cellfill.hub.asking import download
from cellfill.hub.bar import bounded_bar, too_long
from cellfill.hub.cache import discard, snapshot
from cellfill.hub.refusals import hub_errors

_SLACK = 1 << 16  # bytes over its bound that a file may send before it is cut off

if TYPE_CHECKING:
    from cellfill.bundle.manifest import FileRecord, Manifest
    from cellfill.hub.facts import Facts


def fetch(repo: str, facts: Facts) -> Path:
    """Download a bundle's files that are not here yet, and return the folder of the commit.

    Raises
    ------
    BundleError
        When the manifest is malformed.
    BundleIntegrityError
        When a file is too large, or even a second download is not the file that the manifest names.
    HubError
        When the Hub refuses or cannot be reached.
    OutputError
        When the cache cannot be written to.
    """
    manifest = fetch_manifest(repo, facts)
    for name, record in manifest.files.items():
        _check_stated(repo, facts, name, record)
    for name, record in manifest.files.items():
        _get(repo, facts, name, record)
    return snapshot(repo, facts.commit)


def fetch_card(repo: str, facts: Facts) -> None:
    """Download the manifest and the card only; errors as `fetch`."""
    record = fetch_manifest(repo, facts).files[CARD]
    _check_stated(repo, facts, CARD, record)
    _get(repo, facts, CARD, record)


def fetch_manifest(repo: str, facts: Facts) -> Manifest:
    """Download the manifest only, and read it; errors as `fetch`."""
    _check_stated(repo, facts, MANIFEST, None)
    return parse_head(_get(repo, facts, MANIFEST, None))


def fetch_genes(repo: str, facts: Facts, manifest: Manifest) -> None:
    """Download the gene index only, which is the file that the manifest names; errors as `fetch`."""
    record = manifest.files[GENES]
    _check_stated(repo, facts, GENES, record)
    _get(repo, facts, GENES, record)


def _check_stated(repo: str, facts: Facts, name: str, record: FileRecord | None) -> None:
    """Refuse what the Hub says of a file before a byte of it is downloaded."""
    stated = facts.files.get(name)
    if stated is None:
        raise ModelNotFoundError(
            f"{repo} is no cellfill model at commit {facts.commit[:12]}: it has no {name}. A model has "
            f"{', '.join(ALWAYS)}, and what else its manifest names."
        )
    size, bound = stated.size, MAX_BYTES[name] if record is None else record.size
    if bound > MAX_BYTES[name] or (size is not None and size > MAX_BYTES[name]):
        raise BundleIntegrityError(
            f"{name} of {repo} has {max(bound, size or 0):,} bytes, over the bound of {MAX_BYTES[name]:,}: it "
            "was not fetched."
        )
    differs = record is not None and (
        (size is not None and size != record.size) or (stated.sha256 and stated.sha256 != record.sha256)
    )
    if differs:
        raise BundleIntegrityError(
            f"{name} of {repo} at commit {facts.commit[:12]} is not the file that its manifest names (size or "
            "SHA-256 differs): its author must publish it again. Nothing was fetched."
        )


def _get(repo: str, facts: Facts, name: str, record: FileRecord | None) -> bytes:
    """Have a file in the cache, downloaded if need be, and checked; a damaged one is fetched once more."""
    fault = ""
    for again in (False, True):
        path = _download(repo, facts.commit, name, bound=record.size if record else MAX_BYTES[name], again=again)
        try:
            data = read_file(path.parent, name, record=record)
        except BundleIntegrityError as error:
            fault = error.fault
        else:
            if record is not None or _is_stated(data, facts):
                return data
            fault = "is not the file that the Hub names"
        discard(path)
    raise BundleIntegrityError(
        f"{name} of {repo} arrived damaged, twice: it {fault}. It was removed from the cache. Try again later, or "
        "tell the model's author."
    )


def _is_stated(manifest: bytes, facts: Facts) -> bool:
    """Return whether the manifest is the one that the commit holds, as far as the Hub said which."""
    stated = facts.files[MANIFEST]
    return not stated.blob or stated.blob == git_blob(manifest)


def _download(repo: str, commit: str, name: str, *, bound: int, again: bool) -> Path:
    what = f"{name} of {repo}"
    with hub_errors(what):
        from huggingface_hub import hf_hub_download

        path = download(
            what,
            lambda: hf_hub_download(
                repo,
                name,
                revision=commit,
                library_name="cellfill",
                force_download=again,
                tqdm_class=bounded_bar(what, bound),
            ),
            most=bound + _SLACK,
            excess=lambda: too_long(what, bound),
        )
    if Path(path).parent.name != commit:
        raise HubError(f"The Hub gave {name} of {repo} of another commit than {commit[:12]}: not used.")
    return Path(path)
