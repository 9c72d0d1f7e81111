"""The screenshots of docs/report.md: the reports of three datasets, in headless Chromium.

Usage: python benchmarks/pictures/report_screenshots.py --data FOLDER [--out docs]

Needs Chromium, playwright and Pillow. The first dataset is the one in examples/; the others are in FOLDER/h5ad.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from cellfill.report import write_report

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "model_cards" / "human-pbmc"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
DESK, PHONE, GAP = (1100, 1500), (360, 780), 10
LARGEST = 250_000  # bytes


@dataclass(frozen=True, slots=True)
class Shot:
    """One screenshot: of which data, coloured by what, how, and which anchors, side by side."""

    name: str
    data: str
    labels: str
    scheme: str
    size: tuple[int, int]
    anchors: tuple[str, ...]


SHOTS = (
    Shot("report-fits", "pbmc_sorted_300", "sorted_type", "light", DESK, ("",)),
    Shot("report-limits", "luad_patients", "sample", "dark", DESK, ("",)),
    Shot("report-phone", "kang_pbmc", "condition", "light", PHONE, ("", "hidden", "embedding .pictures")),
)


def take(browser: Any, shot: Shot, page: Path) -> Image.Image:
    """Return the parts of a page beside each other."""
    width, height = shot.size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=shot.scheme)
    tab = context.new_page()
    tab.goto(page.as_uri())
    sheet = Image.new("RGB", ((width + GAP) * len(shot.anchors) - GAP, height), "white")
    for place, anchor in enumerate(shot.anchors):
        if anchor:
            tab.locator(f"#{anchor}").evaluate("(e) => e.scrollIntoView({behavior: 'instant'})")
        part = Image.open(io.BytesIO(tab.screenshot()))
        sheet.paste(part, (place * (width + GAP), 0))
    context.close()
    return sheet


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="has luad_patients and kang_pbmc in h5ad/")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        sys.exit(f"No Chromium is installed (looked for {', '.join(PROGRAMS)}).")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for shot in SHOTS:
            example = ROOT / "examples" / f"{shot.data}.h5ad"
            data = example if example.exists() else options.data / "h5ad" / example.name
            page = Path(scratch) / f"{shot.data}.html"
            write_report(data, page, model=MODEL, labels=shot.labels, embedding="pca")
            target = options.out / f"{shot.name}.png"
            picture = take(browser, shot, page).quantize(256, dither=Image.Dither.NONE)
            picture.save(target, optimize=True)
            if (size := target.stat().st_size) > LARGEST:
                sys.exit(f"{target} has {size:,} bytes, more than {LARGEST:,}.")
            print(f"{target}: {size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
