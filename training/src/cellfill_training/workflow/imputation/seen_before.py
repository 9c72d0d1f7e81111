"""What speaks against judging a tuned model on studies that may have trained the model that it goes on from."""

from __future__ import annotations

from collections.abc import Sequence

from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.cards.seen_before import maybe_seen
from cellfill_training.cards.words import Words
from cellfill_training.studies.study import Study


def seen_before(held_out: Sequence[Study], words: Words, start: Start | None) -> list[str]:
    """Return a warning for each study that may have trained the model that this one goes on from.

    Parameters
    ----------
    held_out
        The studies to judge on.
    words
        What is said of them, and of those that trained that model.
    start
        The model that it continues; without one there is nothing to warn of.
    """
    if start is None:
        return []
    earlier = [record for record in start.bundle.manifest.studies if record.role == "training"]
    return [
        f"{sentence} Hold out another study; or, where these are other samples, give both their samples' numbers "
        "(accession, in the recipe)."
        for sentence in maybe_seen([(s.name, s.source) for s in held_out], earlier, words.studies).values()
    ]
