"""What the environment says of certificates and proxies, when the Hub cannot be reached by it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def environment_fault(error: BaseException) -> str:
    """Return which variable of the environment is why an error came up; empty for none."""
    chain = list(_causes(error))
    own = any(isinstance(e, ssl.SSLError) or (type(e) is FileNotFoundError and not e.filename) for e in chain)
    for name in _CERTIFICATES if own else ():
        value = os.environ.get(name, "")
        if value and not Path(value).exists():
            return f"{name} names {value}, which is not there. Name the file of certificates, or unset it."
        if value and any(isinstance(e, ssl.SSLError) and "CERTIFICATE_VERIFY_FAILED" not in str(e) for e in chain):
            return f"no certificates can be read from {value}, which {name} names. Name another, or unset it."
    said = " ".join(str(e) for e in chain).lower()
    used = _set(_PROXIES)
    if used and ("proxy" in said or "socks" in said):
        return f"its proxy cannot be used ({_first_line(error)}). Mend or unset {' or '.join(used)}."
    return ""


def proxies() -> str:
    """Return a remark on the proxies that are set; their addresses may hold a password."""
    used = _set(_PROXIES)
    return f" and {' and '.join(used)}" if used else ""


def _set(names: tuple[str, ...]) -> list[str]:
    return [each for name in names for each in (name, name.lower()) if os.environ.get(each)]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    """Return what an error says, without an address that it names."""
    words = [word for word in str(error).split() if "://" not in word]
    return " ".join(words)[:200].rstrip(".:") or type(error).__name__
