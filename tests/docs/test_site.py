"""The site builds without a warning, leads nowhere that is not there, loads nothing, and leaves nothing out."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from urllib.parse import unquote, urlsplit

import typer

import cellfill.cli
import cellfill_training.cli
from conftest import ROOT

MODULES = re.findall(r"automodule:: (\S+)", (ROOT / "docs" / "api.md").read_text())


def test_every_link_leads_to_a_page_and_a_place_on_it(site):
    by_path = {page.path: page for page in site.values()}
    followed = 0
    for page in site.values():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme == "https", (page.path.name, link)
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            assert target.exists(), (page.path.name, link)
            if parts.fragment and target in by_path:
                assert parts.fragment in by_path[target].ids | {""}, (page.path.name, link)
            followed += 1
    assert followed > 100


def test_nothing_is_fetched_when_a_page_is_looked_at(site):
    folder = site["index"].path.parent
    for page in site.values():
        assert page.loads
        for place in page.loads:
            parts = urlsplit(place)
            assert not parts.scheme, (page.path.name, place)
            assert not parts.netloc, (page.path.name, place)
            assert (page.path.parent / parts.path).exists(), (page.path.name, place)
    styles = list(folder.rglob("*.css"))
    assert styles
    for style in styles:
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", style.read_text()), style


def test_every_command_and_option_is_in_the_reference(site):
    page = site["cli"]
    for program, app in (("cellfill", cellfill.cli.app), ("cellfill-train", cellfill_training.cli.app)):
        for name, command in typer.main.get_command(app).commands.items():
            assert f"{program}-{name}" in page.ids
            for option in (word for p in command.params for word in (*p.opts, *p.secondary_opts) if word[0] == "-"):
                assert option in page.words or f"{option}," in page.words, (name, option)
            assert command.help.split(".")[0].replace("`", "").split()[-1] in page.text, name
    assert "cellfill-publish" in page.ids
    assert "--dry-run" in page.words


def test_every_public_name_is_in_the_reference(site):
    ids = site["api"].ids
    shown = {f"{module}.{name}" for module in MODULES for name in _public(module)}
    missing = {name for name in shown - ids if not _elsewhere(name, ids)} - {
        "cellfill.__version__",
        "cellfill_training.__version__",
    }
    assert not missing
    assert {"cellfill", "cellfill.hub", "cellfill.errors", "cellfill_training"} <= set(MODULES)


def test_what_public_functions_return_is_in_the_reference(site):
    names = {name.rpartition(".")[2] for name in site["api"].ids}
    things = [getattr(import_module(module), name) for module in MODULES[:2] for name in _public(module)]
    methods = [method for thing in things if inspect.isclass(thing) for method in vars(thing).values()]
    functions = [thing for thing in (*things, *methods) if inspect.isfunction(thing)]
    returned = {
        name
        for function in functions
        for name in re.findall(r"[A-Z]\w+", str(inspect.signature(function).return_annotation))
    }
    assert returned - {"Any", "None", "Signature"} - names == set()
    assert "Coverage" in returned


def test_every_result_is_shown(site):
    shown = "".join((ROOT / "docs" / f"{name}.md").read_text() for name in site if name.startswith("benchmarks"))
    for result in (ROOT / "benchmarks").glob("*/*.md"):
        assert f"{{include}} ../{result.relative_to(ROOT).as_posix()}\n" in shown, result
    last = (ROOT / "benchmarks" / "estimates" / "known-truth.md").read_text().splitlines()[-1]
    assert " ".join(re.sub(r"[|`]", " ", last).split()) in site["benchmarks"].text
    assert any("crossing.svg" in place for place in site["benchmarks"].loads)


def test_what_is_said_to_the_tests_alone_is_not_shown(site):
    assert not any("not run:" in page.text for page in site.values())


def _public(module):
    found = import_module(module)
    return getattr(found, "__all__", [])


def _elsewhere(name, ids):
    """Whether the same object is in the reference by another public name."""
    module, _, own = name.rpartition(".")
    thing = getattr(import_module(module), own)
    others = (other for other in MODULES if own in _public(other))
    return any(f"{other}.{own}" in ids and getattr(import_module(other), own) is thing for other in others)
