"""The page of cellfill, built: files for a browser, and where they are."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PAGE"]

PAGE = Path(__file__).parent / "page"
