"""Every public function has an example on the page of the reference, which `test_blocks` runs."""

import inspect
import re
from importlib import import_module

import cellfill
from conftest import ROOT
from docs.pages import blocks_of
from docs.test_site import MODULES

EXAMPLES = "\n".join(block.text for block in blocks_of(ROOT / "docs" / "api.md") if block.language == "python")


def test_every_public_function_has_an_example():
    public = {
        name
        for module in map(import_module, MODULES)
        for name in getattr(module, "__all__", ())
        if inspect.isfunction(getattr(module, name))
    }
    methods = {name for name, thing in vars(cellfill.Model).items() if inspect.isfunction(thing) and name[0] != "_"}
    assert {"impute", "read_bundle", "marker", "fit"} <= public
    assert sorted(name for name in public | methods if not re.search(rf"\b{name}\(", EXAMPLES)) == []
