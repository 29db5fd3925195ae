import { setImmediate as turn } from 'node:timers/promises';
import type { DocumentNode } from 'graphql';
import type { Operations } from './operations.js';

/** The update waits for no more than these; what is left is planned when it is asked for. */
const most = { operations: 500, milliseconds: 10_000 };

/**
 * Checks and plans the operations in use for the next supergraph while the one before still serves them: else all of
 * them would wait for a plan at once. Resolves to how many were planned.
 *
 * @param documents in the order of their use
 * @param from what was planned so far
 */
export async function warmUp(
  documents: readonly DocumentNode[],
  from: Operations,
  to: Operations,
): Promise<number> {
  const until = performance.now() + most.milliseconds;
  let planned = 0;
  for (const document of documents) {
    for (const operation of from.plannedOf(document)) {
      if (planned === most.operations || performance.now() >= until) return planned;
      planned += 1;
      try {
        await to.warm(document, operation);
      } catch {
        // Whoever asks for it is told.
      }
      // To check a document may take some milliseconds.
      await turn();
    }
  }
  return planned;
}
