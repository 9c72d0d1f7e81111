"""The two presets of a training, and how their options are changed."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, get_args

from cellfill.errors import UsageError
from cellfill.text.guess import did_you_mean
from cellfill_training.fitting.options import FitOptions

Preset = Literal["default", "paper"]
PRESET_NAMES: tuple[Preset, ...] = get_args(Preset)

# DeepImpute as published. Where the paper is silent, the original program (version 1.2) decides: predictors
# are correlated on raw counts, and the last weights are kept. docs/method.md lists every difference.
_PAPER = FitOptions(
    min_dispersion=0.5,
    even_groups=False,
    objective="weighted-mse",
    study_levels=False,
    thinning=0.0,
    hide=0.0,
    weight_decay=0.0,
    learning_rate=1e-4,
    max_epochs=500,
    patience=5,
    keep="last",
    half=False,
)

# Options that made a model what it is: a training that continues from it takes them over.
STRUCTURE = (
    "min_detection",
    "rare_cells",
    "min_dispersion",
    "max_targets",
    "group_size",
    "even_groups",
    "predictors_per_target",
    "predictor_scale",
    "max_predictors",
    "hidden",
    "members",
    "objective",
)

PRESETS: dict[Preset, FitOptions] = {"default": FitOptions(), "paper": _PAPER}


def options_for(preset: Preset, **changes: Any) -> FitOptions:
    """Return a preset's options with some of them changed; a change to None leaves the preset's value.

    Raises
    ------
    UsageError
        When there is no such preset or option, or a value means nothing.
    """
    if preset not in PRESETS:
        raise UsageError(f"There is no preset {preset!r}; there are {', '.join(PRESET_NAMES)}.")
    known = {f.name for f in dataclasses.fields(FitOptions)}
    if unknown := set(changes) - known:
        raise UsageError(f"There is no option {min(unknown)!r}; {did_you_mean(min(unknown), sorted(known))}")
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(PRESETS[preset], **given)


# A third of the learning rate gave a little more Pearson, and as much error (docs/method.md, Fine-tuning).
_TUNING: dict[Preset, dict[str, Any]] = {"default": {"learning_rate": 3e-4}, "paper": {}}


def tuning_options(preset: Preset, **changes: Any) -> FitOptions:
    """Return a preset's options for a training that continues from a model, with some of them changed.

    As `options_for`, with a learning rate of 3e-4 in the default preset; ``weight_decay`` draws weights towards
    those of the model rather than towards zero.

    Raises
    ------
    UsageError
        When a change is one that the model decides (`STRUCTURE`), or as in `options_for`.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if fixed := sorted(set(given) & {*STRUCTURE}):
        raise UsageError(
            f"{fixed[0]} is decided by the model that the training continues from: leave it out, or train a model "
            "of your own without --from."
        )
    return options_for(preset, **(_TUNING.get(preset, {}) | given))
