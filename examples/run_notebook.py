"""Execute a notebook, and keep what it shows; run it again when the code or a model changed.

Usage: python examples/run_notebook.py examples/pbmc_clusters.ipynb, with `pip install 'cellfill[cpu,notebook]'`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def execute(path: Path, *, seconds: int = 300) -> nbformat.NotebookNode:
    """Return a notebook with fresh outputs, run in its own folder; warnings, which name places here, are left out.

    Parameters
    ----------
    path
        The notebook.
    seconds
        That a cell may take.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook, timeout=seconds, resources=resources, record_timing=False, coalesce_streams=True
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:]:
        nbformat.write(execute(Path(name)), name)
