/** Records of how results came about, for the files that a person saves: the keys are those of Python. */

import type { Bundle } from "../../bundle/types.js";
import type { Source } from "../../counts/types.js";
import type { Annotated, Embedded, Imputer, Judged } from "../../tasks/types.js";
import type { Record } from "../../writers/results.js";

/** Where a result comes from. */
export interface Origin {
  readonly bundle: Bundle;
  readonly source: Source;
  readonly cells: number;
}

/** Of naming cells. */
export function recordOfTypes(origin: Origin, { leaves, judged, coverage }: Annotated): Record {
  return { ...begin(origin, judged, coverage), classes: leaves };
}

/** Of placing cells. */
export function recordOfPlaces(origin: Origin, { dimensions, judged, coverage }: Embedded): Record {
  return { ...begin(origin, judged, coverage), dimensions };
}

/** Of imputing. */
export function recordOfCounts(origin: Origin, { judged, coverage }: Imputer): Record {
  return { ...begin(origin, judged, coverage), estimate: "expected" };
}

function begin({ bundle, source, cells }: Origin, judged: Judged | null, coverage: number): Record {
  return {
    runtime: "cellfill in a browser",
    model: bundle.manifest.name,
    model_sha256: bundle.manifest.files.get("model.onnx")?.sha256 ?? "",
    manifest_sha256: bundle.sha256,
    counts: source.matrix.name,
    saw: source.saw,
    cells,
    coverage,
    check: { verdict: judged?.verdict ?? "not tested", why: judged?.why.join(" ") ?? "" },
  };
}
