"""Go on in scanpy from what `make demo` wrote: a map of the imputed counts, coloured by type and by a marker."""

import scanpy as sc

adata = sc.read_h5ad("demo-output/pbmc.h5ad")
adata.layers["counts"] = adata.X.copy()  # observed: for tests, such as sc.tl.rank_genes_groups
adata.X = adata.layers["imputed"].copy()  # imputed: for plots and clusters
sc.pp.normalize_total(adata)
sc.pp.log1p(adata)
sc.pp.pca(adata)
sc.pp.neighbors(adata)
sc.tl.umap(adata)
figure = sc.pl.umap(adata, color=["cell_type", "CD14", "MS4A1"], wspace=0.4, return_fig=True)
figure.savefig("demo-output/umap.png", bbox_inches="tight")
print("Open demo-output/umap.png")
