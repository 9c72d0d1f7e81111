"""The token of the Hub: huggingface_hub finds it; here is only seen that it can."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cellfill.bundle.safe_file import read_regular
from cellfill.errors import HubError

_MAX_BYTES = 1 << 16
_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def check_token_file() -> None:
    """See that the file of the token, where it is needed and there is one, can be read.

    Raises
    ------
    HubError
        When it cannot: huggingface_hub would fail, or wait for ever.
    """
    from huggingface_hub import constants

    if any(os.environ.get(name, "").strip() for name in _VARIABLES):
        return
    path = Path(constants.HF_TOKEN_PATH)
    try:
        read_regular(path, bound=_MAX_BYTES).decode()
    except FileNotFoundError:
        return
    except OSError as error:
        fault = error.strerror or str(error)
    except UnicodeDecodeError:
        fault = "it is no text"
    else:
        return
    raise HubError(
        f"The token of the Hub cannot be read from {path}: {fault}. Mend or remove that file, or set HF_TOKEN or "
        "HF_TOKEN_PATH."
    )


def known_token() -> str | None:
    """Return the token, to keep it out of messages; None for none, or for one that cannot be read."""
    from huggingface_hub import get_token

    with suppress(Exception):  # what is wrong with it was said, or will be
        check_token_file()
        return get_token()
    return None
