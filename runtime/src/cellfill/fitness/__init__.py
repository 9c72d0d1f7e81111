"""Is a model fit for a dataset? Some of its counts are hidden, imputed, and compared, before anything is trusted.

``hiding`` hides, ``baselines`` are the trivial methods beside every figure, ``metrics`` compares; ``space`` brings
a sample of cells into the model's genes, ``fitted`` applies the model to them, ``molecules`` and ``entries`` say
how well it did, ``shrink`` weighs that over all genes, ``verdict`` puts it into words, and ``check`` is all of it.
"""
