"""A marker in more groups than a picture has room for."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from cellfill.plots.gene import MOST_ROWS, draw_by_group
from cellfill.report.labels import Labels
from cellfill.report.markers import Filled, Marker
from cellfill.report.on_markers import markers_section

GROUPS = [f"g{number:02}" for number in range(60)]  # g00 has 61 cells, g59 two
OF_CELL = tuple(group for number, group in enumerate(GROUPS) for _ in range(61 - number))


@pytest.fixture(scope="module")
def section():
    values = np.linspace(0, 2, len(OF_CELL))
    filled = tuple(
        Filled(group=group, cells=61 - number, seen=0.5, zeros=3, put_in=put_in, before=1.0, after=2.0)
        for number, group in enumerate(GROUPS)
        for put_in in ({40: 0.1, 55: 9.0}.get(number, 1.0),)
    )

    class Cells:
        estimate = "expected"
        told_from = "the genes of a test"

        class there:  # noqa: N801
            umap = None
            components = np.zeros((len(OF_CELL), 2))

    marker = Marker(name="CD14", why_not="", before=values, after=values, filled=filled)
    return markers_section([marker], Cells, Labels(column="type", of_cell=OF_CELL), asked=True)


def rows(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_the_caption_says_how_many_and_the_picture_has_those_of_the_text(section):
    (part,) = section.parts
    assert "the estimate expected: the mean count given the genes of a test. Colours" in section.shows
    assert "9 in the mean in g55, 0.1 in g40" in part.shows
    picture = part.pictures[-1]
    assert "(12 of 60 groups: the largest, and those named above)" in picture.caption
    ax = Figure().add_subplot()
    picture.draw(ax)
    assert rows(ax) == [*GROUPS[: MOST_ROWS - 2], "g40", "g55"]


def test_where_all_have_room_nothing_is_said_of_it():
    ax = draw_by_group(Figure().add_subplot(), np.ones(4), None, ["a", "b", "b", "b"], named=["a"])
    assert rows(ax) == ["b", "a"]
