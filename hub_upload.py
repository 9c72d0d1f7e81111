"""Publish a model on the Hugging Face Hub: ``cellfill publish``, as a script.

python hub_upload.py MODEL --repo ORG/NAME [--tag v1.0.0] [--private] [--dry-run] [--json]
"""

from __future__ import annotations

import typer

from cellfill.cli.publish import publish as main
from cellfill.console import errors_as_messages

if __name__ == "__main__":
    with errors_as_messages():
        typer.run(main)
