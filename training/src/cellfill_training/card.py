"""The model card: a page for people, with the YAML head that the Hub understands."""

from __future__ import annotations

from cellfill.bundle import Evaluation, GeneIndex, Manifest

_TEMPLATE = """\
---
license: {{ m.licence }}
library_name: cellfill
pipeline_tag: tabular-regression
tags:
- cellfill
- single-cell
- scRNA-seq
- imputation
- onnx
- {{ m.species | lower | replace(" ", "-") }}
{%- if m.tissue %}
- {{ m.tissue | lower | replace(" ", "-") }}
{%- endif %}
model-index:
- name: {{ m.name }}
  results:
{%- for e in m.evaluations %}
{%- for s in e.scores[:2] %}
  - task:
      type: tabular-regression
      name: imputation of single-cell counts, estimate {{ e.estimate }}
    dataset:
      type: {{ e.data }}
      name: {{ e.data }}
    metrics:
{%- for key, value in s["values"].items() %}
    - type: {{ key }}
      name: {{ key }} ({{ s.method }})
      value: {{ "%.4f" | format(value) }}
{%- endfor %}
{%- endfor %}
{%- endfor %}
---

# {{ m.name }}

{{ about }}

A [cellfill](https://pypi.org/project/cellfill) model: {{ m.subnetworks | length }} sub-networks fill
{{ "{:,}".format(targets) }} genes from {{ "{:,}".format(inputs) }} predictor genes. Species: {{ m.species }}.
{%- if m.tissue %} Tissue: {{ m.tissue }}.{% endif %}
Estimates: {{ m.estimates | join(", ") }}.

```
pip install 'cellfill[cpu,h5ad]'
cellfill impute cells.h5ad --model {{ m.name }}/ --output filled.h5ad
```

Input: raw counts, genes named by Ensembl id or symbol. Training cells had
{{ "{:,.0f}".format(m.scale.library_sizes[0]) }} to {{ "{:,.0f}".format(m.scale.library_sizes[2]) }} counts over
these genes (1st to 99th percentile, median {{ "{:,.0f}".format(m.scale.library_sizes[1]) }}).

## Training data

| study | role | cells | genes | source | terms |
|---|---|---|---|---|---|
{%- for s in m.studies %}
| {{ s.name }} | {{ s.role }} | {{ "{:,}".format(s.cells) }} | {{ "{:,}".format(s.genes) }} | {{ s.source | replace("|", "/") }} | {{ s.licence or "not stated" }} |
{%- endfor %}

## Figures

Cells that did not train the model. Lower MSE and loss, higher Pearson are better; a figure means nothing
without the trivial baselines in the rows below it.
{% for e in m.evaluations %}
**{{ e.data }}**, {{ "{:,}".format(e.cells) }} cells, {{ "{:,}".format(e.entries) }} entries; estimate
`{{ e.estimate }}`; {{ e.protocol }}:

| method |{% for key in e.scores[0]["values"] %} {{ key }} |{% endfor %}
|---|{% for key in e.scores[0]["values"] %}---|{% endfor %}
{%- for s in e.scores %}
| {{ s.method }} |{% for value in s["values"].values() %} {{ "%.4f" | format(value) }} |{% endfor %}
{%- endfor %}
{% endfor %}
Of {{ "{:,}".format(judged) }} genes that could be judged one by one, {{ "{:,}".format(better) }} are filled with
less error than by the baseline "non-zero mean + library slope"; `genes.tsv` has the figures of each.

## Limits

{{ limits }}

## How it was made

{% for key, value in m.provenance.items() -%}
- {{ key }}: {{ value }}
{% endfor -%}
- preset: {{ m.architecture.preset }}; {% for key, value in m.architecture.options.items() %}{{ key }} {{ value }}{{ "" if loop.last else ", " }}{% endfor %}

Method: sub-networks over groups of genes as in DeepImpute (Arisdakessian et al., Genome Biology 20:211, 2019).
"""

_ABOUT = "Fills the dropouts of single-cell RNA-seq counts."

_LIMITS = """\
- Imputed counts are predictions from other genes of the same cell, learned on the studies above. They are not
  observations: do not count them as replicates, and do not test differential expression on them as if they
  had been measured.
- Cells, states or perturbations that the studies above do not hold are drawn towards those they do.
- `expressed` fills a zero with the count *if the transcript was caught*: at least one, in every cell type. It is
  for comparing with the literature, and blurs marker genes."""


def write_card(
    manifest: Manifest, genes: GeneIndex, *, about: str | None = None, limits: str | None = None
) -> str:
    """Write the card of a model from its manifest and its gene index.

    Parameters
    ----------
    manifest, genes
        Of the model.
    about, limits
        Markdown by a person: what the model is for, and where it should not be used.
    """
    from jinja2 import Environment, StrictUndefined

    pairs = [(g.mse, g.baseline_mse) for g in genes if g.is_target and g.mse == g.mse]
    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(_TEMPLATE)  # noqa: S701
    return template.render(
        m=manifest,
        targets=len(genes.targets),
        inputs=len(genes.inputs),
        judged=len(pairs),
        better=sum(ours < theirs for ours, theirs in pairs),
        about=about or _ABOUT,
        limits=limits or _LIMITS,
    )


def headline(evaluation: Evaluation) -> str:
    """Return one line for the terminal: each method with its figures."""
    parts = [
        f"{score.method} " + " / ".join(f"{value:.4f}" for value in score.values.values())
        for score in evaluation.scores
    ]
    keys = " / ".join(evaluation.scores[0].values)
    return f"{evaluation.data}, {evaluation.estimate}, {keys}: " + "; ".join(parts)
