"""``cellfill-train card``: the page of a model, written again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.console import print_json, say
from cellfill_training.cli.options import WORDS, AsJson
from cellfill_training.cli.progress import say_what_is_missing


def card(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A bundle.")],
    words: Annotated[Path, typer.Option("--words", metavar="FILE.toml", help=WORDS)],
    as_json: AsJson = False,
) -> None:
    """Write a model's card again, after its words changed.

    Or the template. Nothing is trained.

    Source and licence of a study, and species, tissue and licence of the model, go into its manifest too. Graph and
    genes stay as they are.
    """
    from cellfill_training.cards.card import rewrite_card
    from cellfill_training.cards.words import read_words
    from cellfill_training.cli.records import model_record

    bundle = rewrite_card(read_words(words), folder)
    say(f"wrote {folder / 'README.md'}, and manifest.json")
    say_what_is_missing(bundle, folder, words)
    if as_json:
        print_json(model_record(bundle, folder) | {"card": str(folder / "README.md"), "words": str(words)})
