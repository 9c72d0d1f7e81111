"""The command ``cellfill doctor``: what is installed, what works, and how to repair the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from cellfill.cli.options import say_folder
from cellfill.console import out, print_json
from cellfill.errors import BundleError, MissingDependencyError

if TYPE_CHECKING:
    from cellfill.diagnosis import Diagnosis


def doctor(
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="A model to open as well.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the Hub.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Say what is installed, and how to repair what fails.

    Where models run, too. Exits with 5 where none does, with 4 where a model that is here is damaged.
    """
    from cellfill.diagnosis import doctor as look

    say_folder(model)
    found = look(model=model, offline=offline)
    if as_json:
        import dataclasses

        print_json({"healthy": found.healthy, **dataclasses.asdict(found)})
    else:
        out("\n".join(_lines(found)))
    if not found.healthy:
        raise typer.Exit((MissingDependencyError if found.problems else BundleError).exit_code)


def _lines(found: Diagnosis) -> Iterable[str]:
    """Lay the findings out for a person, one a line: its state, its name, what it is."""
    other = "onnxruntime" if found.versions["onnxruntime-gpu"] else "onnxruntime-gpu"
    for name, version in found.versions.items():
        if version or name != other:  # one build of ONNX Runtime is enough
            yield _line(bool(version), name, version)
    for name, missing in found.extras.items():
        hint = f"pip install '{found.source}[{name}]' (lacks {', '.join(missing)})"
        yield _line(not missing, f"extra {name}", hint if missing else "")
    for device, failure in found.sessions.items():
        yield _line(not failure, f"runs on {device}", failure or "a session opened")
    yield _line(not found.telemetry, "telemetry", found.telemetry or "of onnxruntime: off")
    yield from (_line(bool(where), name, where) for name, where in found.cuda_libraries.items())
    hub = found.hub
    state = {None: "not asked", True: "answers", False: "does not answer"}[hub.reachable]
    token = "a token is set" if hub.token else "no token is set"
    yield _line(hub.reachable is not False, "Hub", f"{hub.endpoint} {state}; {token}")
    yield _line(bool(hub.cache), "Hub cache", f"{hub.cache}, {hub.cache_bytes / 1e6:,.1f} MB")
    for name, tasks in found.models.items():
        yield _line(True, "model", f"{name}: {', '.join(tasks)}")
    yield from (_line(False, "model", f"{name} is damaged") for name in found.broken)
    yield ""
    yield from (f"REMARK   {text}" for text in found.remarks)
    yield from (f"PROBLEM  {text}" for text in (*found.problems, *found.broken.values()))
    yield _conclusion(found)


def _conclusion(found: Diagnosis) -> str:
    """Say whether models run; of one that was opened, which commands it is for."""
    tasks = found.models.get(found.opened, ())
    if found.problems:
        return "Imputing does not work: see the problems above."
    if found.broken:
        return f"Models run, but not {', '.join(found.broken)}: see the problems above."
    if tasks and tasks != ("impute",):
        return f"{found.opened} runs: {', '.join(f'cellfill {task}' for task in tasks)}."
    return "Imputing works."


def _line(there: bool, name: str, what: str) -> str:
    return f"{'ok' if there else '--':<4}{name:<18}{what}".rstrip()
