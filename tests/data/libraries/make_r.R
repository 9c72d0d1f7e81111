# Write the cells with R: 10x files by DropletUtils, tables by R itself, and .h5ad by rhdf5 and hdf5r, laid out as
# packages on top of these do (README.md says which).
#
# Usage: Rscript make_r.R FOLDER_OF_THE_TABLES FOLDER

suppressPackageStartupMessages({
    library(Matrix)
    library(DropletUtils)
    library(rhdf5)
    library(hdf5r)
})
options(warn = 1)
places <- commandArgs(trailingOnly = TRUE)
out <- function(name) {
    path <- file.path(places[2], name)
    unlink(path, recursive = TRUE)
    path
}
table_of <- function(name) {
    read.delim(file.path(places[1], name), quote = "", row.names = 1, check.names = FALSE, encoding = "UTF-8")
}

counts <- t(as.matrix(table_of("counts.tsv"))) # genes x cells, as R has them
storage.mode(counts) <- "integer"
cells <- table_of("cells.tsv")
cells <- cells[, !names(cells) %in% c("passed", "rank")]
cells$cell_type <- factor(cells$cell_type, levels = c("T cell", "B cell", "NK cell")) # "" becomes NA
cells$sample <- factor(cells$sample)
cells$doublet <- cells$doublet == "True"
genes <- table_of("genes.tsv")
genes$chromosome <- factor(genes$chromosome)
genes$highly_variable <- genes$highly_variable == "True"
pca <- t(counts[1:3, ]) / 8
sparse <- as(counts, "CsparseMatrix")

# DropletUtils: folders and files as Cell Ranger's, with its own words.
named <- list(barcodes = colnames(sparse), gene.id = genes$gene_ids, gene.symbol = rownames(genes))
for (version in c("2", "3")) {
    write10xCounts(out(paste0("dropletutils_v", version, ".h5")), sparse, named$barcodes, named$gene.id,
        named$gene.symbol, type = "HDF5", genome = "GRCh38", version = version)
    write10xCounts(out(paste0("dropletutils_v", version)), sparse, named$barcodes, named$gene.id,
        named$gene.symbol, type = "sparse", version = version)
}

# R itself.
write.csv(counts, out("r_write_csv.csv"))
write.table(counts, out("r_write_table.txt"))
write.csv(as.data.frame(t(counts)), out("r_data_frame.csv"))
write.table(data.frame(counts), out("r_check_names.txt"), sep = "\t", quote = FALSE)

# rhdf5, laid out as anndataR does: dense X as R's matrix is stored, attributes by h5writeAttribute, factors as groups.
rhdf5_file <- function(path) {
    rhdf5::h5createFile(path)
    file <- rhdf5::H5Fopen(path)
    on.exit(rhdf5::H5Fclose(file))
    say <- function(place, ...) {
        element <- rhdf5::H5Oopen(file, place)
        on.exit(rhdf5::H5Oclose(element))
        words <- list(...)
        for (name in names(words)) {
            rhdf5::h5writeAttribute(words[[name]], element, name, asScalar = length(words[[name]]) == 1)
        }
    }
    encoded <- function(place, type, version) say(place, `encoding-type` = type, `encoding-version` = version)
    put <- function(value, place) {
        if (is.factor(value)) {
            rhdf5::h5createGroup(file, place)
            codes <- as.integer(value) - 1L
            codes[is.na(codes)] <- -1L
            rhdf5::h5write(codes, file, paste0(place, "/codes"))
            encoded(paste0(place, "/codes"), "array", "0.2.0")
            put(levels(value), paste0(place, "/categories"))
            encoded(place, "categorical", "0.2.0")
            say(place, ordered = 0L) # rhdf5 writes no logical attributes
        } else {
            rhdf5::h5write(value, file, place)
            encoded(place, if (is.character(value)) "string-array" else "array", "0.2.0")
        }
    }
    frame <- function(values, place) {
        rhdf5::h5createGroup(file, place)
        put(rownames(values), paste0(place, "/_index"))
        for (name in names(values)) put(values[[name]], paste0(place, "/", name))
        encoded(place, "dataframe", "0.2.0")
        say(place, `_index` = "_index", `column-order` = names(values))
    }
    group <- function(place, type = "dict", version = "0.1.0") {
        rhdf5::h5createGroup(file, place)
        encoded(place, type, version)
    }
    put(counts, "X")
    frame(cells, "obs")
    frame(genes, "var")
    group("obsm")
    put(t(pca), "obsm/X_pca")
    group("layers")
    group("uns")
    put("twelve cells", "uns/title")
    encoded("/", "anndata", "0.1.0")
}
rhdf5_file(out("rhdf5.h5ad"))
rhdf5::h5closeAll()

# hdf5r: factors as whole numbers with `__categories` beside them, sparse X with no order of columns said.
hdf5r_file <- function(path, root, text) {
    index <- "_index"
    file <- H5File$new(path, mode = "w")
    on.exit(file$close_all())
    say <- function(element, ...) {
        words <- list(...)
        for (name in names(words)) {
            value <- words[[name]]
            space <- if (length(value) == 1 && name != "column-order") H5S$new("scalar")
            element$create_attr(name, value, dtype = if (is.character(value)) text, space = space)
        }
    }
    frame <- function(values, place) {
        group <- file$create_group(place)
        group[[index]] <- rownames(values)
        levels_of <- group$create_group("__categories")
        for (name in names(values)) {
            value <- values[[name]]
            if (is.factor(value)) {
                codes <- as.integer(value) - 1L
                codes[is.na(codes)] <- -1L
                group[[name]] <- codes
                levels_of[[name]] <- levels(value)
                group[[name]]$create_attr("categories", levels_of$create_reference(name), space = H5S$new("scalar"))
            } else {
                group[[name]] <- value
            }
        }
        say(group, `_index` = index, `column-order` = names(values), `encoding-type` = "dataframe",
            `encoding-version` = "0.1.0")
    }
    matrix_of <- function(values, place) {
        group <- file$create_group(place)
        group[["data"]] <- values@x
        group[["indices"]] <- values@i
        group[["indptr"]] <- values@p
        say(group, `encoding-type` = "csr_matrix", `encoding-version` = "0.1.0", shape = rev(dim(values)))
    }
    fewer <- genes$highly_variable
    matrix_of(sparse[fewer, ] * 1.0, "X")
    frame(cells, "obs")
    frame(genes[fewer, ], "var")
    file$create_group("raw")
    matrix_of(sparse * 1.0, "raw/X")
    frame(genes[, "gene_ids", drop = FALSE], "raw/var")
    file$create_group("obsm")
    file[["obsm/X_pca"]] <- t(pca)
    file$create_group("uns")
    file[["uns/title"]] <- "twelve cells"
    if (root) say(file, `encoding-type` = "AnnData", `encoding-version` = "0.1.0")
}
hdf5r_file(out("hdf5r_mudataseurat.h5ad"), root = TRUE, text = H5T_STRING$new(size = Inf))
hdf5r_file(out("hdf5r_fixed.h5ad"), root = FALSE, text = H5T_STRING$new(size = 32))
