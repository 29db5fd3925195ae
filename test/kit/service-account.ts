import { randomBytes } from 'node:crypto';
import type { Sandbox } from '../../sandbox/sandbox.js';

/** What an account may do in the whole cluster, as in a ClusterRole. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export const everything: Rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

/** Makes a service account with exactly these rights in a sandbox, and gives its token. */
export async function serviceAccountToken(sandbox: Sandbox, rules: readonly Rule[]): Promise<string> {
  const name = `account-${randomBytes(4).toString('hex')}`;
  const rbac = 'rbac.authorization.k8s.io';
  sandbox.api.create('serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'default' },
  });
  sandbox.api.create('clusterroles', {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  });
  sandbox.api.create('clusterrolebindings', {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  });
  const answer = await fetch(`${sandbox.url}/api/v1/namespaces/default/serviceaccounts/${name}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
  });
  const { status } = (await answer.json()) as { status: { token: string } };
  return status.token;
}
