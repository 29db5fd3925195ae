import { type DocumentNode, type GraphQLError, getOperationAST, type OperationTypeNode } from 'graphql';
import type { Caller } from '../subgraphs/shared/caller.js';
import type { Clock } from '../subgraphs/shared/clock.js';
import { UnauthenticatedError } from '../subgraphs/shared/errors.js';
import type { Logger } from '../subgraphs/shared/logger.js';
import { asGraphQLError } from './graphql-error.js';
import type { GatewayMetrics } from './metrics/gateway-metrics.js';
import { type Budget, CostBudgets, type CostSettings } from './operations/cost-budgets.js';
import { type DocumentRequest, Documents } from './operations/documents.js';
import type { IntrospectionPolicy } from './operations/introspection.js';
import type { Operation } from './operations/operation.js';
import {
  type Checked,
  type OperationChoice,
  Operations,
  type PreparedOperation,
} from './operations/operations.js';
import { hashOf } from './operations/persisted-queries.js';
import type { TrustedDocuments } from './operations/trusted-documents.js';
import { warmUp } from './operations/warm-up.js';
import type { Generations } from './supergraph/generations.js';
import { ServerTiming } from './transport/server-timing.js';

export interface AdmissionDependencies {
  readonly generations: Generations;
  readonly introspection: IntrospectionPolicy;
  readonly cost: CostSettings;
  /** When given, no other documents may be run, or they are told of in the log. */
  readonly trustedDocuments?: TrustedDocuments | undefined;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** One operation as a client sends it, over any transport. */
export interface OperationRequest extends DocumentRequest, OperationChoice {}

/** An operation that passed every rule, or why it did not. */
export type Prepared =
  | (PreparedOperation & { readonly extensions?: { readonly cost: CostReport } | undefined })
  | { readonly errors: readonly GraphQLError[] };

/** `extensions.cost` of a result or a first event, for a request with `extensions: { cost: true }`. */
interface CostReport {
  readonly operation: number;
  readonly limit: number;
  readonly budget: Budget;
}

/** Of what is refused: it was parsed and perhaps checked. */
const refusedCost = 10;

/** The rules that stand before every operation, whichever transport it came by. */
export class Admission {
  readonly #documents: Documents;
  /** With the checked documents and plans of the current generation. */
  #operations: Operations;
  readonly #budgets: CostBudgets;

  constructor(private readonly dependencies: AdmissionDependencies) {
    const { generations, introspection, cost, trustedDocuments, metrics, logger } = dependencies;
    this.#documents = new Documents({
      trusted: trustedDocuments,
      onUntrusted: (text) => logger.warn({ hash: hashOf(text) }, 'a document that is not trusted'),
      onLookup: (cache, hit) => metrics.cacheLookup(cache, hit),
    });
    const rules = { introspection, costLimit: cost.limit };
    this.#operations = new Operations(generations.current, rules);
    let warmed: Operations | undefined;
    generations.beforeChange(async (next) => {
      warmed = new Operations(next, rules);
      const operations = await warmUp(this.#documents.recent, this.#operations, warmed);
      logger.debug({ operations }, 'operations in use are planned for the next supergraph');
    });
    generations.onChange((next) => {
      this.#operations = warmed ?? new Operations(next, rules);
      warmed = undefined;
    });
    this.#budgets = new CostBudgets(cost);
  }

  /**
   * Finds the document of a request and checks its operation against every rule. The token may have expired since its
   * socket was opened.
   */
  prepare(request: OperationRequest, caller: Caller, timing = new ServerTiming()): Prepared {
    return this.#prepare(request, caller, timing, () => this.#documents.find(request));
  }

  /** The same for an operation of the gateway's own, which need not be a trusted document. */
  prepareOwn(query: string, variables: OperationChoice['variables'], caller: Caller): Prepared {
    return this.#prepare({ variables }, caller, new ServerTiming(), () => this.#documents.parse(query));
  }

  /** Checks what runs already against the current generation; its caller is not charged again. */
  recheck({ undecided, name }: Operation, variables: OperationChoice['variables'], caller: Caller): Checked {
    return this.#operations.check(undecided, { operationName: name, variables }, caller);
  }

  /** Parsed; undefined when there is none or it may not be run. Nothing else is checked, and nothing charged. */
  documentOf(request: OperationRequest): DocumentNode | undefined {
    try {
      return this.#documents.find(request);
    } catch {
      return undefined;
    }
  }

  /** Of the operation that a request means; undefined when there is none. */
  kindOf(request: OperationRequest): OperationTypeNode | undefined {
    const document = this.documentOf(request);
    return document && getOperationAST(document, request.operationName)?.operation;
  }

  #prepare(
    request: OperationChoice & Pick<DocumentRequest, 'extensions'>,
    caller: Caller,
    timing: ServerTiming,
    find: () => DocumentNode,
  ): Prepared {
    const { clock, metrics } = this.dependencies;
    try {
      if (caller.userId !== null && caller.expiresAt <= clock.now()) {
        throw new UnauthenticatedError('Your token has expired. Sign in again.');
      }
      // Before anything is computed for a caller who has nothing left.
      this.#budgets.spend(caller, 1);
      const checked = this.#check(request, caller, timing, find);
      this.#budgets.spend(caller, ('cost' in checked ? checked.cost : refusedCost) - 1);
      if ('errors' in checked) return checked;
      metrics.cost(checked.operation.kind, checked.cost);
      metrics.deprecatedUses(checked.deprecated);
      if (request.extensions?.['cost'] !== true) return checked;
      return { ...checked, extensions: { cost: this.#report(checked, caller) } };
    } catch (error) {
      return { errors: [asGraphQLError(error)] };
    }
  }

  #check(choice: OperationChoice, caller: Caller, timing: ServerTiming, find: () => DocumentNode): Checked {
    try {
      const document = timing.measure('parse', find);
      return timing.measure('validate', () => this.#operations.check(document, choice, caller));
    } catch (error) {
      return { errors: [asGraphQLError(error)] };
    }
  }

  #report({ cost }: PreparedOperation, caller: Caller): CostReport {
    return { operation: cost, limit: this.dependencies.cost.limit, budget: this.#budgets.of(caller) };
  }
}
