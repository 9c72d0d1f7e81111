"""DeepImpute 1.2 at the learning rate that it means to use."""

from typing import Any


def use_paper_rate(multinet: Any) -> None:
    """Hand Keras 2.15 the learning rate that the program passes as ``lr``, which it drops for its own 1e-3."""
    adam = multinet.keras.optimizers.Adam
    multinet.keras.optimizers.Adam = lambda lr: adam(learning_rate=lr)
