"""The page as a person uses it: choose a file, say what to do, run, save."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SECOND = 1000
# A run of a few hundred cells takes seconds; a machine that does other things beside it may need many times that.
PATIENCE = 180 * SECOND
TASKS = {"annotate": "Name the cells", "embed": "Place them among known cells", "impute": "Impute missed counts"}


def choose(page: Any, *files: Path) -> None:
    """Choose the files of a dataset, and wait until the page says what it found, or what is wrong."""
    page.get_by_label("Files of your dataset").set_input_files([str(file) for file in files])
    page.locator(".found:visible, .problem:visible").first.wait_for(timeout=PATIENCE)


def choose_model(page: Any, folder: Path) -> None:
    """Choose the folder of a model."""
    page.get_by_label("Folder of a model").set_input_files(str(folder))


def run(page: Any, tasks: Sequence[str] = tuple(TASKS)) -> None:
    """Run some tasks, each with the model that the page proposes, and wait until all are done or one went wrong."""
    page.locator("button:enabled", has_text="Run").wait_for(timeout=PATIENCE)
    for task, label in TASKS.items():
        chosen = page.get_by_label(label)
        if task not in tasks and chosen.is_enabled():
            chosen.select_option("")
    page.get_by_role("button", name="Run", exact=True).click(timeout=PATIENCE)
    page.wait_for_function(
        """() => document.querySelector('.problem:not([hidden])') !== null
             || [...document.querySelectorAll('button')].some(
                  (button) => button.textContent === 'AnnData file' && !button.disabled && button.offsetParent)""",
        timeout=PATIENCE,
    )


def problem(page: Any) -> str:
    """Wait for what the page says is wrong."""
    found = page.locator(".problem")
    found.wait_for(state="visible", timeout=PATIENCE)
    return str(found.locator("p").inner_text())


def save(page: Any, button: str, folder: Path) -> Path:
    """Press a button that saves a file, and return where it is."""
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    path = folder / str(waiting.value.suggested_filename)
    waiting.value.save_as(path)
    return path
