"""A page, put together from its parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from cellfill.plots.style import require
from cellfill.progress import each
from cellfill.report.explained import Explained
from cellfill.report.svg import Styles, draw_svg

if TYPE_CHECKING:
    from cellfill.report.head import Head
    from cellfill.report.section import Picture, Section

_SHAPES = {"o": "dot", "^": "triangle", "s": "square"}


def make_page(
    head: Head, sections: Sequence[Section], *, data: str, command: str, where: str = "", doing: str = "imputes"
) -> str:
    """Return the page: HTML that needs no other file and runs nothing.

    Parameters
    ----------
    head, sections
        What it says.
    data
        What the dataset is called.
    command
        That does it; empty for none.
    where
        What to know before it is run.
    doing
        What the command does.

    Raises
    ------
    MissingDependencyError
        When matplotlib or Jinja is not installed.
    """
    markup, styles = require("markupsafe").Markup, Styles()
    pictures = dict(_pictures(sections))
    drawn = {
        name: markup(draw_svg(picture.draw, height=picture.height, alt=picture.alt, name=name, styles=styles))
        for name, picture in each(pictures.items(), "drawing", total=len(pictures), unit="pictures")
    }
    sheet = _read("style.css") + _swatches(sections) + styles.sheet()
    # The browser compares what stands between the tags with this, and applies no other style.
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    words = Explained()
    page: str = _template(words).render(
        words=words,
        head=head,
        sections=sections,
        drawn=drawn,
        shapes=_SHAPES,
        data=data,
        command=command,
        where=where,
        doing=doing,
        sheet=markup(sheet),
        digest=digest,
    )
    return page


def _pictures(sections: Sequence[Section]) -> Iterator[tuple[str, Picture]]:
    """Yield the pictures of all sections and their parts, with the name of each."""
    for section in sections:
        for place, picture in enumerate(section.pictures):
            yield f"{section.name}-{place}", picture
        for number, part in enumerate(section.parts):
            for place, picture in enumerate(part.pictures):
                yield f"{section.name}-{number}-{place}", picture


def _swatches(sections: Sequence[Section]) -> str:
    colors = sorted({key.color for section in sections for key in section.keys})
    return "".join(f".s-{color[1:]}{{fill:{color}}}\n" for color in colors)


def _template(words: Explained) -> Any:
    jinja = require("jinja2")
    environment = jinja.Environment(
        autoescape=True, undefined=jinja.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["explained"] = words.link
    return environment.from_string(_read("page.html"))


def _read(name: str) -> str:
    return resources.files("cellfill.report").joinpath(name).read_text(encoding="utf-8")
