"""A tuned model: what the earlier card says of its studies is kept, and whether they may be those that judge."""

from dataclasses import replace

import pytest

from cellfill.bundle import Study, read_bundle
from cellfill_training import Words
from cellfill_training.architectures.subnetworks.lineage import EARLIER, TUNED_FROM
from cellfill_training.cards.card import write_card
from cellfill_training.cards.read_back import with_earlier, words_of_card
from cellfill_training.cards.seen_before import maybe_seen
from cellfill_training.cards.words import StudyWords, read_words
from conftest import ROOT

CARDS = ROOT / "model_cards"


@pytest.fixture(scope="module")
def islets():
    return read_bundle(CARDS / "human-pancreas")


@pytest.mark.parametrize("name", ["human-pancreas", "human-pbmc", "mouse-bone-marrow", "human-lung-cell-lines"])
def test_what_was_said_of_studies_is_read_back_from_the_card(name):
    said = read_words(ROOT / "training" / "recipes" / f"{name}.toml")
    bundle = read_bundle(CARDS / name)
    read = words_of_card(bundle)
    assert read.keys() == said.studies.keys()
    for study, words in read.items():
        wanted = said.studies[study]
        for key in ("accession", "platform"):
            assert getattr(words, key) == getattr(wanted, key).replace("|", "/")
        assert (words.cell_types, words.reference) == (wanted.cell_types, wanted.reference)
        assert words.species == (wanted.species or bundle.manifest.species)
        assert words.tissue == (wanted.tissue or bundle.manifest.tissue)


def test_what_a_card_does_not_say_stays_unsaid(islets):
    blank = replace(islets, card=write_card(islets.manifest, islets.genes))
    (first, *_) = words_of_card(blank).values()
    assert first == StudyWords(species="Homo sapiens", tissue="pancreas")


def test_a_person_goes_before_the_card_and_studies_that_train_anew_are_left_out(islets):
    words = Words(studies={"islets_1": StudyWords(platform="mine")})
    studies = with_earlier(words, islets, {"islets_3", "new"}).studies
    assert list(studies) == ["islets_1"]
    assert (studies["islets_1"].platform, studies["islets_1"].accession) == ("mine", "GSE84133 (GSM2230757)")


EARLIER_ONE = Study(
    name="old", role="training", cells=1, genes=1, source="Baron 2016, GSE84133", licence="GEO, cite the study"
)


@pytest.mark.parametrize(
    ("source", "accession", "theirs", "shared"),
    [
        ("islets, GSE84133, a subset", "", "", "GSE84133"),
        ("islets", "gse84133", "", "GSE84133"),
        ("islets", "GSE84133 (GSM2)", "GSE84133 (GSM1)", ""),  # other samples of one series
        ("islets", "GSM1", "GSE84133 (GSM1, GSM3)", "GSM1"),
        ("Baron 2016, GSE84133", "GSM2", "", "GSE84133"),
        ("islets, GSE841339", "", "", ""),
        ("", "", "", ""),
        ("", "3k PBMCs, 10x Genomics", "3k PBMCs, 10x Genomics", "3k PBMCs, 10x Genomics"),
        ("doi:10.1016/j.cels.2016.08.011.", "", "10.1016/j.cels.2016.08.011", "10.1016/J.CELS.2016.08.011"),
    ],
)
def test_studies_that_name_the_same_data_may_be_the_same_cells(source, accession, theirs, shared):
    words = {"mine": StudyWords(accession=accession), "old": StudyWords(accession=theirs)}
    found = maybe_seen([("mine", source)], [EARLIER_ONE], words)
    assert list(found) == (["mine"] if shared else [])
    if shared:
        assert found["mine"].startswith(f"mine is from {shared}, and so is old, which trained")


def tuned(bundle, source):
    manifest = bundle.manifest
    *training, judge = manifest.studies
    return replace(
        manifest,
        studies=(*training, replace(judge, source=source)),
        provenance=dict(manifest.provenance) | {TUNED_FROM: "base", EARLIER: "islets_1; islets_3"},
    )


def test_the_card_does_not_claim_what_it_cannot_know(islets):
    card = write_card(tuned(islets, "islets of GSE84133"), islets.genes)
    assert "trained nothing of it" not in card
    assert "islets_2 (629 cells), held out of its last training" in card
    assert "**islets_2 is from GSE84133, and so are islets_1 and islets_3, which trained the model" in card
    assert "Fine-tuned from base, which islets_1, islets_3 trained" in card
    assert "trained nothing in the last training" in card
    for manifest in (tuned(islets, "islets of another lab"), islets.manifest):
        card = write_card(manifest, islets.genes)
        assert "islets_2 (629 cells), which trained nothing of it" in card
        assert "may be in both" not in card


def test_other_samples_that_a_person_names_later_clear_it(islets):
    manifest = tuned(islets, "islets of GSE84133")
    before = {name: StudyWords(accession="GSM2230757") for name in ("islets_1", "islets_3")}
    words = Words(studies=before | {"islets_2": StudyWords(accession="GSE84133 (GSM2230758)")})
    assert "which trained nothing of it" in write_card(manifest, islets.genes, words=words)
