import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';
import type { Generation } from '../supergraph/generation.js';
import { Conditions, type OperationInDocument } from './conditions.js';
import { Operation } from './operation.js';

/** That are kept of one operation; each variable of its `@skip` and `@include` doubles what there can be. */
const maxVariants = 16;

/** What the conditions of one operation make of it: each variant is planned and compiled for itself. */
export class OperationVariants {
  readonly #conditions: Conditions | undefined;
  readonly #byChoice = new BoundedCache<string, Operation>({
    maxEntries: maxVariants,
    maxWeight: maxVariants,
  });

  constructor(
    private readonly generation: Generation,
    private readonly operation: OperationInDocument,
  ) {
    this.#conditions = Conditions.of(operation);
  }

  /** Throws BAD_USER_INPUT when a variable of `@skip` or `@include` is neither true nor false. */
  of(variables: Readonly<Record<string, unknown>>): Operation {
    return this.chosen(this.#conditions?.choose(variables) ?? '');
  }

  /** @param choice one of `planned`, of the same operation */
  chosen(choice: string): Operation {
    let operation = this.#byChoice.get(choice);
    if (!operation) {
      const { document, definition } = this.#conditions?.decide(choice) ?? this.operation;
      operation = new Operation(this.generation, document, definition, choice, this.operation.document);
      this.#byChoice.set(choice, operation, 1);
    }
    return operation;
  }

  /** Those that have been planned. */
  get planned(): readonly Operation[] {
    return this.#byChoice.values.filter(({ isPlanned }) => isPlanned);
  }
}
