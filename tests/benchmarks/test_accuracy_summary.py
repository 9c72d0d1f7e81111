"""The summary of the accuracy benchmark: against whom, over which draws, on how many datasets."""

import pytest

from accuracy.claims import CLAIMS, claims_table
from accuracy.glance import FIGURES, glance_table
from accuracy.kept import by_protocol
from accuracy.matrices import at_a_glance
from accuracy.methods import METHODS
from accuracy.report import report


def outcome(dataset, method, draws, *, protocol="masked"):
    """Return one outcome a draw: ``draws`` are the scores by read-out, None where the method failed."""
    made = []
    for seed, scores in enumerate(draws):
        entry = {"cells": 10, "genes": 10, "model": None, "threads": 1}
        if scores is None:
            entry["failed"] = "took too long"
        else:
            variants = {variant: {"all": scores} for variant in METHODS[method].gives}
            entry |= {"variants": variants, "remarks": {}, "memory": 1.0, "seconds": {}, "cpu": {}}
        made.append((dataset, protocol, seed, method, entry))
    return made


def masked(mse, pearson):
    figures = {"mse": mse, "pearson": pearson, "mse_by_gene": mse, "pearson_by_gene": pearson}
    return {"expressed": figures, "log_expressed": figures, "expected": figures}


def cells(text, dataset):
    """Return the cells of one row by the table's head."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines()]
    row = next(line for line in lines if line[0] == dataset)
    return dict(zip(lines[0], row, strict=True))


def test_the_better_deepimpute_stands_for_each_figure():
    kept = [
        *outcome("pbmc3k", "cellfill-default", [masked(0.03, 0.66)]),
        *outcome("pbmc3k", "deepimpute-program", [masked(0.06, 0.52)]),
        *outcome("pbmc3k", "deepimpute-paper", [masked(0.05, 0.50)]),
    ]
    row = cells(claims_table(by_protocol(kept)["masked"], "masked", ""), "pbmc3k")
    assert row["MSE / DeepImpute's"] == "0.600 (deepimpute-paper)"
    assert row["Pearson - DeepImpute's"] == "+0.140 (deepimpute-program)"
    assert row["MSE / MAGIC"] == "-"


def test_only_draws_that_both_have_are_compared():
    kept = [
        *outcome("pbmc3k", "cellfill-default", [masked(0.02, 0.6), masked(0.9, 0.1)]),
        *outcome("pbmc3k", "magic", [masked(0.04, 0.5), None]),
    ]
    row = cells(claims_table(by_protocol(kept)["masked"], "masked", ""), "pbmc3k")
    assert row["MSE / MAGIC"] == "0.500"


def test_the_median_and_the_number_of_datasets_that_a_claim_holds_on():
    ratios = {"pbmc3k": 0.5, "kang_pbmc": 0.9, "worm_l2": 1.2}
    kept = []
    for dataset, ratio in ratios.items():
        kept += outcome(dataset, "cellfill-default", [masked(ratio, 0.5)])
        kept += outcome(dataset, "knn", [masked(1.0, 0.6)])
    text = claims_table(by_protocol(kept)["masked"], "masked", "")
    assert cells(text, "**median**")["MSE / kNN smoothing (15)"] == "0.900"
    assert cells(text, "**holds on**")["MSE / kNN smoothing (15)"] == "at most 1.00: 2 of 3"
    assert cells(text, "**holds on**")["MSE / DCA"] == "at most 1.00: 0 of 0"


def test_another_is_read_in_the_way_that_suits_it_best():
    def loss(**by_estimate):
        return {name: {"poisson": value, "log_mse": value} for name, value in by_estimate.items()}

    kept = [
        *outcome("pbmc3k", "cellfill-default", [loss(expected=0.2, posterior=0.1)], protocol="molecules"),
        *outcome("pbmc3k", "dca", [loss(expected=0.4, expressed=0.16)], protocol="molecules"),
        *outcome("pbmc3k", "none", [loss(expected=0.5)], protocol="molecules"),
    ]
    row = cells(claims_table(by_protocol(kept)["molecules"], "molecules", ""), "pbmc3k")
    assert row["Poisson loss of `expected` - best, thousandths"] == "+40.00 (dca)"
    assert row["Poisson loss of `posterior` - best, thousandths"] == "-60.00 (dca)"
    assert row["log-normalised MSE of `expected` / best"] == "1.250 (dca)"


def test_a_loss_below_zero_is_better_the_lower_it_is():
    def loss(value):
        return {"expected": {"poisson": value, "log_mse": 1.0}, "posterior": {"poisson": value, "log_mse": 1.0}}

    kept = [
        *outcome("luad_patients", "cellfill-default", [loss(-0.05)], protocol="molecules"),
        *outcome("luad_patients", "magic", [loss(-0.04)], protocol="molecules"),
        *outcome("luad_patients", "knn", [loss(-0.047)], protocol="molecules"),
    ]
    text = claims_table(by_protocol(kept)["molecules"], "molecules", "")
    head = "Poisson loss of `expected` - best, thousandths"
    assert cells(text, "luad_patients")[head] == "-3.00 (knn)"
    assert cells(text, "**holds on**")[head] == "at most 0.00: 1 of 1"


def test_at_a_glance_each_method_is_compared_over_all_datasets():
    kept = []
    for dataset, ours in {"pbmc3k": 0.5, "kang_pbmc": 1.1, "worm_l2": 0.7}.items():
        figures = masked(ours, 0.6)
        figures["expressed"] = figures["expressed"] | {"pearson_by_gene": ours}
        kept += outcome(dataset, "cellfill-default", [figures])
        kept += outcome(dataset, "magic", [masked(1.0, 0.6)])
    loss = {"expected": {"poisson": -0.05, "log_mse": 0.8}}
    kept += outcome("pbmc3k", "cellfill-default", [loss], protocol="molecules")
    kept += outcome("pbmc3k", "magic", [{"expected": {"poisson": -0.04, "log_mse": 0.4}}], protocol="molecules")
    text = glance_table(by_protocol(kept), "")
    row = cells(text, "MAGIC")
    assert row["MSE, ratio"] == "0.700 (2 of 3)"
    assert row["Pearson, less theirs"] == "+0.000 (3 of 3)"
    assert row["Pearson within genes, less theirs"] == "+0.100 (2 of 3)"
    assert row["Poisson loss, thousandths, less theirs"] == "-10.00 (1 of 1)"
    assert row["log-normalised MSE, ratio"] == "2.000 (0 of 1)"
    assert set(cells(text, "DCA").values()) == {"DCA", "-"}


def test_a_glance_has_columns_only_of_what_was_run():
    kept = by_protocol(outcome("pbmc3k", "cellfill-default", [masked(0.5, 0.6)]))
    assert len(cells(glance_table(kept, ""), "MAGIC")) == 1 + len(FIGURES["masked"])


def test_downstream_at_a_glance_is_a_row_a_method_as_it_is_used():
    truth = {"gene_correlation": 0.4, "gene_gene_error": 0.1}
    kept = [
        *outcome("saver_zeisel", "cellfill-default", [{"expected": truth}, None], protocol="truth"),
        *outcome(
            "saver_zeisel",
            "magic",
            [{"expected": truth, "expected, all": {"gene_correlation": 0.3}}],
            protocol="truth",
        ),
        *outcome("zheng_pbmc14k_3500", "magic", [{"expected, all": {"ari": 0.6}}], protocol="clusters"),
        *outcome("saver_zeisel", "magic", [{"expected, all": {"ari": 0.2}}], protocol="clusters"),
    ]
    text = at_a_glance(by_protocol(kept))
    ours = cells(text, METHODS["cellfill-default"].gives[""])
    assert ours["saver_zeisel: correlation by gene"] == "0.400"
    assert ours["zheng_pbmc14k_3500: ARI"] == "-"
    magic = cells(text, "MAGIC")
    assert magic["read-out"] == "`expected, all`"
    assert magic["saver_zeisel: correlation by gene"] == "0.300"
    assert magic["zheng_pbmc14k_3500: ARI"] == "0.600"
    assert "saver_zeisel: ARI" not in magic
    assert report(kept).startswith("## At a glance")


@pytest.mark.parametrize("protocol", CLAIMS)
def test_heads_of_a_table_are_told_apart(protocol):
    heads = [claim.called for claim in CLAIMS[protocol]]
    assert len(set(heads)) == len(heads)


def test_the_report_begins_with_the_summary_and_ends_with_what_failed():
    kept = [
        *outcome("pbmc3k", "cellfill-default", [masked(0.03, 0.6)]),
        *outcome("pbmc3k", "scvi", [None]),
    ]
    text = report(kept)
    assert text.startswith("## At a glance")
    assert (
        text.index("## At a glance")
        < text.index("## Summary: masked")
        < text.index("## Every dataset")
        < text.index("scVI, early stopping on")
    )
    assert "scVI, early stopping on pbmc3k, masked: no result: took too long" in text
    assert "MAGIC on pbmc3k, masked: not run" in text
