"""Every code block of every page is run, or says why not; what it prints is what the page says that it prints."""

from __future__ import annotations

import doctest
import json
import re

import pytest

from conftest import MODEL, ROOT
from docs.pages import PAGES, blocks_of, name
from docs.reader import OWN_FILES, Reader
from docs.shell_words import check_shell
from hub.loopback import Hub
from hub.small import write_small

RUN = {"bash", "python", "json"}
ELSEWHERE = {"r"}  # tests/runtime/test_r.py
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The bundle that the names of the pages lead to."""
    return write_small(MODEL, tmp_path_factory.mktemp("published") / "human-pbmc")


@pytest.fixture
def reader(tmp_path, published):
    hub = Hub()
    for repo in ("cellfill/human-pbmc", "lab/pbmc"):
        commit = hub.put(repo, published)
        hub.repos[repo].tags["v1.0.0"] = commit
    someone = Reader(tmp_path, hub.url)
    yield someone
    someone.close()
    hub.close()


# Of `adata`, as a page has left it: its imputed layer still holds what was observed, and that is there, too.
_LAYERS = """
if "imputed" in getattr(globals().get("adata"), "layers", ()):
    observed, imputed = (m.tocsr() for m in (adata.layers.get("counts", adata.X), adata.layers["imputed"]))
    assert (observed.data == observed.data.round()).all(), "the observed counts are gone"
    assert (imputed[observed.nonzero()] == observed[observed.nonzero()]).all(), "layers['imputed'] was changed"
    assert all(layer is not adata.X for layer in adata.layers.values()), "X and a layer are one object"
    print("looked at")
"""


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=name)
def test_what_a_page_says_can_be_typed(page, reader):
    printed = None
    for block in blocks_of(page):
        if block.language == "text":
            assert printed is not None, f"{block.place}: output of nothing that was run"
            assert doctest.OutputChecker().check_output(block.text, printed, _FLAGS), (
                f"{block.place} says\n{block.text}\nbut this is printed:\n{printed}"
            )
            printed = None
        elif block.reason or block.language in ELSEWHERE:
            printed = None
            if block.language == "bash":
                check_shell(block.text)
        else:
            try:
                printed = reader.run(block.language, block.text)
            except AssertionError as error:
                pytest.fail(f"{block.place}: {error}")
    if any(block.language == "python" and not block.reason for block in blocks_of(page)):
        looked = reader.run("python", _LAYERS)
        assert looked or page.name not in ("README.md", "quickstart.md", "tutorial.md")


@pytest.mark.parametrize("page", ["check", "recommend", "report", "quickstart", "tutorial"])
def test_a_clone_is_all_that_a_page_needs(page):
    for block in blocks_of(ROOT / "docs" / f"{page}.md"):
        if block.language in ("bash", "python"):
            assert not any(own in block.text for own in OWN_FILES), block.place
            assert not re.search(r"(--model |model=|load\()\"?human-pbmc", block.text), (
                f"{block.place}: no name yet"
            )


def test_every_block_is_run_or_says_why_not():
    blocks = [block for page in PAGES for block in blocks_of(page)]
    run = [block for block in blocks if not block.reason]
    assert {block.language for block in run} <= RUN | ELSEWHERE | {"text"}
    assert all(len(block.reason.split()) > 2 for block in blocks if block.reason)
    fences = sum(len(re.findall(r"^ *```[^{`\n]*$", page.read_text(), flags=re.M)) for page in PAGES)
    directives = sum(len(re.findall(r"^```\{", page.read_text(), flags=re.M)) for page in PAGES)
    assert fences == 2 * len(blocks) + directives  # nothing was missed: each fence is closed by another
    assert len(run) > len(blocks) / 2


def test_output_that_differs_is_seen():
    assert not doctest.OutputChecker().check_output("imputed ... genes\n", "imputed nothing\n", _FLAGS)


@pytest.mark.parametrize(
    "wrong",
    [
        "cellfill imputed cells.h5ad",
        "cellfill impute cells.h5ad --modle x --output y",
        "cellfill-train fit a.h5ad --out b --preset none",
        "make nothing",
        "pip install './runtime[none]'",
        "python benchmarks/none.py",
        "unknown --option",
    ],
)
def test_a_command_that_cannot_be_typed_is_seen(wrong):
    with pytest.raises(Exception, match=r"."):
        check_shell(wrong)


def test_a_block_that_fails_is_seen(reader):
    for language, text in (("bash", "false\ntrue"), ("python", "1 / 0"), ("python", "import cellfill\ncellfill.x")):
        with pytest.raises(AssertionError):
            reader.run(language, text)
    with pytest.raises(json.JSONDecodeError):
        reader.run("json", "{")
