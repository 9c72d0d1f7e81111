"""The page that does in a browser what cellfill does, with models beside it.

``site`` says what there is at which path, ``serve`` serves it to this machine alone, ``write`` puts it into a
folder for a server of your own.
"""

from __future__ import annotations

from cellfill.page.serve import serve_page
from cellfill.page.write import write_page

__all__ = ["serve_page", "write_page"]
