"""Pictures as a part of a page: drawn by matplotlib, its styles moved to the page's style sheet."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from cellfill.plots.style import INK, PAPER, SMALL, require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 3.7  # inches: as wide as a phone, so that letters are large enough on it
_DOTS = 190  # an inch, of what is not drawn as lines
_XLINK = "{http://www.w3.org/1999/xlink}href"
# What follows the page, light or dark; all other colours are the same on both.
_OF_PAGE = {INK.lower(): "var(--ink)", PAPER.lower(): "var(--card)"}


class Styles:
    """The styles of all pictures of a page, each once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, style: str) -> str:
        """Return the class of a style."""
        rules = []
        for rule in style.split(";"):
            key, _, value = (part.strip() for part in rule.partition(":"))
            if key == "font":
                value = re.sub(r"(\d+(\.\d+)?px) .*", r"\1 var(--font)", value)
            rules.append(f"{key}:{_OF_PAGE.get(value.lower(), value)}")
        return self._names.setdefault(";".join(rules), f"m{len(self._names)}")

    def sheet(self) -> str:
        """Return them as CSS."""
        return "".join(f".{name}{{{rules}}}\n" for rules, name in self._names.items())


def draw_svg(draw: Callable[[Axes], object], *, height: float, alt: str, name: str, styles: Styles) -> str:
    """Return a picture as an SVG element.

    Parameters
    ----------
    draw
        Draws it on Axes.
    height
        In inches.
    alt
        What is to be seen.
    name
        Begins its ids; another for each picture of a page.
    styles
        Takes the styles.
    """
    with require("matplotlib").rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font lacks: the reader's browser has others
        figure = require("matplotlib.figure").Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        file = io.BytesIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", dpi=_DOTS, transparent=True, metadata=nothing)
    root = ElementTree.fromstring(file.getvalue())
    _adapt(root, name, styles)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": alt})
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cellfill",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": SMALL,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "axes.formatter.use_mathtext": False,
    "text.usetex": False,
}


def _adapt(root: ElementTree.Element, name: str, styles: Styles) -> None:
    """Make it a part of a page, in place: no namespaces, no styles of its own, ids that no other picture has."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    used = set(re.findall(r"#([\w.-]+)", " ".join(v for e in root.iter() for v in e.attrib.values())))
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {}
        for key, value in element.attrib.items():
            if key == "style":
                attributes["class"] = styles.name(value)
            elif key == "id":
                if value in used:
                    attributes["id"] = f"{name}-{value}"
            elif key == _XLINK:
                attributes["href"] = f"#{name}-{value[1:]}" if value.startswith("#") else value
            else:
                attributes[key] = re.sub(r"url\(#", f"url(#{name}-", value)
        element.attrib.clear()
        element.attrib.update(attributes)
        element.tail = None
        if element.text is not None and not element.text.strip():
            element.text = None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
