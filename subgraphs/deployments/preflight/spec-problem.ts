/** What is wrong with a specification in the cluster that it is for. */
export interface SpecProblem {
  /** Of the field, below the specification; empty for all of it. */
  readonly path: readonly string[];
  /** Names the value and the remedy, for a person. */
  readonly message: string;
}
