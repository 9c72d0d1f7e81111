"""Figures of an evaluation, one PNG each, drawn with matplotlib."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cellfill.errors import OutputError
from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.figures.curves import by_cells, by_share, costs
from cellfill_training.evaluation.figures.entries import density, errors
from cellfill_training.evaluation.figures.panels import PURPOSE, styles_of
from cellfill_training.evaluation.records import Evaluations


def draw(evaluations: Evaluations, folder: str | Path) -> list[Path]:
    """Draw every figure that the records allow.

    ``true-imputed-*.png``: hidden against imputed counts, as a density; ``error-*.png``: MSE by gene against its
    mean, and by cell against its library size; ``cells-*.png``: error by number of cells; ``share-*.png``: error by
    share of the cells learned from (Arisdakessian 2019, Fig. 6c); ``cost.png``: time and memory by number of cells
    (Fig. 6a, b).

    Returns
    -------
    The files that were written.

    Raises
    ------
    MissingDependencyError
        When matplotlib is not installed.
    OutputError
        When the folder cannot be written to.
    """
    matplotlib = require("matplotlib", purpose=PURPOSE)
    matplotlib.use("Agg")
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{place} cannot be made: {error.strerror}: name another folder.") from error
    summaries = evaluations.summaries()
    styles = styles_of([s.method for s in summaries])
    written = []

    def keep(name: str, figure: Any) -> None:
        if figure is None:
            return
        path = place / f"{name}.png"
        try:
            figure.savefig(path, dpi=150, bbox_inches="tight")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
        require("matplotlib.pyplot", purpose=PURPOSE).close(figure)
        written.append(path)

    for data in dict.fromkeys(s.data for s in summaries):
        entries = [e for e in evaluations.entries if e.data == data]
        own = [s for s in summaries if s.data == data]
        name = re.sub(r"[^\w.-]+", "-", data)
        keep(f"true-imputed-{name}", density(entries))
        keep(f"error-{name}", errors(entries, styles))
        keep(f"cells-{name}", by_cells(own, styles))
        keep(f"share-{name}", by_share(own, styles))
    keep("cost", costs(summaries, styles))
    return written
