"""The page in a real browser: for every eye and hand, quiet, alone with the data, and not taken in by strangers."""

import shutil
from contextlib import ExitStack

import anndata
import pytest

import cellfill
from conftest import EXAMPLE, MODEL, ROOT
from report.conftest import HOSTILE
from web.conftest import serving, visit
from web.using import PATIENCE, choose, choose_model, problem, run

AXE = ROOT / "runtime" / "web" / "node_modules" / "axe-core" / "axe.min.js"
TYPES = ROOT / "model_cards" / "human-pbmc-types"
NAMED = ("annotate", "embed")


def faults(page):
    """Return what axe-core finds on the page as it stands."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_nobody_is_shut_out(browser, address, width, scheme):
    """No fault of accessibility, before and after a run, and nothing wider than the window."""
    with visit(browser, address, width=width, scheme=scheme) as seen:
        assert faults(seen.page) == []
        choose(seen.page, EXAMPLE)
        run(seen.page)
        seen.page.get_by_role("combobox", name="Gene").fill("CD3D")
        seen.page.get_by_role("option", name="CD3D", exact=True).click(timeout=PATIENCE)
        seen.page.get_by_role("heading", name="CD3D").wait_for(timeout=PATIENCE)
        assert faults(seen.page) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.elsewhere() == []
        assert seen.complaints == []


def test_it_is_worked_by_the_keyboard_alone(browser, address):
    with visit(browser, address) as seen:
        page = seen.page
        choose(page, EXAMPLE)
        for label in ("Impute missed counts",):
            page.get_by_label(label).select_option("")
        # Until all models were looked at there is nothing to run, and the keyboard passes it by.
        page.locator("button:enabled", has_text="Run").wait_for(timeout=PATIENCE)
        page.locator("body").press("Tab")
        for _ in range(40):
            if page.evaluate("document.activeElement.textContent") == "Run":
                break
            page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Enter")
        page.get_by_role("row", name="CD4 T cell").wait_for(timeout=PATIENCE)


def test_once_loaded_it_works_without_any_network(browser):
    """The server is gone, the browser offline: the page opens, reads a file, names its cells."""
    with ExitStack() as open_:
        with serving([TYPES]) as address:
            page = open_.enter_context(visit(browser, address)).page
            choose(page, EXAMPLE)
            run(page, NAMED)
            page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            page.wait_for_function("caches.keys().then((names) => names.length > 0)", timeout=PATIENCE)
        page.context.set_offline(True)
        page.reload()
        choose(page, EXAMPLE)
        run(page, NAMED)
        assert page.get_by_role("row", name="CD4 T cell").is_visible()


def changed(folder, file, change):
    """Return a copy of a model of which one file is another."""
    shutil.copytree(TYPES, folder)
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    return folder


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("model.onnx", lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]),
        ("genes.tsv", lambda content: content + b"\n"),
        ("manifest.json", lambda content: content.replace(b'"format_version": 2', b'"format_version": 3')),
        ("manifest.json", lambda content: content.replace(b'"name"', b'"surprise": 1, "name"', 1)),
    ],
    ids=["a bit of the graph", "a line more", "another format", "a key that nobody knows"],
)
def test_a_model_that_is_not_what_it_says_is_refused_in_pythons_words(browser, address, tmp_path, file, change):
    folder = changed(tmp_path / "human-pbmc-types", file, change)
    with pytest.raises(cellfill.CellfillError) as right:
        cellfill.load(folder)
    with visit(browser, address) as seen:
        choose(seen.page, EXAMPLE)
        seen.page.get_by_text("Another model").click()
        choose_model(seen.page, folder)
        said = problem(seen.page)
    assert said == f"human-pbmc-types: {right.value}".replace(f"{tmp_path}/", "")


def test_what_strangers_call_their_genes_and_cells_is_text(browser, address, tmp_path):
    cells = anndata.read_h5ad(EXAMPLE)
    cells.obs["label"] = [HOSTILE[place % len(HOSTILE)].replace("\x00", "") for place in range(cells.n_obs)]
    cells.obs_names = [f"<img src=x onerror=\"document.title='taken'\">{place}" for place in range(cells.n_obs)]
    cells.write_h5ad(tmp_path / "<b>cells.h5ad")
    with visit(browser, address) as seen:
        title = seen.page.title()
        choose(seen.page, tmp_path / "<b>cells.h5ad")
        run(seen.page, NAMED)
        seen.page.get_by_label("Colour by").select_option("obs:label")
        seen.page.wait_for_timeout(500)
        assert seen.page.title() == title
        assert seen.page.locator("main img, main script, main b:has-text('cells.h5ad') b").count() == 0
        assert "<script>document.title='taken'</script>" in seen.page.locator("#map").inner_text()
        assert seen.elsewhere() == []
        assert seen.complaints == []


def test_a_run_can_be_cancelled_and_begun_again(browser, address, example, tmp_path):
    anndata.concat([example] * 40, index_unique="-", merge="same").write_h5ad(tmp_path / "many.h5ad")
    with visit(browser, address) as seen:
        choose(seen.page, tmp_path / "many.h5ad")
        seen.page.get_by_label("Impute missed counts").select_option("")
        seen.page.get_by_role("button", name="Run", exact=True).click(timeout=PATIENCE)
        seen.page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
        seen.page.get_by_role("button", name="Cancel").wait_for(state="hidden", timeout=PATIENCE)
        assert not seen.page.locator("#types").is_visible()
        choose(seen.page, EXAMPLE)
        run(seen.page, NAMED)
        assert seen.page.get_by_role("row", name="CD4 T cell").is_visible()


# A worker that never hears what it is asked: a run that goes on until it is cancelled.
DEAF = """() => {
  window.said = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function () {};
}"""
HEARS = "() => { Worker.prototype.postMessage = window.said; }"
# Cancel when the last cell is named, and note every stage.
CANCEL_AT_THE_END = """() => {
  window.stages = [];
  const stage = document.querySelector("#stage");
  new MutationObserver(() => {
    window.stages.push(stage.textContent);
    if (/^Naming cells: 300 of 300 /.test(stage.textContent)) document.querySelector(".progress button").click();
  }).observe(stage, { childList: true, characterData: true, subtree: true });
}"""


def test_a_cancel_at_the_end_of_a_task_ends_the_run(browser, address):
    with visit(browser, address) as seen:
        page = seen.page
        choose(page, EXAMPLE)
        page.locator("button:enabled", has_text="Run").wait_for(timeout=PATIENCE)
        page.evaluate(CANCEL_AT_THE_END)
        page.get_by_role("button", name="Run", exact=True).click(timeout=PATIENCE)
        page.wait_for_function("() => window.stages.includes('Stopping …')", timeout=PATIENCE)
        page.locator(".progress").wait_for(state="hidden", timeout=PATIENCE)
        page.locator("button:enabled", has_text="Run").wait_for(timeout=PATIENCE)
        assert not page.locator("#types").is_visible()
        assert [stage for stage in page.evaluate("window.stages") if stage.startswith("Placing")] == []
        assert seen.complaints == []


def test_nothing_changes_what_a_run_works_with(browser, address, tmp_path):
    cells = anndata.read_h5ad(EXAMPLE)
    cells.layers["again"] = cells.X.copy()
    cells.write_h5ad(tmp_path / "cells.h5ad")
    with visit(browser, address) as seen:
        page = seen.page
        choose(page, tmp_path / "cells.h5ad")
        page.locator("button:enabled", has_text="Run").wait_for(timeout=PATIENCE)
        page.get_by_text("Another model").click()
        asking = [
            page.get_by_label("Take the counts from"),
            page.get_by_role("button", name="Get it"),
            page.get_by_role("button", name="Choose the folder of a model"),
        ]
        assert [control.is_enabled() for control in asking] == [True] * len(asking)
        page.evaluate(DEAF)
        page.get_by_role("button", name="Run", exact=True).click(timeout=PATIENCE)
        assert [control.is_enabled() for control in asking] == [False] * len(asking)
        page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
        page.get_by_role("button", name="Cancel").wait_for(state="hidden", timeout=PATIENCE)
        page.evaluate(HEARS)
        # The worker was ended; the one that takes its place is given the dataset again.
        run(page, NAMED)
        assert page.get_by_role("row", name="CD4 T cell").is_visible()
        asking[0].select_option("again")
        page.locator("#types").wait_for(state="hidden", timeout=PATIENCE)
        page.locator(".found p", has_text="Counts:").and_(page.locator("p", has_text="again")).wait_for(
            timeout=PATIENCE
        )
        assert asking[0].input_value() == "again"
        assert seen.complaints == []


def test_the_page_is_small(browser, address):
    """Without models; its size is what README and docs say at most."""
    from cellfill.page.site import make_site

    files = make_site([MODEL]).files
    page = sum(len(read()) for name, read in files.items() if not name.startswith("models/"))
    assert page < 25e6
