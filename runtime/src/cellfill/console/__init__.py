"""What both command lines share: what is printed, errors as one line and an exit code, signals, a progress bar."""

from cellfill.console.bar import progress_bar
from cellfill.console.listed import Listed
from cellfill.console.printing import out, print_json, say
from cellfill.console.program import errors_as_messages, new_app, run
from cellfill.console.scratch import nothing_below_home
from cellfill.console.showing import shown, shown_in_line

__all__ = [
    "Listed",
    "errors_as_messages",
    "new_app",
    "nothing_below_home",
    "out",
    "print_json",
    "progress_bar",
    "run",
    "say",
    "shown",
    "shown_in_line",
]
