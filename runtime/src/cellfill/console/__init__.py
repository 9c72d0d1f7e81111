"""What both command lines share: what is printed, errors as one line and an exit code, signals, a progress bar."""

from cellfill.console.bar import progress_bar
from cellfill.console.commands import command, command_of_changes
from cellfill.console.printing import out, print_json, say
from cellfill.console.program import add_commands, errors_as_messages, new_app, run
from cellfill.console.scratch import nothing_below_home
from cellfill.console.showing import shown, shown_in_line

__all__ = [
    "add_commands",
    "command",
    "command_of_changes",
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
