"""Anybody's words as a terminal can show them without being steered."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def shown(text: str) -> str:
    """Return a text without what would steer a terminal, turn its line or hide in it: that is shown escaped.

    Control, format (bidi and zero-width), private and half characters and odd separators; lines and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def shown_in_line(text: str) -> str:
    """Return a text as `shown`, in one line: its ends of lines and tabs are shown escaped, too."""
    return shown(text).replace("\n", "\\n").replace("\t", "\\t")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@contextmanager
def others_words_shown() -> Iterator[None]:
    """Have what libraries log and warn of, which may be anybody's words, shown escaped as well."""
    make_record, make_warning = logging.getLogRecordFactory(), warnings.formatwarning

    def record(*arguments: Any, **options: Any) -> logging.LogRecord:
        made = make_record(*arguments, **options)
        made.msg, made.args = shown(made.getMessage()), ()
        return made

    def warning(*arguments: Any, **options: Any) -> str:
        return shown(make_warning(*arguments, **options))

    logging.setLogRecordFactory(record)
    warnings.formatwarning = warning
    try:
        yield
    finally:
        logging.setLogRecordFactory(make_record)
        warnings.formatwarning = make_warning
