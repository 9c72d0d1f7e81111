"""DCA (Eraslan 2019), defaults: a negative binomial autoencoder; its output is the mean times the size factor.

The last release, of 2021, is older than the TensorFlow that can still be installed: `mend` gives it back the names
that Keras has moved since, and initialises its variables, before it is imported.
"""

import sys
import types

import anndata
import keras
import tensorflow as tf
from job import work
from keras.src.engine import training_v1


def mend() -> None:
    """Give Keras 2.15 the names of Keras 2.4, and run the initialisers that graph mode waits for."""
    topology, base = types.ModuleType("keras.engine.topology"), types.ModuleType("keras.engine.base_layer")
    topology.Layer, base.InputSpec = keras.layers.Layer, keras.layers.InputSpec
    hyper = types.ModuleType("dca.hyper")  # a search for hyperparameters, with packages of its own
    hyper.hyper = None
    sys.modules |= {
        "keras.objectives": keras.losses,
        "keras.engine": types.ModuleType("keras.engine"),
        "keras.engine.topology": topology,
        "keras.engine.base_layer": base,
        "dca.hyper": hyper,
    }
    keras.optimizers.RMSprop = keras.optimizers.legacy.RMSprop
    graph_model = training_v1.Model
    compiled = graph_model.compile

    def compile_and_initialise(model, *args, **options):
        compiled(model, *args, **options)
        session = tf.compat.v1.keras.backend.get_session()
        session.run(tf.compat.v1.global_variables_initializer())

    graph_model.compile = compile_and_initialise


def impute(counts, watch, arguments):
    """Return the estimate `expected`."""
    mend()
    from dca.api import dca

    cells = anndata.AnnData(counts.toarray())
    so_many = {"epochs": arguments.epochs, "early_stop": 0, "reduce_lr": 0} if arguments.epochs else {}
    with watch.step("fit"):  # predicting is part of the one call
        dca(cells, random_state=arguments.seed, return_info=True, **so_many)
    watch.remarks["epochs"] = len(cells.uns["dca_loss_history"]["loss"])
    return {"expected": cells.X}


def options(parser) -> None:
    """Add how long it trains."""
    parser.add_argument("--epochs", type=int, help="so many, with nothing that stops it [default: as it stops]")


if __name__ == "__main__":
    work(impute, packages=("dca", "tensorflow-cpu", "keras", "scanpy"), options=options)
