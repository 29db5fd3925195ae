import { forbidden } from '../api-errors.js';
import { type Random, randomSuffix } from '../random.js';
import { keyOf, type Store } from '../store.js';
import type { Admission } from './admission.js';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the plugins ServiceAccount, DefaultTolerationSeconds and Priority put into each new pod. */
export const podDefaults = (store: Store, random: Random): Admission => ({
  mutateCreate(kind, pod) {
    if (kind.name !== 'pods') return;
    addServiceAccount(store, random, kind, pod);
    addTolerations(pod.spec);
    addPriority(store, kind, pod);
  },
});

/** From the named PriorityClass, or the cluster's default one; 0 where there is none. */
const addPriority = (store: Store, kind: { name: string; group: string }, pod: any): void => {
  const { spec, metadata } = pod;
  const classes = store.list('priorityclasses');
  const named = spec.priorityClassName;
  const chosen = classes.find((each) => (named ? each.metadata.name === named : each['globalDefault']));
  const builtIn = BUILT_IN_PRIORITIES[named ?? ''];
  if (named && !chosen && builtIn === undefined)
    throw forbidden(kind, metadata.name ?? '', `no PriorityClass with name ${named} was found`);
  if (chosen) spec.priorityClassName = chosen.metadata.name;
  spec.priority = builtIn ?? chosen?.['value'] ?? spec.priority ?? 0;
  spec.preemptionPolicy ??= chosen?.['preemptionPolicy'] ?? 'PreemptLowerPriority';
};

const BUILT_IN_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

const addServiceAccount = (
  store: Store,
  random: Random,
  kind: { name: string; group: string },
  pod: any,
): void => {
  const { spec, metadata } = pod;
  spec.serviceAccountName ??= 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const account = store.get('serviceaccounts', keyOf(metadata.namespace, spec.serviceAccountName));
  // The real server waits for the account of a new namespace; it is about to be there.
  if (!account && spec.serviceAccountName !== 'default')
    throw forbidden(
      kind,
      metadata.name ?? '',
      `error looking up service account ${metadata.namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
    );
  if ((spec.automountServiceAccountToken ?? account?.['automountServiceAccountToken']) === false) return;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const unmounted = containers.filter(
    (container) => !(container.volumeMounts ?? []).some(({ mountPath }: any) => mountPath === TOKEN_PATH),
  );
  if (unmounted.length === 0) return;
  const name = `kube-api-access-${randomSuffix(random)}`;
  for (const container of unmounted)
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath: TOKEN_PATH },
    ];
  spec.volumes = [...(spec.volumes ?? []), { name, projected: tokenVolume() }];
};

const tokenVolume = (): object => ({
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 0o644,
});

const addTolerations = (spec: any): void => {
  const tolerations: any[] = spec.tolerations ?? [];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const isTolerated = tolerations.some(
      (toleration) =>
        (toleration.key === key || toleration.key === undefined) &&
        (toleration.effect === 'NoExecute' || toleration.effect === undefined),
    );
    if (!isTolerated)
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec.tolerations = tolerations;
};
