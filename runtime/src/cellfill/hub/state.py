"""Look at the Hub from here: its address, the cache, a token's presence, and whether it answers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from cellfill.errors import HubError, UsageError

_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HubState:
    """What was found of the Hub.

    Attributes
    ----------
    endpoint
        Its address, without a user's name or password.
    offline
        Whether it was not asked, by the caller's or the environment's wish.
    reachable
        Whether it answered; None where it was not asked.
    token
        Whether a token is set. Never which.
    cache
        The folder of the cache.
    cache_bytes
        Its size on disk.
    remark
        Why it could not be reached, or what is wrong with the cache; empty otherwise.
    """

    endpoint: str
    offline: bool
    reachable: bool | None
    token: bool
    cache: str
    cache_bytes: int
    remark: str


def look_at_hub(*, offline: bool) -> HubState:
    """Ask huggingface_hub for its settings and, unless offline, the Hub for an answer."""
    from cellfill.hub.cache import hub_settings

    try:
        constants = hub_settings()
    except (ImportError, UsageError) as error:
        return HubState(
            endpoint="",
            offline=True,
            reachable=None,
            token=False,
            cache="",
            cache_bytes=0,
            remark=f"huggingface-hub cannot be imported ({str(error).rstrip('.')}): models cannot be fetched.",
        )
    quiet = offline or bool(constants.HF_HUB_OFFLINE)
    size, remark = _cache_size()
    endpoint = _without_user(constants.ENDPOINT)
    failure = "" if quiet else _ask(constants.ENDPOINT)
    if failure:
        remark = f"The Hub ({endpoint}) cannot be reached ({failure}): models already here still work."
    has_token, fault = _token()
    remark = " ".join(filter(None, (remark, fault)))
    return HubState(
        endpoint=endpoint,
        offline=quiet,
        reachable=None if quiet else not failure,
        token=has_token,
        cache=str(constants.HF_HUB_CACHE),
        cache_bytes=size,
        remark=remark,
    )


def _ask(endpoint: str) -> str:
    """Return an empty text where the Hub answers, else why not: a kind of error, never its text or the address."""
    from huggingface_hub import get_session

    from cellfill.hub.asking import answer

    def head() -> int:
        return int(get_session().head(endpoint, timeout=_SECONDS).status_code)

    try:
        status = answer("an answer", head, seconds=2 * _SECONDS)
    except Exception as error:  # every kind of connection error, and of a wrong address
        return type(error).__name__
    return f"status {status}" if status >= 500 else ""


def _token() -> tuple[bool, str]:
    """Return whether a token is set, and what is wrong with its file."""
    from cellfill.hub.token import check_token_file, known_token

    try:
        check_token_file()
    except HubError as error:
        return False, str(error)
    return known_token() is not None, ""


def _cache_size() -> tuple[int, str]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    from cellfill.hub.cache import odd_ref

    try:
        if (odd := odd_ref()) is not None:
            return 0, f"The Hub's cache cannot be measured: {odd} is no small file. Remove it."
        return scan_cache_dir().size_on_disk, ""
    except CacheNotFound:
        return 0, ""
    except (OSError, ValueError) as error:
        return 0, f"The Hub's cache cannot be read ({type(error).__name__})."


def _without_user(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
