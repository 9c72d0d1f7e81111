"""The screenshots of docs/report.md: the reports of four datasets, on a desk and a phone, in headless Chromium.

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
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from cellfill.report import write_report

ROOT = Path(__file__).parents[2]
MODEL = "model_cards/human-pbmc"  # as one names it in a clone, where this runs
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
DESK, PHONE, GAP = 1100, 390, 10
LARGEST = 300_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A report: of which data, and what is asked for."""

    data: str
    labels: str | None = None
    markers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is seen of a report: from an element on, so many pixels at most."""

    of: Asked
    since: str = "body"
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One screenshot: its parts, side by side, how wide each is, and its colours."""

    name: str
    parts: tuple[Part, ...]
    width: int = DESK
    scheme: str = "light"


SORTED = Asked(data="pbmc_sorted_300", labels="sorted_type", markers=("CD14", "MS4A1", "CD8B"))
WITHOUT_LABELS = Asked(data="human_ctcl_pbmc_cite")
LUNG = Asked(data="luad_patients", markers=("CD3D", "EPCAM"))
MOUSE = Asked(data="mouse_e35_e45_4k")
SHOTS = (
    Shot(name="report-fits", parts=(Part(of=SORTED, height=1750),)),
    Shot(name="report-clusters", parts=(Part(of=WITHOUT_LABELS, since="#embedding", height=900),)),
    Shot(name="report-limits", parts=(Part(of=LUNG, height=1500),), scheme="dark"),
    Shot(
        name="report-phone",
        width=PHONE,
        parts=(
            Part(of=WITHOUT_LABELS, height=1500),
            Part(of=WITHOUT_LABELS, since="#markers .part", height=1500),
            Part(of=MOUSE, height=1500),
        ),
    ),
)


def take(browser: Any, shot: Shot, pages: dict[Asked, Path]) -> Image.Image:
    """Return the parts of a screenshot beside each other, as wide as a desk."""
    seen = [see(browser, part, pages[part.of], width=shot.width, scheme=shot.scheme) for part in shot.parts]
    sheet = Image.new("RGB", ((shot.width + GAP) * len(seen) - GAP, max(one.height for one in seen)), "white")
    for place, one in enumerate(seen):
        sheet.paste(one, (place * (shot.width + GAP), 0))
    return sheet.resize((DESK, round(sheet.height * DESK / sheet.width)), Image.Resampling.LANCZOS)


def see(browser: Any, part: Part, page: Path, *, width: int, scheme: str) -> Image.Image:
    """Return a part of a page."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(page.as_uri())
    top = int(tab.locator(part.since).first.bounding_box()["y"])
    whole = Image.open(io.BytesIO(tab.screenshot(full_page=True)))
    context.close()
    return whole.crop((0, top, width, min(top + part.height, whole.height)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="has the studies in h5ad/")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        sys.exit(f"No Chromium is installed (looked for {', '.join(PROGRAMS)}).")
    folder, out = options.data.resolve(), options.out.resolve()
    with tempfile.TemporaryDirectory() as scratch, chdir(ROOT), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        pages = {}
        for asked in (SORTED, WITHOUT_LABELS, LUNG, MOUSE):
            example = Path("examples") / f"{asked.data}.h5ad"
            data = example if example.exists() else folder / "h5ad" / example.name
            pages[asked] = Path(scratch) / f"{asked.data}.html"
            write_report(data, pages[asked], model=MODEL, labels=asked.labels, markers=asked.markers)
        for shot in SHOTS:
            target = out / f"{shot.name}.png"
            picture = take(browser, shot, pages).quantize(256, kmeans=3, dither=Image.Dither.NONE)
            picture.save(target, optimize=True)
            if (size := target.stat().st_size) > LARGEST:
                sys.exit(f"{target} has {size:,} bytes, more than {LARGEST:,}.")
            print(f"{target}: {size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
