"""The screenshots of docs/web.md: the page with the cells in examples/, in headless Chromium.

Usage: python benchmarks/pictures/web_screenshots.py [--out docs]

Needs the page (make web), Chromium, playwright and Pillow.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from report_screenshots import ARGUMENTS, LARGEST, PROGRAMS, ROOT

from cellfill.page.serve import make_server
from cellfill.page.site import make_site

MODELS = (ROOT / "model_cards" / "human-pbmc", ROOT / "model_cards" / "human-pbmc-types")
CELLS = ROOT / "examples" / "pbmc_sorted_300.h5ad"
PATIENCE = 90_000  # milliseconds
MARGIN = 16
# From the part with the first heading to the end of the part with the last one.
TYPES, MAP, GENE, FIT = "What these cells are", "Where they lie", "Look at a gene", "to name these cells"
SHOTS = (
    ("web-types", 1000, "light", FIT, MAP),
    ("web-gene", 1000, "light", GENE, GENE),
    ("web-phone", 390, "dark", TYPES, MAP),
)


def use(page: Any, address: str) -> None:
    """Open the page, give it the cells, run all that it can, and look at a gene."""
    page.goto(address)
    page.get_by_label("Files of your dataset").set_input_files(str(CELLS))
    page.locator("button:enabled", has_text="Run").click(timeout=PATIENCE)
    page.get_by_role("button", name="AnnData file", exact=True, disabled=False).wait_for(timeout=PATIENCE)
    page.get_by_role("combobox", name="Gene").fill("CD3D", timeout=PATIENCE)
    page.get_by_role("option", name="CD3D", exact=True).click(timeout=PATIENCE)
    page.get_by_role("heading", name="CD3D").wait_for(timeout=PATIENCE)


def take(page: Any, first: str, last: str) -> Image.Image:
    """Return what stands from one part to another."""
    box = (
        "(heading) => { const box = (heading.closest('section, article, li') ?? heading).getBoundingClientRect(); "
        "return [box.top + scrollY, box.bottom + scrollY]; }"
    )
    top, _ = page.get_by_role("heading", name=first).evaluate(box)
    _, bottom = page.get_by_role("heading", name=last).evaluate(box)
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    return whole.crop((0, max(0, int(top) - MARGIN), whole.width, min(whole.height, int(bottom) + MARGIN)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        sys.exit(f"No Chromium is installed (looked for {', '.join(PROGRAMS)}).")
    with make_server(make_site(MODELS), port=0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for name, width, scheme, first, last in SHOTS:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            use(page, f"http://127.0.0.1:{server.server_port}/")
            target = options.out / f"{name}.png"
            take(page, first, last).convert("RGB").save(target, optimize=True)
            context.close()
            if (size := target.stat().st_size) > LARGEST:
                sys.exit(f"{target} has {size:,} bytes, more than {LARGEST:,}.")
            print(f"{target}: {size:,} bytes")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
