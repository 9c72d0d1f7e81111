"""What long work is at, for whoever listens; and how much a person wants to hear.

Code that works says where it is: ``with phase("calibrating"):``. It knows of no terminal, and where nobody listens
that costs nothing. Whoever starts the work listens: see `cellfill.console.progress`.
"""

from cellfill.progress.phases import Listener, each, heard, listening, phase, remark
from cellfill.progress.verbosity import Settings, Verbosity, settings

__all__ = ["Listener", "Settings", "Verbosity", "each", "heard", "listening", "phase", "remark", "settings"]
