"""A network of your own: an autoencoder of counts with one hidden layer, trained and written as a bundle."""

import sys

from cellfill.errors import CellfillError
from cellfill_training import Architecture, fit_network, read_study
from cellfill_training.cli.judged import judged_lines
from cellfill_training.parts.layers import make_dense
from cellfill_training.parts.likelihoods import poisson
from cellfill_training.parts.network import Network


class Plain(Network):
    def __init__(self, facts, options, rng):
        super().__init__(facts, options, rng)
        self.encode = make_dense(self.parameters, "encode", len(facts.genes), options.dimensions)
        self.decode = make_dense(self.parameters, "decode", options.dimensions, len(facts.genes))

    def loss(self, maths, cells):
        mean = self.outputs(maths, cells.counts, cells.size_factors)["expected"]
        return poisson(cells.counts, mean, cells.measured)

    def outputs(self, maths, counts, size_factors):
        embedding = maths.tanh(self.encode(maths, self.facts.scaling.standard(maths, counts, size_factors)))
        mean = maths.mul(maths.exponential(self.decode(maths, embedding)), size_factors)
        return {"expected": mean, "embedding": embedding}


PLAIN = Architecture(
    name="plain",
    paper="none: an example",
    tasks=("impute", "embed"),
    network=Plain,
    published={"dimensions": 8},
)

if __name__ == "__main__":
    study, out, *more = sys.argv[1:]
    options = PLAIN.options(max_epochs=20, most_genes=1000)
    try:
        model = fit_network(
            [read_study(study)],
            out=out,
            architecture=PLAIN,
            options=options,
            overwrite="--force" in more,
            on_step=print,
        )
    except CellfillError as error:
        sys.exit(str(error))
    print(*judged_lines(model.manifest), sep="\n")
    print(f"wrote {out}; to use it:\n    cellfill impute {study} --model {out} --output filled.h5ad")
    print(f"    cellfill embed {study} --model {out} --output placed.h5ad")
