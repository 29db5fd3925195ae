import type { ExecutionResult } from 'graphql';
import { StreamErrors } from '../../subgraphs/shared/masked-result.js';
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import { executeOnSubgraph, subscribeOnSubgraph } from '../../subgraphs/shared/subgraph-execution.js';
import type { SubgraphSource } from './source.js';

/** A subgraph of this process. The caller of `localSource` owns the subgraph: `dispose` leaves it alone. */
export function localSource(subgraph: Subgraph): SubgraphSource {
  return {
    name: subgraph.name,
    execute: (request, { caller, signal }) => executeOnSubgraph(subgraph, request, caller, signal),
    async subscribe(request, { caller, signal }) {
      const stream = await subscribeOnSubgraph(subgraph, request, caller, signal);
      if (isResult(stream)) throw new StreamErrors(stream.errors ?? []);
      return stream;
    },
    ready: () => subgraph.ready(),
    dispose: async () => undefined,
  };
}

const isResult = (value: object): value is ExecutionResult => !(Symbol.asyncIterator in value);
