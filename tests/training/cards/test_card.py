"""The card: a person's words are kept, figures are put into words, genes are drawn, gaps are said."""

import dataclasses
import re
import shutil

import numpy as np
import pytest

from cellfill.bundle import GeneIndex, read_bundle
from cellfill.bundle.card import CITATION, COVERAGE, FIGURES, HARMS, NOT_STATED, PURPOSE, QUALITY, parts_of, tag_of
from cellfill.errors import BundleError, DataNotFoundError, UsageError
from cellfill.fitness.verdict import SURE_CELLS
from cellfill.hub.publish import check_publishable
from cellfill_training.cards.card import rewrite_card, write_card
from cellfill_training.cards.facts import behind_by_itself, count_genes, inputs_for, worse_than_trivial
from cellfill_training.cards.gene_plot import plot_quality
from cellfill_training.cards.words import AboutWords, StudyWords, Words, kept_words, read_words
from conftest import MODEL, ROOT

WORDS = ROOT / "training" / "recipes" / "human-pbmc.toml"


@pytest.fixture(scope="module")
def bundle():
    return read_bundle(MODEL)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(MODEL, tmp_path / "human-pbmc")


def test_a_card_is_written_again_and_all_else_stays(folder, bundle):
    other = dataclasses.replace(read_words(WORDS), purpose="Blood.")
    rewrite_card(other, folder)
    after = read_bundle(folder)
    assert parts_of(after.card)[PURPOSE].startswith("Blood.\n")
    assert (after.graph, after.genes) == (bundle.graph, bundle.genes)
    assert dataclasses.replace(after.manifest, files={}) == dataclasses.replace(bundle.manifest, files={})
    check_publishable(folder)
    rewrite_card(read_words(WORDS), folder)
    assert read_bundle(folder) == bundle


def test_a_card_without_words_says_so_and_is_not_published(folder):
    rewrite_card(Words(), folder)
    parts = parts_of(read_bundle(folder).card)
    assert [name for name, text in parts.items() if NOT_STATED in text] == [
        "What it is for",
        "Training data",
        "Known harms",
        "How to cite",
    ]
    with pytest.raises(
        BundleError, match=r"\[card\] purpose, harms; \[\[study\]\] pbmc3k, .*: accession, platform"
    ):
        check_publishable(folder)


def test_what_is_said_of_the_model_and_its_studies_reaches_the_manifest_and_nothing_is_trained(folder, bundle):
    before = {name: (folder / name).read_bytes() for name in ("model.onnx", "genes.tsv")}
    said = dataclasses.replace(
        read_words(WORDS),
        about=AboutWords(licence="mit", tissue="lymph"),
        studies={"kang_pbmc": StudyWords(source="the lab", licence="CC0")},
    )
    after = rewrite_card(said, folder)
    kang = {s.name: s for s in after.manifest.studies}["kang_pbmc"]
    assert (kang.source, kang.licence, kang.cells) == ("the lab", "CC0", 1988)
    assert (after.manifest.licence, after.manifest.tissue) == ("mit", "lymph")
    assert (after.manifest.species, after.manifest.studies[0]) == (
        bundle.manifest.species,
        bundle.manifest.studies[0],
    )
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert read_bundle(folder) == after
    assert "| CC0 |" in after.card
    assert "license: mit" in after.card


def test_a_blank_in_the_words_takes_nothing_from_the_manifest(folder, bundle):
    blank = dataclasses.replace(
        read_words(WORDS), about=AboutWords(), studies={"kang_pbmc": StudyWords(source=" ")}
    )
    assert rewrite_card(blank, folder).manifest.studies == bundle.manifest.studies


