import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import { draftOf } from './draft.js';
import type { EventRecorder } from './event-recorder.js';
import { controllerReference, isControlledBy } from './ownership.js';
import { podFromTemplate } from './pod-factory.js';
import { atRevision } from './statefulset-revisions.js';

export const REVISION_LABEL = 'controller-revision-hash';

export const ordinalOf = (pod: KubernetesObject): number =>
  Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? Number.NaN);

const claimName = (set: KubernetesObject, template: any, ordinal: number): string =>
  `${template.metadata.name}-${set.metadata.name}-${ordinal}`;

/** Makes the claims that the ordinal's pod needs and the pod itself; what is there already stays. */
export function createPod(
  api: Api,
  events: EventRecorder,
  set: KubernetesObject,
  ordinal: number,
  revision: KubernetesObject,
): void {
  const name = `${set.metadata.name}-${ordinal}`;
  const leaving: string[] = [];
  for (const template of set['spec'].volumeClaimTemplates ?? []) {
    const claim = claimDraft(set, template, ordinal);
    const known = api.get('persistentvolumeclaims', set.metadata.namespace, claim.metadata.name ?? '');
    if (known?.metadata.deletionTimestamp) leaving.push(`pvc ${known.metadata.name} is being deleted`);
    if (known) continue;
    const subject = `Claim ${claim.metadata.name} Pod ${name} in StatefulSet ${set.metadata.name}`;
    record(events, set, subject, 'success', () => api.create('persistentvolumeclaims', claim));
  }
  const subject = `Pod ${name} in StatefulSet ${set.metadata.name}`;
  record(events, set, subject, 'successful', () => {
    // A pod that used the claim would keep it from ever going, and would never be scheduled itself.
    if (leaving.length > 0) throw new Error(leaving.join(', '));
    api.create('pods', podDraft(set, ordinal, revision));
  });
}

function record(
  events: EventRecorder,
  set: KubernetesObject,
  subject: string,
  success: string,
  create: () => unknown,
): void {
  try {
    create();
    events.record(set, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Create ${subject} ${success}`,
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const message = `create ${subject} failed error: ${text}`;
    events.record(set, { type: 'Warning', reason: 'FailedCreate', message });
    throw error;
  }
}

function claimDraft(set: KubernetesObject, template: any, ordinal: number): Draft {
  const { metadata, spec } = template;
  const isOwned = set['spec'].persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  return structuredClone({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...metadata.labels, ...set['spec'].selector.matchLabels },
      ...(isOwned && { ownerReferences: [controllerReference(set)] }),
    },
    spec,
  });
}

/** With `whenScaled: Delete` the claims of a pod that is scaled away go with it: the garbage collector sees to it. */
export function giveClaimsTo(api: Api, set: KubernetesObject, pod: KubernetesObject): void {
  if (set['spec'].persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return;
  for (const template of set['spec'].volumeClaimTemplates ?? []) {
    const name = claimName(set, template, ordinalOf(pod));
    const claim = api.get('persistentvolumeclaims', pod.metadata.namespace, name);
    if (!claim || isControlledBy(claim, pod)) continue;
    const draft = draftOf(claim);
    draft.metadata['ownerReferences'] = [controllerReference(pod)];
    api.update('persistentvolumeclaims', draft);
  }
}

function podDraft(set: KubernetesObject, ordinal: number, revision: KubernetesObject): Draft {
  const name = `${set.metadata.name}-${ordinal}`;
  const draft = podFromTemplate(atRevision(set, revision), { name, generateName: `${set.metadata.name}-` });
  draft.metadata['labels'] = {
    ...draft.metadata['labels'],
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION_LABEL]: revision.metadata.name,
    'statefulset.kubernetes.io/pod-name': name,
  };
  const templates: any[] = set['spec'].volumeClaimTemplates ?? [];
  const claimed = templates.map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  const others = (draft['spec'].volumes ?? []).filter(
    (volume: any) => !claimed.some(({ name: volumeName }) => volumeName === volume.name),
  );
  if (claimed.length + others.length > 0) draft['spec'].volumes = [...claimed, ...others];
  draft['spec'].hostname = name;
  if (set['spec'].serviceName) draft['spec'].subdomain = set['spec'].serviceName;
  return draft;
}
