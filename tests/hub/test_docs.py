"""Every name that docs/hub.md shows is there; its commands are run by tests/docs."""

import re

import cellfill
import cellfill.hub
from conftest import ROOT

PAGE = (ROOT / "docs" / "hub.md").read_text()


def test_every_name_of_the_page_exists():
    assert all(hasattr(cellfill, name) for name in re.findall(r"`cellfill\.(\w+)`", PAGE))
    last = PAGE.rsplit("`cellfill.hub`", 1)[1]
    assert set(re.findall(r"`(\w+)`", last)) == set(cellfill.hub.__all__) - {"Place", "pull"}