def test_words_come_from_a_file_of_their_own_too(tmp_path):
    (tmp_path / "words.toml").write_text(
        '[card]\npurpose = "P"\nharms = "- H"\n[[study]]\nname = "kang_pbmc"\nplatform = "10x"\n'
    )
    words = read_words(tmp_path / "words.toml")
    assert words == Words(purpose="P", harms="- H", studies={"kang_pbmc": StudyWords(platform="10x")})
    with pytest.raises(DataNotFoundError):
        read_words(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[card]\nporpoise = ''", r"there is no 'porpoise' in \[card\]; did you mean 'purpose'\?"),
        ("[[study]]\nname = 'a'\nlicense = 'x'", r"no 'license' in \[\[study\]\]; did you mean 'licence'\?"),
        ("[[study]]\nname = 'a'\nsources = 'x'", r"did you mean 'source'\?"),
        ("[about]\nspecie = 'x'", r"no 'specie' in \[about\]; did you mean 'species'\?"),
        ("[abuot]\ntissue = 'x'", r"no 'abuot' in a recipe; did you mean 'about'\?"),
        ("[[studies]]\nname = 'a'", r"did you mean 'study'\?"),
        ("[[study]]\nname = 'a'\nxyz = 1", "there are name, file"),
        ("[study]\nname = 'a'", "two brackets"),
        ("card = 1", r"\[card\] is not a table"),
        ("[[study]]\nsource = 'x'", "a study lacks 'name'"),
        ("[[study]]\nname = 'a'\nsource = 1", "source is not a text"),
        ("[[study]]\nname = 'a'\n[[study]]\nname = 'a'", "two studies have one name"),
    ],
)
def test_a_key_that_nothing_would_read_is_refused(tmp_path, text, message):
    (tmp_path / "words.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_words(tmp_path / "words.toml")


def test_words_of_a_study_that_is_not_the_model_s_are_refused(bundle):
    words = Words(studies={"kang": StudyWords(platform="10x")})
    with pytest.raises(UsageError, match=r"a study 'kang', and the model knows .*kang_pbmc"):
        write_card(bundle.manifest, bundle.genes, words=words)


def test_the_plot_counts_every_judged_gene_once(bundle):
    judged = [g for g in bundle.genes if g.is_target and g.pearson == g.pearson]
    text = plot_quality(bundle.genes)
    bars = [int(n.replace(",", "")) for n in re.findall(r"#+ ([\d,]+)", text)]
    (genes,) = re.findall(r"^genes (.*)$", text, flags=re.M)
    columns = [int(n.replace(",", "")) for n in genes.split()]
    assert sum(bars) == sum(columns) == len(judged)
    below = [g.pearson for g in judged if g.mean < 0.03]
    assert columns[0] == len(below)
    assert re.search(rf"^median +{np.median(below):.2f} ", text, flags=re.M)
    assert max(map(len, text.splitlines())) < 100
    assert text.isascii()


def test_the_plot_moves_with_the_genes(bundle):
    good = GeneIndex([dataclasses.replace(g, pearson=0.95) if g.is_target else g for g in bundle.genes])
    lines = plot_quality(good).splitlines()
    assert [line.split()[0] for line in lines if "#" in line] == ["0.9"]
    none = GeneIndex([dataclasses.replace(g, pearson=float("nan")) for g in bundle.genes])
    assert plot_quality(none) == ""


def test_genes_that_are_no_better_than_the_baseline_are_counted_in_words(bundle):
    worse = GeneIndex([dataclasses.replace(g, baseline_mse=0.0, baseline_pearson=1.0) for g in bundle.genes])
    count = count_genes(worse)
    assert count.worse == count.judged == count_genes(bundle.genes).judged
    assert f"{count.judged:,} of the {count.judged:,} judged genes (100 %)" in write_card(bundle.manifest, worse)
    ours = count_genes(bundle.genes)
    by_hand = sum(g.mse >= g.baseline_mse for g in bundle.genes if g.is_target)
    assert f"{by_hand:,} of the {ours.judged:,} judged genes" in parts_of(bundle.card)[HARMS]


def test_a_figure_in_which_a_trivial_baseline_is_better_is_said(bundle):
    assert worse_than_trivial(bundle.manifest) == ()
    assert "In none of these figures is a trivial baseline better" in parts_of(bundle.card)[FIGURES]
    first = bundle.manifest.evaluations[0]
    scores = [dataclasses.replace(s, values=dict(s.values)) for s in first.scores]
    scores[2].values["pearson"] = 0.43  # between not calibrated and calibrated
    changed = dataclasses.replace(bundle.manifest, evaluations=(dataclasses.replace(first, scores=tuple(scores)),))
    (sentence,) = worse_than_trivial(changed)
    assert '"non-zero mean + library slope" is better than "cellfill, not calibrated"' in sentence
    assert "pearson 0.4300 against 0.4196" in sentence
    assert sentence in write_card(changed, bundle.genes)


def test_a_model_that_is_no_better_than_the_gene_mean_by_itself_says_so_at_its_top(bundle):
    assert behind_by_itself(bundle.manifest) == ()
    masked, molecules = bundle.manifest.evaluations
    scores = list(molecules.scores)
    scores[0] = dataclasses.replace(scores[0], values={"poisson_loss": 9.0})  # calibrated it is better still
    changed = dataclasses.replace(
        bundle.manifest, evaluations=(masked, dataclasses.replace(molecules, scores=tuple(scores)))
    )
    (sentence,) = behind_by_itself(changed)
    assert sentence.startswith(
        'By itself, not calibrated, it is no better on zheng_sorted than "gene mean x library"'
    )
    assert "(poisson_loss 9.0000 against 0.04" in sentence
    card = write_card(changed, bundle.genes)
    assert card.index(f"**{sentence}**") < card.index("```")


def test_what_an_earlier_recipe_says_of_studies_that_are_gone_is_no_more_than_blanks(tmp_path):
    place = tmp_path / "x.recipe.toml"
    said = Words(studies={"old": StudyWords(source="by its file", licence=" "), "new": StudyWords(platform="10x")})
    assert kept_words(said, {"new"}, place=place) == Words(studies={"new": StudyWords(platform="10x")})
    with pytest.raises(UsageError, match=r"x\.recipe\.toml.* study 'new', .*move the file away, or delete"):
        kept_words(said, {"old"}, place=place)


def test_what_an_earlier_recipe_says_of_studies_of_the_model_it_goes_on_from_is_kept(tmp_path):
    said = Words(studies={"kang_pbmc": StudyWords(platform="10x"), "gone": StudyWords()})
    kept = kept_words(said, {"new"}, place=tmp_path / "x.recipe.toml", start=str(MODEL))
    assert set(kept.studies) == {"kang_pbmc"}


def test_it_says_how_many_genes_make_the_coverage_that_is_needed(bundle):
    for share in (0.1, 0.5, 1.0):
        most = sorted((g.worth for g in bundle.genes if g.is_input), reverse=True)
        count = inputs_for(bundle.genes, share)
        assert sum(most[:count]) >= share * (1 - 1e-5)
        assert sum(most[: count - 1]) < share
    assert f"fewer than {inputs_for(bundle.genes, 0.1)} " in parts_of(bundle.card)[COVERAGE]


def test_it_says_what_tells_that_cells_do_not_fit(bundle):
    text = " ".join(write_card(bundle.manifest, bundle.genes).split())
    assert "`cellfill check` measures on your cells" in text
    assert f"fewer than {SURE_CELLS} cells" in text


def test_it_names_what_to_cite(bundle):
    said = parts_of(bundle.card)[CITATION]
    assert "doi:10.1186/s13059-019-1837-6" in said
    assert all(study.name in said for study in bundle.manifest.studies)
    assert plot_quality(bundle.genes) in parts_of(bundle.card)[QUALITY]


def test_a_model_that_has_a_doi_is_cited_by_it(bundle, tmp_path):
    (tmp_path / "w.toml").write_text('[card]\ndoi = "10.5281/zenodo.1"\n')
    card = write_card(bundle.manifest, bundle.genes, words=read_words(tmp_path / "w.toml"))
    assert ", doi:10.5281/zenodo.1, with its commit" in parts_of(card)[CITATION]
    assert ", doi:" not in write_card(bundle.manifest, bundle.genes, words=Words())
    (tmp_path / "w.toml").write_text('[card]\ndoi = "https://doi.org/10.5281/zenodo.1"\n')
    with pytest.raises(UsageError, match="begins with 10"):
        read_words(tmp_path / "w.toml")


def test_parts_are_told_by_their_headings_but_not_in_code():
    card = "---\na: 1\n---\n# x\n## One\n\ntext\n```\n## no heading\n```\n## Two\n### Three\n"
    assert parts_of(card) == {"One": "text\n```\n## no heading\n```", "Two": "### Three"}


def test_a_tag_is_one_word():
    assert tag_of(" Embryonic  pancreas") == "embryonic-pancreas"
