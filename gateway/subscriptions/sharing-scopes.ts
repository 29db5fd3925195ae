import type { PlanNode } from '@apollo/query-planner';
import type { Caller, SignedInCaller } from '../../subgraphs/shared/caller.js';
import type { SubgraphName } from '../../subgraphs/shared/subgraph.js';
import type { Operation } from '../operations/operation.js';
import { type StreamPolicies, streamPolicy } from './policy.js';
import type { SubscriptionRequest } from './resumable.js';
import { SilenceLimit } from './silence-limit.js';
import { credentialOf } from './subscriber.js';

/** What a caller may do, as one text. */
export interface PermissionFingerprints {
  /** Equal only for callers to whom every rule about permissions gives the same answer. */
  fingerprint(caller: SignedInCaller): Promise<string>;
  /** Tells at once whose may have changed (null: anybody's), as far as that is known; returns what ends it. */
  onChanged?(listener: (userId: string | null) => void): () => void;
}

/**
 * How long the source may say nothing. Who watches a stream that is open in another's name would otherwise go on
 * unchecked for as long as a database hangs: this and the time between two looks are less than the five seconds of SU-6.
 */
const silenceMilliseconds = 1_500;

/** Its answers depend on who asks: everybody may see more of themselves. */
const answersByCaller: ReadonlySet<SubgraphName> = new Set(['identity']);

/**
 * Decides which callers may share one upstream: those for whom every event, with all that completes it, is the same.
 *
 * The same user with the same credential always may. Different users may when their permissions are the same, because
 * subgraphs decide by nothing else of a caller, with three exceptions, none of which is shared so: fields of identity,
 * what is done in a cluster in the caller's name, and what is recorded (both named in policy.ts). `caller` is held to
 * this by test/gateway/sharing-rules.test.ts, which reads the subgraphs' code.
 */
export class SharingScopes {
  #own = 0;
  readonly #limit = new SilenceLimit(silenceMilliseconds);

  constructor(
    private readonly permissions: PermissionFingerprints | undefined,
    private readonly policies: StreamPolicies = streamPolicy,
  ) {}

  policyOf(request: SubscriptionRequest) {
    return this.policies(request.field);
  }

  /** With anybody: other subscriptions of the same user at least. */
  mayBeShared(request: SubscriptionRequest): boolean {
    return !this.#isOwn(request);
  }

  /** True when `of` may change while the subscription runs. */
  isByPermissions(operation: Operation, request: SubscriptionRequest, caller: Caller): boolean {
    const { sharedBy } = this.policies(request.field);
    return (
      this.permissions !== undefined &&
      caller.userId !== null &&
      sharedBy === 'permissions' &&
      !this.#isOwn(request) &&
      !dependsOnCaller(operation)
    );
  }

  /** Never rejects: who can't be told to have the same permissions as somebody else has a scope of their own. */
  async of(operation: Operation, request: SubscriptionRequest, caller: Caller): Promise<string> {
    if (this.#isOwn(request)) {
      this.#own += 1;
      return `own ${this.#own}`;
    }
    if (caller.userId !== null && this.isByPermissions(operation, request, caller)) {
      const fingerprint = await this.#fingerprint(caller);
      if (fingerprint !== undefined) return `permissions ${fingerprint}`;
    }
    return `credential ${credentialOf(caller)}`;
  }

  /** See `PermissionFingerprints.onChanged`. */
  onChanged(listener: (userId: string | null) => void): () => void {
    return this.permissions?.onChanged?.(listener) ?? (() => undefined);
  }

  /** Undefined when it can't be told, or not in time: the subgraph says why. */
  async #fingerprint(caller: SignedInCaller): Promise<string | undefined> {
    try {
      return this.permissions && (await this.#limit.wait(this.permissions.fingerprint(caller)));
    } catch {
      return undefined;
    }
  }

  #isOwn({ field, args }: SubscriptionRequest): boolean {
    const { sharedBy, ownWith = [] } = this.policies(field);
    return sharedBy === 'nobody' || ownWith.some((name) => args[name] != null);
  }
}

const known = new WeakMap<Operation, boolean>();

function dependsOnCaller(operation: Operation): boolean {
  let depends = known.get(operation);
  if (depends === undefined) {
    const { primary, rest } = operation.subscriptionPlan;
    depends = [...servicesOf(primary), ...(rest ? servicesOf(rest) : [])].some((name) =>
      answersByCaller.has(name as SubgraphName),
    );
    known.set(operation, depends);
  }
  return depends;
}

function servicesOf(node: PlanNode): string[] {
  switch (node.kind) {
    case 'Fetch':
      return [node.serviceName];
    case 'Flatten':
      return servicesOf(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(servicesOf);
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap((clause) => (clause ? servicesOf(clause) : []));
    default:
      throw new Error(`a subscription's plan has no ${node.kind}`);
  }
}
