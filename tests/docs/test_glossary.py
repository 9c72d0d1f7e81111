"""The glossary of the pages is that of the program; python -m docs.test_glossary, run in tests, writes the page."""

import re
import textwrap

import pytest

from cellfill.text.glossary import GLOSSARY, terms
from conftest import ROOT

PAGE = ROOT / "docs" / "glossary.md"
_ABOVE = """# Glossary

The words that messages, `--help`, cards, the report and these pages use. Where one stands for something that
is measured here, the formula is given, and the link has the whole of it.

```{glossary}
"""


def rendered():
    """Return the page."""
    entries = []
    for term in GLOSSARY:
        formula = f"\n\n  `{term.formula}`" if term.formula else ""
        page, _, heading = term.page.partition("#")
        link = f"[More]({page}.md{'#' + heading if heading else ''})"
        lines = textwrap.wrap(f"{term.meaning} {link}", 116, break_on_hyphens=False)
        said = "\n".join(f"  {line}" for line in lines)
        entries.append(f"{term.name}\n{said}{formula}\n")
    return _ABOVE + "\n".join(entries) + "```\n"


def anchors(page):
    """Return the headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / f"{page}.md").read_text("utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_has_the_terms_of_the_program():
    assert PAGE.read_text("utf-8") == rendered()


def test_terms_are_in_the_order_of_the_alphabet_and_each_once():
    names = [term.name for term in GLOSSARY]
    assert names == sorted(set(names), key=str.casefold)


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_what_has_more_on_a_term_is_there(term):
    page, _, heading = term.page.partition("#")
    assert not heading or heading in anchors(page)
    assert (ROOT / "docs" / f"{page}.md").is_file()
    assert term.meaning.endswith(".")


def test_terms_come_as_they_are_asked_for():
    assert [term.name for term in terms(["zeros", "coverage"])] == ["zeros", "coverage"]
    with pytest.raises(KeyError):
        list(terms(["nonsense"]))


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
