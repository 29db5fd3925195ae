import { parentPort } from 'node:worker_threads';
import { TooLargeError } from '../../subgraphs/shared/errors.js';
import { PlannedSupergraph } from './planned-supergraph.js';
import type { PlannerAnswer, PlannerLog, PlannerRequest } from './planner-messages.js';

/**
 * The entry of the planner's thread (planner-thread.ts): it holds ApolloGateway and the query planner, which take
 * hundreds of milliseconds at a time, and answers one request after the other.
 */
const port = parentPort;
if (!port) throw new Error('this is the entry of a thread: start the gateway instead');

let supergraph: PlannedSupergraph | undefined;

async function answer(request: PlannerRequest): Promise<PlannerAnswer> {
  if (request.kind === 'load') {
    supergraph = undefined;
    supergraph = await PlannedSupergraph.load(request.supergraphSdl, {
      validate: request.validate,
      log: (level, message) => port?.postMessage({ kind: 'log', level, message } satisfies PlannerLog),
    });
    return { kind: 'loaded', loaded: supergraph.loaded };
  }
  if (!supergraph) throw new Error('no supergraph is loaded');
  const plan = supergraph.plan(request.document, request.operationName);
  return { kind: 'planned', plan: JSON.stringify(plan) };
}

port.on('message', (request: PlannerRequest) => {
  void answer(request)
    .catch((error: unknown): PlannerAnswer => {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      return { kind: 'failed', message, stack, tooLarge: error instanceof TooLargeError };
    })
    .then((answered) => port.postMessage(answered));
});
