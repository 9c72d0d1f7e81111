"""Words of a page that are explained at its end: the glossary's, linked where a section says them first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cellfill.plots.style import require
from cellfill.text.glossary import Term, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a page says, and the term that it is of. Longer ones first, where one is in another.
_SAID = (
    (r"coverage", "coverage"),
    (r"corrected on your cells|by itself", "by itself / corrected on your cells"),
    (r"better than (?:the gene's|its|their) mean|than the gene's mean", "better than the gene's mean"),
    (r"calibrat(?:ion|ed)|correction on these cells", "calibration"),
    (r"hidden (?:counts|molecules)", "cross-validation by hiding counts"),
    (r"differences between these cells", "differences between cells"),
    (r"dropouts?", "dropout"),
    (r"MSE|error", "error (MSE)"),
    (r"estimate (?:expected|expressed)", "expected, expressed, posterior"),
    (r"genes that the model reads", "input genes (predictors)"),
    (r"library sizes?", "library size"),
    (r"Pearson", "Pearson"),
    (r"Poisson loss", "Poisson loss"),
    (r"principal components?", "principal components"),
    (r"simple methods?", "simple methods"),
    (r"similarity to the training cells|mean levels", "similarity to the training cells"),
    (r"surely predicts", "trusted gene"),
    (r"typical", "typical"),
    (r"UMAP", "UMAP"),
    (r"unassigned", "unassigned"),
    (r"unlike any type", "unlike any type"),
    (r"probab(?:le|ility|ilities)", "probability (of a type)"),
    (r"zeros", "zeros"),
)
_ANY = re.compile("|".join(rf"\b(?P<t{place}>{said})\b" for place, (said, _) in enumerate(_SAID)), re.IGNORECASE)
_CODE = re.compile(r"`([^`<>]+)`")


class Explained:
    """Links the words of a page, a section after the other, and says which it has met."""

    def __init__(self) -> None:
        self._met: dict[str, None] = {}
        self._here: set[str] = set()

    def begin(self) -> str:
        """Begin a section: each term is linked once in it."""
        self._here.clear()
        return ""

    def link(self, text: str) -> Any:
        """Return text as HTML, escaped, with links from its terms to their explanation."""

        def linked(found: re.Match[str]) -> str:
            term = _SAID[int((found.lastgroup or "t0")[1:])][1]
            if term in self._here:
                return found[0]
            self._here.add(term)
            self._met[term] = None
            return f'<a class="term" href="#{anchor_of(term)}">{found[0]}</a>'

        markup = require("markupsafe")
        # An apostrophe is escaped as &#39;, which no word is.
        escaped = _CODE.sub(r"<code>\1</code>", str(markup.escape(text)).replace("&#39;", "'"))
        return markup.Markup(_ANY.sub(linked, escaped))

    def met(self) -> Sequence[tuple[str, Term]]:
        """Return the anchor and the term of each word that was linked, by the alphabet."""
        return list(self._terms())

    def _terms(self) -> Iterator[tuple[str, Term]]:
        for term in terms(sorted(self._met, key=str.casefold)):
            yield anchor_of(term.name), term


def anchor_of(name: str) -> str:
    """Return the id of a term on the page."""
    return "term-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
