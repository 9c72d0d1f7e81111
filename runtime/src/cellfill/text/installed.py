"""What a package was installed from, for the line that installs more of it."""

from __future__ import annotations

from pathlib import Path


def source_of(distribution: str) -> str:
    """Return what a distribution was installed from: its name, or the folder of a clone."""
    import json
    from importlib import metadata
    from urllib.parse import unquote, urlsplit

    try:
        text = metadata.distribution(distribution).read_text("direct_url.json")
        place = urlsplit(json.loads(text or "{}").get("url", ""))
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return distribution
    folder = unquote(place.path)
    return folder if place.scheme == "file" and (Path(folder) / "pyproject.toml").is_file() else distribution


def pip_install(distribution: str, extra: str) -> str:
    """Return the command that installs an extra from where the distribution is from."""
    return f"pip install '{source_of(distribution)}[{extra}]'"
