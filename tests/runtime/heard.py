"""A cellfill command that hears Ctrl-C even where the tests run in the background, whose programs ignore it."""

import sys

_PROGRAM = "from signal import *; signal(SIGINT, default_int_handler); from cellfill.cli import main; main()"
HEARING_CELLFILL = (sys.executable, "-c", _PROGRAM)
