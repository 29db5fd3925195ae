import type { FieldErrors } from './field-errors.js';
import type { Store } from './store.js';

/** What rules may ask of their surroundings. */
export interface RuleContext {
  readonly store: Store;
  readonly random: () => number;
  readonly now: () => number;
}

/**
 * What the server does with objects of one kind, beyond what it does with all. Objects are plain and may be changed.
 * Order: setDefaults, (managedFields), admission, prepare, validate.
 */
export interface KindRules {
  setDefaults?(object: any): void;
  /** Allocates and resets what the server decides. Can report errors of allocation. */
  prepareCreate?(object: any, context: RuleContext, errors: FieldErrors): void;
  /** Carries over what a client may leave out, and drops what it may not change. */
  prepareUpdate?(object: any, previous: any, context: RuleContext, errors: FieldErrors): void;
  validate?(object: any, errors: FieldErrors): void;
  validateUpdate?(object: any, previous: any, errors: FieldErrors): void;
  /** What clients are told in Warning headers. */
  warnings?(object: any): string[];
  /** Whether the change is one that metadata.generation counts; the default compares `spec`. */
  isNewGeneration?(object: any, previous: any): boolean;
}
