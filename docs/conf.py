"""The documentation site: `make docs`, or `python -m sphinx -W -b html docs OUT`. Needs `cellfill[docs]`.

Nothing is fetched: fonts are the system's, search runs in the page, and the references are read from the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cellfill

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "cellfill"
version = release = cellfill.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "cli_reference"]
exclude_patterns = ["_*"]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4

default_role = "py:obj"
numpydoc_show_class_members = False
suppress_warnings = ["ref.python"]  # two classes are called Study, each in a package of its own
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
maximum_signature_line_length = 72
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"
add_module_names = False

html_theme = "furo"
html_title = f"cellfill {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_copy_source = False
html_show_search_summary = False  # it would be fetched, which a page opened from disk may not do
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
