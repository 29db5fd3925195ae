import type { GatewayDependencies } from '../../gateway/server.js';
import type { StreamPolicy } from '../../gateway/subscriptions/policy.js';
import type { PermissionFingerprints } from '../../gateway/subscriptions/sharing-scopes.js';
import { expectSoon, type Received, startTinyGateway, type TinyGateway } from './tiny-gateway.js';
import { deployment, type OpenStream } from './tiny-subgraphs.js';

export const rollout = `subscription ($id: ID!, $after: String) {
  rollout(deploymentId: $id, after: $after) { ... on RolloutProgressed { percent deployment { project { name } } } }
}`;
export const withCluster = `subscription Another($id: ID!) {
  rollout(deploymentId: $id) { ... on RolloutProgressed { percent deployment { project { cluster { name } } } } }
}`;

/** An event of both, with the cursor `c<percent>`. */
export const progressed = (percent: number) => ({
  cursor: `c${percent}`,
  percent,
  deployment: deployment('d1'),
});

export const percents = ({ results }: Received): unknown[] =>
  results.map(({ data }) => (data as { rollout: { percent: number } }).rollout.percent);

/** The streams from subgraphs, as soon as there are so many. */
export async function opened(tiny: TinyGateway, count: number): Promise<readonly OpenStream[]> {
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(count);
  return tiny.subgraphs.streams;
}

/** A gateway whose streams are shared by all who have the same permissions. */
export function startSharing(
  permissions: PermissionFingerprints,
  policy: Partial<StreamPolicy> = {},
  dependencies: Partial<GatewayDependencies> = {},
): Promise<TinyGateway> {
  return startTinyGateway({
    dependencies: {
      ...dependencies,
      permissions,
      streamPolicies: () => ({ sharedBy: 'permissions', ...policy }),
    },
  });
}

/** What users may do, in the hands of the test: one text for each user. */
export class TestPermissions implements PermissionFingerprints {
  /** While it is false nobody can tell, and while it is a promise nobody does yet. */
  known: boolean | Promise<never> = true;
  readonly #listeners = new Set<(userId: string | null) => void>();

  constructor(private readonly texts: Record<string, string> = {}) {}

  async fingerprint({ userId }: { readonly userId: string }): Promise<string> {
    if (!(await this.known)) throw new Error('the database does not answer');
    return this.texts[userId] ?? 'none';
  }

  onChanged(listener: (userId: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Without telling anybody. */
  set(userId: string, text: string): void {
    this.texts[userId] = text;
  }

  tell(userId: string | null): void {
    for (const listener of this.#listeners) listener(userId);
  }
}
