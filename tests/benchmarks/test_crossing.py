"""Where one curve passes another, and that the figure is of the kept result."""

import pytest

from transfer import crossing


def test_the_crossing_lies_on_the_line_over_log_cells():
    assert crossing.crossing([(50, 1.2), (100, 1.1), (400, 0.9)], 1.0) == pytest.approx(200)
    assert crossing.crossing([(50, -0.2), (100, -0.1)], 0.0) is None


def test_the_figure_is_of_the_kept_pairs(tmp_path):
    found = crossing.medians(crossing.read(crossing.PAIRS.read_text()))
    assert list(found) == [50, 100, 200, 500, 1000]
    for by in found.values():
        assert by[crossing.OURS] == (1, 0)
        assert by["best"][0] <= min(by[m][0] for m in crossing.TRAINED)
        assert by["best"][1] >= max(by[m][1] for m in crossing.TRAINED)
    mse, _ = crossing.draw(found, tmp_path / "figure.svg", title="")
    below = max(cells for cells in found if cells <= mse)
    above = min(cells for cells in found if cells >= mse)
    assert found[below]["best"][0] >= 1 >= found[above]["best"][0]
    assert (tmp_path / "figure.svg").read_text().count("<path") > len(crossing.LABELS)
