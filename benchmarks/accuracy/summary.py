"""What the report begins with: for each protocol, all datasets at one glance."""

from __future__ import annotations

from cellfill.estimates import ESTIMATES
from cellfill_training.evaluation.protocols.filling import Policy

from .claims import CLAIMS, OURS, claims_table
from .glance import FIGURES, glance_table
from .kept import Kept
from .matrices import GLANCE, HEADLINES, as_used, at_a_glance, by_estimate
from .methods import METHODS

_BY_ESTIMATE = 2  # of the headline figures, for every estimate
_POLICIES: dict[Policy, str] = {"zeros": "zeros filled, observed counts kept", "all": "every entry replaced"}
_ESTIMATES = " / ".join(f"`{estimate}`" for estimate in ESTIMATES)

_USED = (
    "Each method in the read-out that its own program gives or its paper judges: an estimate put into the zeros "
    "alone, or (`, all`) into every entry."
)


def summary(protocols: dict[str, Kept]) -> list[str]:
    """Return the paragraphs and tables of every protocol that there is an outcome of."""
    parts = ["## At a glance"]
    if set(FIGURES) & set(protocols):
        parts += _glanced(protocols)
    if set(GLANCE) & set(protocols):
        parts += [_USED, at_a_glance(protocols)]
    for protocol in CLAIMS:
        if protocol in protocols:
            parts += _claimed(protocols[protocol], protocol)
    for protocol in HEADLINES:
        if protocol in protocols:
            parts += _shown(protocols[protocol], protocol)
    return parts


def _glanced(protocols: dict[str, Kept]) -> list[str]:
    parts = [
        "Median over the datasets, and in brackets on how many cellfill is as good or better. MSE and Pearson "
        "are of hidden non-zero counts, estimate `expressed`; *read out for it*: E[log(1 + count)] of the same "
        "zero-truncated Poisson instead of its mean, for every method that gives a mean; *within genes*: the "
        "correlation over the hidden entries of one gene, mean over genes. The losses are of hidden molecules, "
        "zeros included, estimate `expected`, the others read as suits each best.",
    ]
    for variant, label in METHODS[OURS].gives.items():
        parts += [f"**{label}**:", glance_table(protocols, variant)]
    return parts


def _claimed(kept: Kept, protocol: str) -> list[str]:
    parts = [f"## Summary: {protocol}"]
    for variant, label in METHODS[OURS].gives.items():
        parts += [
            f"**{label}**, against other methods on the same cells. In brackets, the one that does best.",
            claims_table(kept, protocol, variant),
        ]
    return parts


def _shown(kept: Kept, protocol: str) -> list[str]:
    parts = [
        f"## Summary: {protocol}",
        _USED,
        as_used(kept, protocol),
    ]
    for called, figure in HEADLINES[protocol][:_BY_ESTIMATE]:
        for policy, words in _POLICIES.items():
            parts += [f"{called}, {words}: {_ESTIMATES}.", by_estimate(kept, figure, policy=policy)]
    return parts
