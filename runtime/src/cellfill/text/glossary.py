"""What the words mean that messages, help, cards, the report and the pages use: one list for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word, and what it means.

    Attributes
    ----------
    name
        The word, as it is used.
    meaning
        One to three sentences of plain text.
    formula
        How it is computed, plain text; empty where there is nothing to compute.
    page
        The page of the documentation that has more: its file without ``.md``, and ``#heading`` where one is meant.
    """

    name: str
    meaning: str
    page: str
    formula: str = ""


GLOSSARY = (
    Term(
        name="better than the gene's mean",
        meaning="A gene's hidden counts are predicted better by the model than by the simplest rule there is: the"
        " gene's mean, times the cell's library size. Imputing fills only genes of which this holds in "
        "your cells.",
        formula="gene mean x library = mean share of the gene x library size of the cell",
        page="check#what-is-measured",
    ),
    Term(
        name="by itself / corrected on your cells",
        meaning="What a model knows by itself is what training taught it: only the level of each gene is set to "
        "that of your cells. Corrected, it has learned from your counts, too, and then even a model of "
        "another tissue looks good. So the verdict rests on what it knows by itself.",
        page="check#the-verdict",
    ),
    Term(
        name="calibration",
        meaning="The correction of a model on your cells before it is used: gene levels, and how strongly genes "
        "go together. It needs no labels and takes a second; --no-calibrate leaves it out.",
        page="method#calibration",
    ),
    Term(
        name="card",
        meaning="The page of a model: what it is for, what it was trained on, how well it does on cells that it "
        "never saw, and what to beware of. cellfill show MODEL prints it.",
        page="hub",
    ),
    Term(
        name="count",
        meaning="How many molecules (UMIs) or reads of a gene were seen in a cell: a whole number, not "
        "normalised, not logged.",
        page="input",
    ),
    Term(
        name="coverage",
        meaning="Share of what a model's input genes tell it that comes from genes your dataset has. Each gene "
        "counts by how much the model relies on it; a gene that is missing is unknown to the model, not "
        "zero.",
        formula="sum of the worth of the input genes that are there / sum of the worth of all",
        page="method#what-a-missing-gene-is-worth",
    ),
    Term(
        name="cross-validation by hiding counts",
        meaning="How a model is tried on your cells: some of your own counts are hidden, predicted from what is "
        "left, and compared with what was hidden. No labels are needed.",
        page="check#what-is-measured",
    ),
    Term(
        name="differences between cells",
        meaning="How much of the differences between your cells a model predicts by itself, beside what many such"
        " cells would teach about one another: 100% is as much as these teach. A model of the same tissue"
        " mostly reaches 62% or more, one of another tissue stays below 30%. Called knowledge in JSON.",
        formula="gain of the model by itself / gain of what many such cells teach",
        page="check#the-verdict",
    ),
    Term(
        name="dropout",
        meaning="A transcript that was in the cell and was not caught: the count is zero although the gene is "
        "expressed.",
        page="should-i-impute",
    ),
    Term(
        name="epoch",
        meaning="One pass of the training over all cells that train. After each the model is tried on held-out "
        "cells; when these get no better any more, the training stops.",
        page="training#how-it-went",
    ),
    Term(
        name="error (MSE)",
        meaning="Mean squared difference between hidden counts and what was put in their place, both as log1p. "
        "Less is better.",
        formula="mean of (log1p(found) - log1p(hidden))^2",
        page="check#what-is-measured",
    ),
    Term(
        name="expected, expressed, posterior",
        meaning="The three estimates. expected: the mean count, given the cell's other genes (the default). "
        "posterior: the same, given the entry's own count, too. expressed: the mean count if the "
        "transcript was caught, at least 1 in every cell type.",
        page="estimates",
    ),
    Term(
        name="fits, fits with limits, does not fit, not tested",
        meaning="The verdict on a model and your cells. Fits: use it. With limits: read them first. Does not fit:"
        " what it puts in is not true of your cells. Not tested: fewer than 20 cells, or a model that has no"
        " measure of cells unlike all that it knows, so that nothing can be said.",
        page="check#the-verdict",
    ),
    Term(
        name="gain",
        meaning="By how much better than the gene's mean hidden molecules are predicted. Unit: nats a hidden "
        "molecule, that is, difference in log likelihood; 0.1 means that each was about 10% more "
        "probable.",
        formula="(log likelihood of the model - log likelihood of gene mean x library) / hidden molecules",
        page="check#what-is-measured",
    ),
    Term(
        name="gene levels",
        meaning="How much of each gene a dataset has on average. Chemistry, depth and laboratory change them; the"
        " factor says by how much those of your cells differ from those in training.",
        page="method#calibration",
    ),
    Term(
        name="held-out cells",
        meaning="Cells that train nothing, by which a training knows when to stop. A held-out study is one of "
        "which no cell trains: the model is judged on it.",
        page="training#the-data",
    ),
    Term(
        name="input genes (predictors)",
        meaning="Genes that a model reads. What it fills in is told by these.",
        page="method#the-networks",
    ),
    Term(
        name="library size",
        meaning="All counts of a cell together: how deeply it was sequenced.",
        page="method#the-networks",
    ),
    Term(
        name="Pearson",
        meaning="Correlation of hidden counts with what was put in their place, both as log1p; 1 is perfect, 0 is"
        " none.",
        page="check#what-is-measured",
    ),
    Term(
        name="Poisson loss",
        meaning="How improbable the hidden molecules are by a prediction, zeros included. Less is better; only "
        "differences between methods mean something.",
        formula="mean of (prediction - count x log(prediction))",
        page="check#what-is-measured",
    ),
    Term(
        name="policy",
        meaning="Which entries are replaced. zeros (the default): only zeros, observed counts stay as they are. "
        "max: the larger of the two. all: every entry.",
        page="should-i-impute#if-you-do",
    ),
    Term(
        name="principal components",
        meaning="The directions in which cells differ most, as mixtures of genes: the first holds the largest part "
        "of their variance, the second the largest of what is left.",
        page="report",
    ),
    Term(
        name="probability (of a type)",
        meaning="How probable a cell's type is by the model, 0 to 1. It says nothing of types that the model does"
        " not know: for that see typical.",
        page="types",
    ),
    Term(
        name="similarity to the training cells",
        meaning="How like those in the training cells the mean levels of the genes are in yours. The same tissue "
        "mostly has 0.88 or more; a related tissue, stimulated cells and another platform have less. "
        "Called likeness in JSON.",
        formula="Pearson correlation of log1p(mean share of each gene x 10,000)",
        page="check#the-verdict",
    ),
    Term(
        name="simple methods",
        meaning="What needs no model, and stands beside every figure: no imputation, the gene's mean (times "
        "library size), and the mean of the gene's non-zero counts with a slope for library size. A model"
        " that is not better than these has nothing to give you.",
        page="evaluation",
    ),
    Term(
        name="size factor",
        meaning="How deeply a cell was sequenced, beside the cells that trained the model.",
        formula="counts of the cell / counts of a training cell of size factor 1, over the genes that both have",
        page="method#the-networks",
    ),
    Term(
        name="steady",
        meaning="Share of the cells that keep their most detailed type when half of their counts are taken away, "
        "or half of the genes are unknown.",
        page="types#is-this-model-fit-to-name-these-cells",
    ),
    Term(
        name="sub-network",
        meaning="A part of a model that fills a group of genes from predictors of their own. A model is some or "
        "many of them, side by side; each stops training by itself.",
        page="method#the-networks",
    ),
    Term(
        name="target genes",
        meaning="Genes that a model fills.",
        page="method#the-networks",
    ),
    Term(
        name="temperature",
        meaning="What a network's scores of types are divided by before they become probabilities, so that these "
        "are as high as they are often right. It is measured on cells that the network did not train on; above 1 "
        "the network was too sure.",
        formula="probability = softmax(scores / temperature)",
        page="types",
    ),
    Term(
        name="trusted gene",
        meaning="A gene that the model predicts better than its mean by itself, with a probability of 95%: not by"
        " what it learned from your cells.",
        page="check#what-is-measured",
    ),
    Term(
        name="typical",
        meaning="How like known cells of its type a cell is, 0 to 1, by studies that the model had not seen.",
        formula="rank of its log likelihood in the type's profile x rank of its energy, among known cells",
        page="types",
    ),
    Term(
        name="UMAP",
        meaning="A map that puts cells with like counts near each other. Which groups there are can be read from "
        "it; how far apart they lie, and how dense they are, cannot.",
        page="report",
    ),
    Term(
        name="unassigned",
        meaning="A cell without a name: it is unlike any type that the model knows, or the model is not sure.",
        page="types",
    ),
    Term(
        name="unlike any type",
        meaning="A cell that is less typical of its likeliest type than nearly all known cells are: of a type, "
        "state or tissue that the model never saw, or damaged.",
        page="types",
    ),
    Term(
        name="zeros",
        meaning="Counts of zero: a dropout, or a gene that the cell does not express. Imputing fills zeros only, "
        "and leaves nearly nothing where the model says that the gene is off.",
        page="should-i-impute",
    ),
)


def terms(names: Iterable[str]) -> Iterator[Term]:
    """Yield the terms of these names, in their order.

    Raises
    ------
    KeyError
        When there is no such term.
    """
    by_name = {term.name: term for term in GLOSSARY}
    for name in names:
        yield by_name[name]
