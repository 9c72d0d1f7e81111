"""The page beside Python: seconds to name, place and fill cells, cells a minute, and memory of a large file.

Usage: python benchmarks/speed/browser.py --data FOLDER [--cells 300 10000 100000] [--impute 300 2000]

The built page (`make web`) in a headless Chromium, as `cellfill web` serves it, and cellfill in this process, the
model open in both: from choosing a file, sorted PBMC tiled, to the table of types; and from choosing a file to
imputed counts, calibrated and checked, of one gene in all cells, beside the whole layer in Python. Medians of
three, one run after the other; of more than 2,000 cells one run. One thread is what a browser gives a page that is
not isolated. Memory is the most that the page's own process held (Chromium's renderer, its worker in it). Published
beside: sims-web names some 10,000 cells a minute.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table
from speed.tiles import write_tiled

IMPUTES, NAMES = Path("model_cards/human-pbmc"), Path("model_cards/human-pbmc-types")
STUDY = "zheng_pbmc14k_3500"
TIMES, FEW = 3, 2000
PATIENCE = 900_000
GENE = "CD3D"
CHOICES = {"annotate": "Name the cells", "embed": "Place them among known cells", "impute": "Impute missed counts"}


@contextmanager
def opened_page(*, threads: int) -> Iterator[Any]:
    """Yield the page; with more than one thread it is isolated, as cellfill serves it."""
    import shutil

    from playwright.sync_api import sync_playwright

    from cellfill.page import serve
    from cellfill.page.site import make_site

    headers = dict(serve._HEADERS)
    if threads == 1:
        serve._HEADERS.pop("Cross-Origin-Embedder-Policy", None)
    with ExitStack() as ending:
        ending.callback(serve._HEADERS.update, headers)
        server = ending.enter_context(serve.make_server(make_site([IMPUTES, NAMES]), port=0))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        ending.callback(server.shutdown)
        playwright = ending.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        ending.callback(browser.close)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        assert page.evaluate("crossOriginIsolated") is (threads > 1)
        yield page


def in_page(page: Any, data: Path, *, tasks: tuple[str, ...]) -> float:
    """Return the seconds from choosing a file to what is shown of it."""
    started = time.perf_counter()
    page.get_by_label("Files of your dataset").set_input_files(str(data))
    page.locator("button:enabled", has_text="Run").wait_for(timeout=PATIENCE)
    for task, label in CHOICES.items():
        if task not in tasks:
            page.get_by_label(label).select_option("")
    page.locator("button:enabled", has_text="Run").click(timeout=PATIENCE)
    page.locator("button:enabled", has_text="AnnData file").wait_for(timeout=PATIENCE)
    if "impute" in tasks:
        page.get_by_role("combobox", name="Gene").fill(GENE)
        page.get_by_role("option", name=GENE, exact=True).click(timeout=PATIENCE)
        page.get_by_role("heading", name=GENE).wait_for(timeout=PATIENCE)
    return time.perf_counter() - started


def most_memory() -> float:
    """Return the most memory, in MB, that any renderer of a Chromium on this machine held: let no other be open."""
    most = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command, status = (folder / "cmdline").read_bytes(), (folder / "status").read_text()
        except OSError:
            continue
        if b"--type=renderer" in command:
            found = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
            most = max(most, int(found.split()[1]) / 1e3)
    return most


def in_python(threads: int) -> dict[str, Callable[[Path, Path], object]]:
    """Return what names and what fills a file, with open models."""
    import anndata

    import cellfill

    names, imputes = cellfill.load(NAMES), cellfill.load(IMPUTES)

    def name(data: Path, out: Path) -> None:
        cellfill.annotate_file(data, out.with_suffix(".csv"), model=names, threads=threads, overwrite=True)

    def fill(data: Path, _out: Path) -> None:
        imputes.impute(anndata.read_h5ad(data), threads=threads)

    return {"annotate": name, "impute": fill}


def median_of(work: Callable[[], float], times: int) -> float:
    """Return the median of some runs."""
    return statistics.median(work() for _ in range(times))


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(source: Path, folder: Path, task: str, sizes: list[int]) -> str:
    """Return the table of one task."""
    rows = []
    for cells in sizes:
        data = folder / f"{cells}.h5ad"
        if not data.exists():
            write_tiled(source, data, cells=cells)
        rows += [row(data, task, cells=cells, threads=threads) for threads in (1, os.cpu_count() or 1)]
    header = ["cells", "threads", "page, s", "Python, s", "page / Python", "cells a minute", "page's memory, MB"]
    return table(header, rows)


def row(data: Path, task: str, *, cells: int, threads: int) -> list[str]:
    """Measure one size with so many threads."""
    times = TIMES if cells <= FEW else 1
    python, out = in_python(threads)[task], data.with_suffix(".out")
    python(data, out)
    with opened_page(threads=threads) as page:
        in_page(page, data, tasks=(task,))
        there = median_of(lambda: in_page(page, data, tasks=(task,)), times)
        memory = most_memory()
    here = median_of(lambda: seconds_of(lambda: python(data, out)), times)
    figures = (f"{there:.2f}", f"{here:.2f}", f"{there / here:.1f}", f"{cells / there * 60:,.0f}", f"{memory:,.0f}")
    return [f"{cells:,}", str(threads), *figures]


def main() -> None:
    """Measure, and keep the tables beside this script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cells", type=int, nargs="+", default=[300, 10_000, 100_000])
    parser.add_argument("--impute", type=int, nargs="+", default=[300, 2_000])
    options = parser.parse_args()
    need("anndata", "h5py", "playwright", "cellfill_web", "cellfill")
    source = options.data / "h5ad" / f"{STUDY}.h5ad"
    with tempfile.TemporaryDirectory() as scratch:
        named = compare(source, Path(scratch), "annotate", options.cells)
        filled = compare(source, Path(scratch), "impute", options.impute)
    body = f"**Cells named**\n\n{named}\n\n**Cells filled, calibrated and checked**\n\n{filled}"
    keep(Path(__file__).with_suffix(".md"), "python benchmarks/speed/browser.py --data FOLDER", body)


if __name__ == "__main__":
    main()
