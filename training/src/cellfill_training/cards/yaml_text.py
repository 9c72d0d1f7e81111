"""A name in the YAML head of a card, as it must be written to be read as it is."""

from __future__ import annotations

import json
import re

# What is text without quotes, in one line: no comment, key, list, number or date begins or hides in it.
_PLAIN = re.compile(r"[A-Za-z](?:[\w./ -]*[\w./-])?", re.ASCII)
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def yaml_text(text: str) -> str:
    """Return a text, in quotes where YAML would take it for something else."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else json.dumps(text, ensure_ascii=False)
