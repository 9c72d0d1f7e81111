"""What huggingface_hub raises, as errors of cellfill, of one line and without a token."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from cellfill.errors import (
    CellfillError,
    HubError,
    HubUnreachableError,
    ModelNotFoundError,
    OfflineError,
    OutputError,
)
from cellfill.hub.surroundings import environment_fault, proxies
from cellfill.hub.token import known_token
from cellfill.text.reasons import reason

_USER = re.compile(r"//[^/@\s]+@")  # a name and a password in an address
# What huggingface_hub raises of an answer that has other types or keys than it thinks.
_ODD = {TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError, OverflowError, JSONDecodeError}
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def hub_errors(what: str) -> Iterator[None]:
    """Turn what huggingface_hub raises into errors of cellfill.

    Parameters
    ----------
    what
        What the Hub is asked for: a repository, with or without a revision.

    Raises
    ------
    ModelNotFoundError
        When the Hub has no such repository or revision, or the token may not read it.
    HubUnreachableError
        When it does not answer, or asks to wait.
    OutputError
        When the cache cannot be written to.
    HubError
        For all else.
    """
    try:
        yield
    except (CellfillError, MemoryError):
        raise
    except Exception as error:  # httpx2's, huggingface_hub's and the system's errors share no root
        raise _translate(error, what) from error


def _translate(error: Exception, what: str) -> CellfillError:
    from huggingface_hub import errors

    token = known_token()
    said = _USER.sub("//", reason(error) if not token else reason(error).replace(token, "***"))
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else None
    if isinstance(error, errors.LocalEntryNotFoundError | RuntimeError) and cause is not None:
        return _translate(cause, what)  # what these hide is the reason
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return OfflineError(f"{what} is not here, and the Hub may not be asked (HF_HUB_OFFLINE).")
    if isinstance(error, errors.LocalTokenNotFoundError):
        return HubError("The Hub wants a token: run  hf auth login  or set HF_TOKEN.")
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelNotFoundError(f"The Hub has no {what}: the repository has no such tag, branch or commit.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return ModelNotFoundError(
            f"The Hub has no {what}, or it is private or gated and your token, if any, may not read it. Check the "
            "name with cellfill search, or log in: hf auth login."
        )
    if isinstance(error, errors.HFValidationError):
        return HubError(f"That is not a repository of the Hub: {said}.")
    if status in (401, 403):
        return HubError(f"The Hub refused {what} ({status}): the token is missing, or may not do that.")
    if status == 412:
        return HubError(f"{what} was changed by someone else meanwhile; nothing was published. Run it again.")
    if status is not None and (status in (408, 429) or status >= 500):
        wait = "it asks to wait" if status == 429 else "it is in trouble"
        return HubUnreachableError(
            f"The Hub cannot be asked for {what}: {wait} (status {status}). Try again later."
        )
    if status is not None:
        return HubError(f"The Hub refused {what}: {said}.")
    if isinstance(error, OSError) and error.errno in _DISK:
        return OutputError(f"The Hub's cache cannot be written to: {error.strerror}. See HF_HOME.")
    if fault := environment_fault(error):
        return HubUnreachableError(f"The Hub cannot be reached for {what}: {fault}")
    if type(error) in _ODD:
        return HubError(f"The Hub's answer for {what} makes no sense ({said}). Check HF_ENDPOINT.")
    return HubUnreachableError(
        f"The Hub cannot be reached for {what}: {said}. Check the connection{proxies()}; what is in the cache "
        "still works."
    )
