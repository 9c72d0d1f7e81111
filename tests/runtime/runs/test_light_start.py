"""What a run does not import: half of the time of naming a few cells was spent on anndata, and it is not needed."""

import subprocess
import sys

import pytest

import cellfill
from cellfill.errors import UsageError
from runtime import bundles
from runtime.tasks.known import known_cells

LATE = """
import sys
from cellfill import annotate_file
annotate_file(*sys.argv[1:3], model=sys.argv[3])
print(*(name for name in ("anndata", "pandas") if name in sys.modules))
"""


def test_cells_of_a_file_are_named_into_a_table_without_anndata(tmp_path):
    model = bundles.make(tmp_path / "small", ("annotate",))
    cells = known_cells()
    cells.write_h5ad(tmp_path / "cells.h5ad")
    command = [sys.executable, "-c", LATE, tmp_path / "cells.h5ad", tmp_path / "types.csv", model]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert len((tmp_path / "types.csv").read_text().splitlines()) == cells.n_obs + 1


def test_a_column_that_is_there_is_still_seen(tmp_path):
    model = bundles.make(tmp_path / "small", ("annotate",))
    cells = known_cells()
    cells.obs["cell_type"] = "mine"
    cells.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(UsageError, match=r"obs\['cell_type'\] already"):
        cellfill.annotate_file(tmp_path / "cells.h5ad", tmp_path / "types.csv", model=model)
