"""Do cells of no known type stay unassigned, and are known ones kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.evaluation.protocols.annotation.strangers import figures_of_strangers
from cellfill_training.judging.annotation.scores import auroc
from common import table

from .networks import without_type
from .seen import DEPTHS, say, see, study_names
from .studies import FOREIGN, MONOCYTES, NEVER

if TYPE_CHECKING:
    from pathlib import Path

    from cellfill_training.architectures.classifier.cells import Cells

    from .networks import Trained
    from .studies import Studies

LEFT_OUT = (("NK cell",), ("B cell",), MONOCYTES)


def judge(found: Studies, cells: Cells, networks: dict[str, Trained], scratch: Path, tell) -> str:
    """Return the tables of foreign cells and of types left out."""
    return "\n\n".join([_foreign(found, cells, networks), _left_out(found, cells, networks, scratch, tell)])


def _foreign(found: Studies, cells: Cells, networks: dict[str, Trained]) -> str:
    whole, rows = networks[NEVER[0]], []
    for depth in DEPTHS:
        names = study_names(found)
        known = {}
        for name in names:
            seen = see(cells, name, depth)
            said = say(networks[name], cells, seen)
            own = seen.leaf >= 0
            known[name] = (said.suits < networks[name].unknown.threshold)[own], said.probabilities.max(axis=1)[own]
        strangers = {}
        for name in FOREIGN:
            said = say(whole, cells, see(cells, name, depth))
            strangers[name] = said.suits < whole.unknown.threshold, said.probabilities.max(axis=1)
        lost, sure = (np.concatenate([known[n][i] for n in names]) for i in range(2))
        away, certain = (np.concatenate([strangers[n][i] for n in FOREIGN]) for i in range(2))
        ours, by_certainty = figures_of_strangers(lost, away, sure, certain)
        kept = [1 - float(known[name][0].mean()) for name in names]
        rows.append(
            [
                depth,
                f"**{ours['unassigned']:.4f}**",
                *(f"{strangers[name][0].mean():.4f}" for name in FOREIGN),
                f"**{np.mean(kept):.3f}**",
                *(f"{share:.3f}" for share in kept),
                f"{by_certainty['unassigned']:.3f}",
            ]
        )
    names = study_names(found)
    head = ["", "foreign cells unassigned", *FOREIGN, "known cells kept, mean", *names]
    about = (
        "Foreign cells by the network of all four training studies; cells of the pancreas that are of blood's "
        "types (macrophages, mast and T cells) are left out. Known cells by the network that never saw their "
        "study; the threshold is set on the four training studies. Last: how many foreign cells a threshold on "
        "the largest probability leaves unassigned that keeps as many known cells."
    )
    return f"{about}\n\n{table([*head, 'by the largest probability'], rows)}"


def _left_out(found: Studies, cells: Cells, networks: dict[str, Trained], scratch: Path, tell) -> str:
    leaves, rows = found.table.tree.leaves, []
    for types in LEFT_OUT:
        tell(f"without {' and '.join(types)}")
        trained = without_type(found, types, networks[NEVER[0]], ClassifierOptions(), scratch)
        gone = [leaves.index(name) for name in types]
        for depth in DEPTHS:
            row = [" and ".join(types), depth]
            for name in NEVER:
                seen = see(cells, name, depth)
                said = say(trained, cells, seen)
                own = seen.leaf >= 0
                new = np.isin(seen.leaf[own], gone)
                below = said.suits[own] < trained.unknown.threshold
                row += [
                    f"**{auroc(-said.suits[own], new):.3f}**",
                    f"{auroc(-said.probabilities.max(axis=1)[own], new):.3f}",
                    f"{below[new].mean():.3f}",
                ]
            rows.append(row)
    head = ["never seen", ""]
    for name in NEVER:
        head += [f"{name}: AUROC", "of the largest probability", "unassigned"]
    about = (
        "A type is left out of training, and its cells are to be told from those of known types in studies that "
        "trained nothing: area under the ROC curve of the product of ranks, beside that of the largest "
        "probability (.5 is chance), and the share of the new type's cells that are unassigned at the model's "
        "threshold."
    )
    return f"{about}\n\n{table(head, rows)}"
