"""Pull many models at once, in one process: waiting for one is no waiting for the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hub.sound import assert_sound

_MOST = 5


def pull_all(repos, *, piece=None, threads=40):
    """Pull each until it is there, and once more; return what was said at every try, and what is then whole.

    What is said is empty for a success, else the kind of error and its text. ``piece`` is the number of bytes in
    which huggingface_hub writes what it downloads, and so from where it goes on after a cut.
    """
    from huggingface_hub import constants

    if piece is not None:
        constants.DOWNLOAD_CHUNK_SIZE = piece
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_pull_until_there, repos))


def _pull_until_there(repo):
    tries = [_pull(repo)]
    while tries[-1][0] and len(tries) < _MOST:
        tries.append(_pull(repo))
    return [*tries, _pull(repo)]


def _pull(repo):
    import cellfill
    from cellfill.hub.cache import repo_folder

    said = ""
    try:
        cellfill.pull(repo)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    return said, assert_sound(repo_folder(repo))
