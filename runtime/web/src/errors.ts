/**
 * Every error that the library raises on purpose; the names, and as far as can be the words, are those of Python's.
 *
 * A message says what is wrong, what it means, and what to try next.
 */

/** Root of every error that is raised on purpose. */
export class CellfillError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option has a value that means nothing. */
export class UsageError extends CellfillError {}

/** The dataset cannot be used. */
export class DataError extends CellfillError {}

/** The matrix does not hold raw counts. */
export class CountsError extends DataError {}

/** Dataset and model share too few genes. */
export class GeneMatchError extends DataError {}

/** The dataset is of another species than the model. */
export class SpeciesError extends GeneMatchError {}

/** A model bundle is malformed. */
export class BundleError extends CellfillError {}

/** A file is not the one that the manifest names. */
export class BundleIntegrityError extends BundleError {}

/** The graph holds what no model needs. */
export class GraphRefusedError extends BundleError {}

/** Written for another version of cellfill. */
export class BundleVersionError extends BundleError {}

/** There is no bundle at that place. */
export class BundleNotFoundError extends CellfillError {}

/** The Hub refused, or does not answer. */
export class HubError extends CellfillError {}

/** The model was not made for that task. */
export class TaskError extends CellfillError {}

/** The model cannot give that estimate. */
export class EstimateError extends CellfillError {}

/** A person stopped it. */
export class StoppedError extends CellfillError {}

/** Throw where a person stopped the work; called between blocks. */
export function mayGoOn(signal?: AbortSignal): void {
  if (signal?.aborted) throw new StoppedError("Stopped. Nothing was written.");
}
