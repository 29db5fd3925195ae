import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { knownStreams, streamPolicy } from '../../gateway/subscriptions/policy.js';
import { projectRoot } from '../../subgraphs/shared/project-root.js';

/**
 * Where code of the subgraphs looks at more of a caller than its permissions, and why users with the same permissions
 * still get the same events. A file that is new here must not have a part in what a stream shared by permissions
 * sends, or the stream needs another policy (gateway/subscriptions/policy.ts).
 */
const looksAtCaller: Readonly<Record<string, string>> = {
  'clusters/node-drain/drain-runner.ts': 'works in the name of who started the drain, not of who watches it',
  'clusters/node-drain/node-drain.service.ts': 'mutations',
  'clusters/node/node-maintenance.client.ts': 'mutations',
  'clusters/status/cluster-status.service.ts':
    "which identity events to read anew for; the hub knows of a change of any other watcher's permissions",
  'deployments/deployment/deployment-rehearsal.ts': 'mutations, and root queries that plan them',
  'deployments/deployment/deployment-starter.ts': 'mutations',
  'deployments/exec-session/debug-container.client.ts': 'exec, shared by nobody',
  'deployments/exec-session/exec-client.ts': 'exec, shared by nobody',
  'deployments/exec-session/exec-journal.ts': 'exec, shared by nobody',
  'deployments/exec-session/exec-session.service.ts': 'exec, shared by nobody',
  'deployments/exec-session/held-sessions.ts': 'exec, shared by nobody',
  'deployments/list-changes.service.ts': 'hints, shared by credential',
  'deployments/log/log.service.ts':
    'serviceLogs and rolloutProgress with logTail, shared by nobody; a root query',
  'deployments/pod/pod.service.ts': 'a mutation',
  'deployments/preflight/preflight.client.ts': 'mutations, and root queries that plan them',
  'deployments/service/service.service.ts': 'mutations',
  'deployments/workload/service-secret.client.ts': 'mutations, and root queries that plan them',
  'deployments/workload/workload.applier.ts': 'mutations',
  'deployments/workload/workload.reconciler.ts': 'works in the name of who deployed',
  'marketplace/instance/credentials.service.ts': 'a mutation',
  'marketplace/instance/instance-creation.service.ts': 'a mutation',
  'marketplace/instance/instance-deletion.service.ts': 'a mutation',
  'marketplace/instance/instance-preflight.ts': 'mutations',
  'marketplace/instance/instance-reconciler.ts': 'works in the name of who changed the instance',
  'marketplace/instance/instance-update.service.ts': 'a mutation',
  'marketplace/instance/workload.client.ts': 'how the others above act in a name',
  'projects/environment/environment-change.service.ts': 'mutations',
  'projects/environment/environment-creation.service.ts': 'a mutation',
  'projects/environment/environment.client.ts': 'how the others above act in a name',
  'shared/changes.ts': 'mutations',
  'shared/federated-schema.ts': 'mutations',
  'shared/kubernetes/connections.ts': 'how the others above act in a name',
  'shared/permissions.ts': 'what the fingerprint is made of',
  'shared/stream-guard.ts': "refuses nobody; which caller it watches over is the hub's to know",
};

test('nothing but permissions decides what streams shared by permissions send', async () => {
  const folder = join(projectRoot(), 'subgraphs');
  const files = await readdir(folder, { recursive: true });
  const found: string[] = [];
  for (const file of files) {
    // Fields of identity are never shared by permissions.
    if (!/\.ts$/.test(file) || /\.test\.ts$/.test(file) || file.startsWith('identity')) continue;
    const text = await readFile(join(folder, file), 'utf8');
    if (/aller\??\.(userId|credentialId|credentialKind|address)\b|\bactingFor\b/.test(text)) found.push(file);
  }
  expect(found.sort()).toEqual(Object.keys(looksAtCaller).sort());
});

test('every subscription of the API has a policy, and every policy a subscription', async () => {
  const text = await readFile(join(projectRoot(), 'schema', 'supergraph.graphql'), 'utf8');
  const fields = parse(text).definitions.flatMap((definition) =>
    definition.kind === 'ObjectTypeDefinition' && definition.name.value === 'Subscription'
      ? (definition.fields ?? []).map(({ name }) => name.value)
      : [],
  );
  expect([...knownStreams].sort()).toEqual(fields.sort());
  expect(streamPolicy('toString')).toEqual({ sharedBy: 'credential' });
});
