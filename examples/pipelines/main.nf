// Impute samples with Nextflow, some in each task: the model is opened once a task.
// nextflow run main.nf --samples 'data/*.h5ad' --model models/human-pbmc
//
// A sample that the model does not fit (exit code 9, or 8) has no result, its line in records.jsonl says why, and its
// task goes on; whatever else is wrong fails the task, with the code of it. docs/pipelines.md says more.

params.samples = 'examples/*.h5ad'
params.model = 'model_cards/human-pbmc'
params.require = 'limits'
params.batch = 20
params.outdir = 'results'

process IMPUTE {
    container 'cellfill'
    cpus 2
    memory 4.GB
    publishDir params.outdir, mode: 'copy', saveAs: { name -> name == 'records.jsonl' ? "records.${task.index}.jsonl" : name }

    input:
    path cells
    path model

    output:
    path 'imputed/*.h5ad', optional: true, emit: cells
    path 'records.jsonl', emit: records

    script:
    """
    cellfill impute ${cells} --output-dir imputed --model ${model} --offline \\
        --require ${params.require} --threads ${task.cpus} --json > records.jsonl ||
        { code=\$?; [ \$code = 8 ] || [ \$code = 9 ] || exit \$code; }
    """
}

workflow {
    samples = Channel.fromPath(params.samples, checkIfExists: true)
    IMPUTE(samples.buffer(size: params.batch, remainder: true), file(params.model, checkIfExists: true))
}
