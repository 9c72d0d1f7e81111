"""What a sample is called whose files are called as those of every sample are."""

from __future__ import annotations

from pathlib import Path

# What Cell Ranger calls any sample's counts, as a file or as a folder.
_MATRICES = frozenset(
    {
        "filtered_feature_bc_matrix",
        "raw_feature_bc_matrix",
        "sample_filtered_feature_bc_matrix",
        "sample_raw_feature_bc_matrix",
        "filtered_gene_bc_matrices",
        "raw_gene_bc_matrices",
        "filtered_gene_bc_matrices_h5",
        "raw_gene_bc_matrices_h5",
    }
)
# What it and STARsolo call folders: a file of one of these names is a person's own.
_FOLDERS = frozenset(
    {"outs", "count", "Solo.out", "Gene", "GeneFull", "filtered", "raw"}
    | {"GRCh38", "GRCh37", "hg19", "hg38", "GRCm38", "GRCm39", "mm10", "mm39"}
)


def sample_of(path: Path) -> Path:
    """Return the nearest folder of a path, or itself, that has a name of its own.

    Parameters
    ----------
    path
        Of counts. Of ``s1/outs/filtered_feature_bc_matrix.h5`` it is the folder ``s1``.
    """
    places = (path, *path.parents)
    return next((p for p in places if p.name and p.name not in _FOLDERS and p.stem not in _MATRICES), path)
