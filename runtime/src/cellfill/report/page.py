"""A page, put together from its parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from cellfill.plots.style import require
from cellfill.report.svg import Styles, draw_svg

if TYPE_CHECKING:
    from cellfill.report.head import Head
    from cellfill.report.section import Section

_SHAPES = {"o": "dot", "^": "triangle", "s": "square"}


def make_page(head: Head, sections: Sequence[Section], *, data: str, command: str, doing: str = "imputes") -> str:
    """Return the page: HTML that needs no other file and runs nothing.

    Parameters
    ----------
    head, sections
        What it says.
    data
        What the dataset is called.
    command
        That does it; empty for none.
    doing
        What the command does.

    Raises
    ------
    MissingDependencyError
        When matplotlib or Jinja is not installed.
    """
    markup, styles = require("markupsafe").Markup, Styles()
    drawn = {
        (section.name, place): markup(
            draw_svg(
                picture.draw,
                height=picture.height,
                alt=picture.alt,
                name=f"{section.name}-{place}",
                styles=styles,
            )
        )
        for section in sections
        for place, picture in enumerate(section.pictures)
    }
    sheet = _read("style.css") + _swatches(sections) + styles.sheet()
    # The browser compares what stands between the tags with this, and applies no other style.
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    page: str = _template().render(
        head=head,
        sections=sections,
        drawn=drawn,
        shapes=_SHAPES,
        data=data,
        command=command,
        doing=doing,
        sheet=markup(sheet),
        digest=digest,
    )
    return page


def _swatches(sections: Sequence[Section]) -> str:
    colors = sorted({key.color for section in sections for key in section.keys})
    return "".join(f".s-{color[1:]}{{fill:{color}}}\n" for color in colors)


@cache
def _template() -> Any:
    jinja = require("jinja2")
    environment = jinja.Environment(
        autoescape=True, undefined=jinja.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_read("page.html"))


def _read(name: str) -> str:
    return resources.files("cellfill.report").joinpath(name).read_text(encoding="utf-8")
