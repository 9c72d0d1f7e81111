/** What a cell without a type is called, and why it has none. */

export const UNASSIGNED = "unassigned";
export const UNLIKE = "unlike any type of the model";
export const NOT_SURE = "not sure enough";
export const NO_COUNTS = "no counts in the model's genes";
