"""Which of many models suits a dataset? All are looked at without their graphs, and the best few are measured.

``cells`` draws the cells and hides some of their molecules, once for all models; ``screen`` looks at a model's
manifest and gene index; ``measure`` measures one; ``recommendation`` is what was found, ``words`` and ``html`` say
it; and ``rank`` is all of it. Which models there are is `cellfill.hub.reachable`.
"""
