"""Where data are: a path, or a URL that was looked at once, here. What was not refused may be opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args
from urllib.parse import unquote, urlsplit, urlunsplit

from cellfill.errors import UsageError

Protocol = Literal["http", "https", "s3", "gs", "memory"]
RemoteFormat = Literal["zarr", "h5ad", "10x-h5"]

# Who asks the server beneath fsspec; memory needs nobody.
PACKAGES: dict[Protocol, str] = {"http": "aiohttp", "https": "aiohttp", "s3": "s3fs", "gs": "gcsfs"}
_PROTOCOLS = frozenset(get_args(Protocol))
_FORMATS: dict[str, RemoteFormat] = {".zarr": "zarr", ".h5ad": "h5ad", ".h5": "10x-h5"}
# Two letters at least: one is a drive. A chain of fsspec (simplecache::https://...) begins without slashes.
_BEGINS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(://|::)")
_AS_PATH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]")  # what a Path leaves of the two slashes
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")
_IN_TEXT = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://\S+")
_USER = re.compile(r"//[^/?#]*@")
_LONG = 4  # signs of a secret that is looked for in a text by itself; fewer are in any
_FETCH = "Fetch it first, and give the file"


@dataclass(frozen=True, slots=True)
class Remote:
    """A dataset at a URL, which was looked at: `source_of` makes it.

    Its text is the URL without user, password and query; what those are is in no message and in no record.

    Attributes
    ----------
    protocol
        One of few.
    format
        By the ending of its name.
    shown
        As people may see it.
    url
        As it is opened.
    """

    protocol: Protocol
    format: RemoteFormat
    shown: str
    url: str = field(repr=False)

    def __str__(self) -> str:
        """Return the URL as people may see it."""
        return self.shown

    @property
    def name(self) -> str:
        """The last part of its path, as a file would be called: no other part of a path, whatever it spells."""
        parts = urlsplit(self.shown)
        last = re.split(r"[/\\]", unquote(parts.path.rsplit("/", 1)[-1]))[-1].strip(". ") or parts.netloc
        return re.sub(r"[^\w.+() -]", "_", last)

    def cleared(self, text: str) -> str:
        """Return what a library says, with every URL in it as people may see it."""
        parts = urlsplit(self.url)
        text = text.replace(self.url, self.shown)
        for secret in (parts.query, parts.netloc.rpartition("@")[0], parts.password or ""):
            for form in (secret, unquote(secret)):
                text = text.replace(form, "...") if len(form) >= _LONG else text
        before, url, after = text.partition("://")
        if "?" in after:  # nobody can tell where a query ends, parts of which libraries decode
            text = f"{before}{url}{after.partition('?')[0]} ..."
        return _IN_TEXT.sub(lambda found: _shown(found[0]), text)


Source: TypeAlias = Path | Remote


def source_of(given: str | Path | Remote) -> Source:
    """Return where data are that a person named: a path, or what is at a URL. ``file://`` is a path.

    Raises
    ------
    UsageError
        When it is a URL that is not followed: another protocol, a chain, not whole, or of a format that is not read
        from afar.
    """
    if isinstance(given, Remote):
        return given
    text = str(given)
    begins = _BEGINS.match(text)
    if begins is None or "://" not in text:
        _refuse_collapsed(text)
        return Path(given)
    return _parsed(text, begins[1].lower())


def local_path(source: Source) -> Path | None:
    """Return the path of what is on this machine; None for what is at a URL."""
    return source if isinstance(source, Path) else None


def refuse_remote(output: Path) -> None:
    """Refuse a URL as the place of a result. A Path has one slash where a URL has two.

    Raises
    ------
    UsageError
        When it is one, and no folder of that name is here.
    """
    found = _AS_PATH.match(str(output))
    if found and not Path(f"{found[1]}:").exists():
        shown = _shown(str(output).replace(":/", "://", 1))
        raise UsageError(
            f"{shown} is a URL, and results are written to this machine alone: name a file here, and send it there "
            "when it is whole."
        )


def _parsed(text: str, protocol: str) -> Source:
    if _UNFIT.search(text) or len(text) > 8192:
        raise UsageError(
            f"{_shown(text)[:200]} is no URL: it has signs that none has (a space is %20), or no end of them."
        )
    shown = _shown(text)
    if "::" in text:
        raise UsageError(f"{shown} has '::', a chain of sources, and none is followed: name one URL, or a file.")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise UsageError(
            "This is no URL: its host or port has no meaning. In a password / is %2F, and @ is %40."
        ) from None
    if protocol == "file":
        if parts.netloc not in ("", "localhost") or parts.query:
            raise UsageError(f"{shown} names a file of another machine: give its path, file:///PATH or a URL.")
        return Path(unquote(parts.path))
    if protocol not in _PROTOCOLS:
        known = ", ".join(f"{name}://" for name in get_args(Protocol)[:-1])
        raise UsageError(f"{shown} is not followed: URLs of {known} and file:// are. {_FETCH}.")
    if protocol != "memory" and not parts.hostname:
        raise UsageError(f"{shown} is no whole URL: it names no {'host' if protocol[0] == 'h' else 'bucket'}.")
    if not protocol.startswith("http") and (parts.query or "@" in parts.netloc):
        raise UsageError(
            f"{shown} was given with a user or a query, which {protocol}:// does not take: its packages find "
            "credentials by themselves, in the environment or their own files."
        )
    form = _format_of(parts.path or parts.netloc, shown)
    if form == "zarr" and parts.query:
        raise UsageError(
            f"{shown} was given with a query, and a store is many files, each with a name of its own: {_FETCH}."
        )
    url = urlunsplit((protocol, parts.netloc, parts.path.rstrip("/"), parts.query, ""))
    return Remote(protocol=protocol, format=form, shown=shown, url=url)  # type: ignore[arg-type]


def _format_of(path: str, shown: str) -> RemoteFormat:
    name = path.rstrip("/").rsplit("/", 1)[-1].lower()
    form = next((form for ending, form in _FORMATS.items() if name.endswith(ending)), None)
    if form is None:
        raise UsageError(
            f"{shown} is not read from afar: of a URL .zarr, .h5ad and 10x .h5 are, by the ending of its name. "
            f"{_FETCH} or folder."
        )
    return form


def _shown(text: str) -> str:
    """Return a URL without user, password, query and fragment, also one that has no meaning."""
    start, _, rest = text.partition("://")
    place = re.split(r"[?#]", rest, maxsplit=1)[0]
    return ascii(_USER.sub("//", f"{start}://{place}").rstrip("/"))[1:-1]


def _refuse_collapsed(text: str) -> None:
    """Refuse a URL that was made a Path, which has one slash where it had two."""
    found = _AS_PATH.match(text)
    if found and found[1].lower() in _PROTOCOLS | {"file"} and not Path(f"{found[1]}:").exists():
        raise UsageError(
            f"A URL has two slashes behind its protocol, {found[1].lower()}://..., and this has one. From Python "
            "give a URL as text: a Path loses a slash."
        )
