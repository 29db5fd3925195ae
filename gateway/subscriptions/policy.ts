/** What the gateway has to know of one kind of stream, beyond what its type says. */
export interface StreamPolicy {
  /**
   * Who may share one upstream:
   * - `permissions`: all who have the same permissions, because nothing in its events depends on anything else of the
   *   caller (see SharingScopes);
   * - `credential`: one user with one credential, always right;
   * - `nobody`: opening it is an act of its own, which is recorded or which starts something.
   */
  readonly sharedBy: 'permissions' | 'credential' | 'nobody';
  /** With one of these arguments it is shared by nobody: it then does something in the caller's name. */
  readonly ownWith?: readonly string[];
  /**
   * Its events hold no state, so that one of them is as good as many: whoever comes later joins at once, and whoever
   * reads slowly gets the newest only.
   */
  readonly hint?: boolean;
}

export type StreamPolicies = (field: string) => StreamPolicy;

/**
 * By root field. Everything else follows from the stream itself (resumable.ts). One with a cursor is left by a viewer
 * who reads too slowly or comes too late for its beginning, and taken up by the cursor: so what is dropped, and how
 * that is said, is decided by the subgraph that knows what its events mean. (The newest state wins for status streams,
 * with StreamReset and a snapshot where changes are no longer known; logs say LogGap.) One without a cursor can't be
 * taken up: too slow a viewer among several gets an error. A viewer who is alone slows the subgraph down, which for
 * exec pauses the process.
 */
const policies: Readonly<Record<string, StreamPolicy>> = {
  clusterStatus: { sharedBy: 'permissions' },
  nodeDrain: { sharedBy: 'permissions' },
  podStatus: { sharedBy: 'permissions' },
  // Its log is read in the cluster in the caller's name, and that is audited.
  rolloutProgress: { sharedBy: 'permissions', ownWith: ['logTail'] },
  deploymentLog: { sharedBy: 'permissions' },
  instanceStatus: { sharedBy: 'permissions' },
  // Hints tell of changes of the caller's own roles too.
  servicesChanged: { sharedBy: 'credential', hint: true },
  deploymentsChanged: { sharedBy: 'credential', hint: true },
  // Each opening is audited, and the log is read in the cluster in the caller's name.
  serviceLogs: { sharedBy: 'nobody' },
  exec: { sharedBy: 'nobody' },
};

const unknown: StreamPolicy = { sharedBy: 'credential' };

export const streamPolicy: StreamPolicies = (field) =>
  Object.hasOwn(policies, field) ? (policies[field] ?? unknown) : unknown;

/** Those that have a policy of their own. */
export const knownStreams: readonly string[] = Object.keys(policies);
