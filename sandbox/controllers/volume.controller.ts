import type { Api, KubernetesObject } from '../storage/api.js';
import { type PacedClock, timestamp } from './clock.js';
import { draftOf } from './draft.js';
import { EventRecorder } from './event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { toNumber } from './quantity.js';
import { isClaimedBy, sizeOf, volumeDraft, volumeFor } from './volume-claims.js';
import { WorkQueue } from './work-queue.js';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const PROTECTION = 'kubernetes.io/pvc-protection';
/** The scheduler's word to the provisioner: the node that the first consumer goes to. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const PROVISIONING_SINCE = 'sandbox.meridian.dev/provisioning-since';
const PROVISION_MS = 300;

export interface VolumeCaches {
  readonly claims: ObjectCache;
  readonly volumes: ObjectCache;
  readonly storageClasses: ObjectCache;
  /** Indexed by `claim/<namespace>/<name>` for each claim that a pod mounts. */
  readonly pods: ObjectCache;
}

/** Binds claims to volumes, provisions volumes of a class, grows them, and releases them with their claim. */
export class VolumeController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;
  private readonly provisionerEvents: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: VolumeCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'persistentvolume-controller' });
    this.provisionerEvents = new EventRecorder(api, clock, { component: 'sandbox.meridian.dev/volume' });
    const enqueuePending = () => {
      for (const claim of caches.claims.all())
        if (claim['status']?.phase !== 'Bound') this.queue.add(keyOf(claim));
    };
    caches.claims.subscribe(({ type, object }) =>
      type === 'DELETED' ? this.release(object) : this.queue.add(keyOf(object)),
    );
    caches.volumes.subscribe(({ type, object }) => {
      if (type === 'ADDED') this.publishVolume(object);
      enqueuePending();
    });
    caches.storageClasses.subscribe(enqueuePending);
    caches.pods.subscribe(({ object }) => {
      for (const volume of object['spec'].volumes ?? [])
        if (volume.persistentVolumeClaim)
          this.queue.add(`${object.metadata.namespace}/${volume.persistentVolumeClaim.claimName}`);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const claim = this.api.get('persistentvolumeclaims', namespace, name);
    if (!claim) return;
    if (claim.metadata.deletionTimestamp) {
      this.unprotect(claim);
      return;
    }
    if (claim['status']?.phase === 'Bound') {
      this.grow(claim);
      return;
    }
    const volume = volumeFor(claim, this.caches.volumes.all());
    if (volume) {
      this.bind(claim, volume);
      return;
    }
    if (claim['spec'].storageClassName === undefined) {
      this.assignDefaultClass(claim);
      return;
    }
    if (claim['spec'].storageClassName === '') {
      this.reportUnbindable(claim);
      return;
    }
    this.provision(claim);
  }

  private assignDefaultClass(claim: KubernetesObject): void {
    const standard = this.caches.storageClasses
      .all()
      .find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true');
    if (!standard) {
      this.reportUnbindable(claim);
      return;
    }
    const draft = draftOf(claim);
    draft['spec'].storageClassName = standard.metadata.name;
    this.api.update('persistentvolumeclaims', draft);
  }

  private reportUnbindable(claim: KubernetesObject): void {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    this.events.record(claim, { type: 'Normal', reason: 'FailedBinding', message });
  }

  private provision(claim: KubernetesObject): void {
    const className: string = claim['spec'].storageClassName;
    const storageClass = this.caches.storageClasses.get(className);
    if (!storageClass) {
      const message = `storageclass.storage.k8s.io "${className}" not found`;
      this.events.record(claim, { type: 'Warning', reason: 'ProvisioningFailed', message });
      return;
    }
    const isImmediate = storageClass['volumeBindingMode'] !== 'WaitForFirstConsumer';
    if (!isImmediate && !claim.metadata.annotations?.[SELECTED_NODE]) {
      const message = 'waiting for first consumer to be created before binding';
      this.events.record(claim, { type: 'Normal', reason: 'WaitForFirstConsumer', message });
      return;
    }
    const age = this.clock.now() - Date.parse(claim.metadata.annotations?.[PROVISIONING_SINCE] ?? '');
    if (Number.isNaN(age)) {
      this.startProvisioning(claim, storageClass);
      return;
    }
    const needed = this.clock.scaled(PROVISION_MS);
    if (age < needed) {
      this.queue.addAfter(keyOf(claim), needed - age);
      return;
    }
    const volume = this.api.create('persistentvolumes', volumeDraft(claim, storageClass));
    const message = `Successfully provisioned volume ${volume.metadata.name}`;
    this.provisionerEvents.record(claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message });
  }

  private startProvisioning(claim: KubernetesObject, storageClass: KubernetesObject): void {
    const draft = draftOf(claim);
    draft.metadata['annotations'] = {
      ...draft.metadata['annotations'],
      'volume.kubernetes.io/storage-provisioner': storageClass['provisioner'],
      [PROVISIONING_SINCE]: new Date(this.clock.now()).toISOString(),
    };
    this.api.update('persistentvolumeclaims', draft);
    const { namespace, name } = claim.metadata;
    const message = `External provisioner is provisioning volume for claim "${namespace}/${name}"`;
    this.provisionerEvents.record(claim, { type: 'Normal', reason: 'Provisioning', message });
  }

  private bind(claim: KubernetesObject, volume: KubernetesObject): void {
    const volumeDraftToBind = draftOf(volume);
    if (!isClaimedBy(volume, claim)) {
      const { namespace, name, uid, resourceVersion } = claim.metadata;
      volumeDraftToBind['spec'].claimRef = {
        kind: claim.kind,
        namespace,
        name,
        uid,
        apiVersion: 'v1',
        resourceVersion,
      };
      volumeDraftToBind.metadata['annotations'] = {
        ...volumeDraftToBind.metadata['annotations'],
        'pv.kubernetes.io/bound-by-controller': 'yes',
      };
    }
    const bound = this.api.update('persistentvolumes', volumeDraftToBind);
    this.publishVolume(bound, 'Bound');

    const draft = draftOf(claim);
    draft['spec'].volumeName = volume.metadata.name;
    draft.metadata['annotations'] = {
      ...draft.metadata['annotations'],
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    };
    const { [PROVISIONING_SINCE]: _, ...annotations } = draft.metadata['annotations'];
    draft.metadata['annotations'] = annotations;
    const updated = draftOf(this.api.update('persistentvolumeclaims', draft));
    const { accessModes, capacity } = volume['spec'];
    updated['status'] = { phase: 'Bound', accessModes, capacity };
    this.api.update('persistentvolumeclaims', structuredClone(updated), 'status');
  }

  /** Whether the claim may grow was decided when it was changed. */
  private grow(claim: KubernetesObject): void {
    const wanted: string | undefined = claim['spec'].resources?.requests?.storage;
    const volume = this.caches.volumes.get(claim['spec'].volumeName);
    if (!wanted || !volume || toNumber(wanted) <= sizeOf(volume)) return;
    const storageClass = this.caches.storageClasses.get(claim['spec'].storageClassName ?? '');
    if (!storageClass?.['allowVolumeExpansion']) return;
    const volumeDraftToGrow = draftOf(volume);
    volumeDraftToGrow['spec'].capacity = { storage: wanted };
    this.api.update('persistentvolumes', volumeDraftToGrow);
    const draft = draftOf(claim);
    draft['status'] = { ...draft['status'], capacity: { storage: wanted } };
    this.api.update('persistentvolumeclaims', draft, 'status');
    const message = 'MountVolume.NodeExpandVolume succeeded for volume';
    this.provisionerEvents.record(claim, { type: 'Normal', reason: 'FileSystemResizeSuccessful', message });
  }

  /** A claim in use stays until its last pod is gone. */
  private unprotect(claim: KubernetesObject): void {
    const { finalizers = [] } = claim.metadata;
    if (!finalizers.includes(PROTECTION) || this.caches.pods.by(`claim/${keyOf(claim)}`).length > 0) return;
    const draft = draftOf(claim);
    draft.metadata['finalizers'] = finalizers.filter((finalizer) => finalizer !== PROTECTION);
    this.api.update('persistentvolumeclaims', draft);
  }

  private release(claim: KubernetesObject): void {
    const volume = this.caches.volumes.all().find((candidate) => isClaimedBy(candidate, claim));
    if (!volume) return;
    this.publishVolume(volume, 'Released');
    if (volume['spec'].persistentVolumeReclaimPolicy !== 'Delete') return;
    const draft = draftOf(this.api.get('persistentvolumes', undefined, volume.metadata.name) ?? volume);
    draft.metadata['finalizers'] = [];
    this.api.update('persistentvolumes', draft);
    this.api.remove('persistentvolumes', undefined, volume.metadata.name);
  }

  private publishVolume(
    volume: KubernetesObject,
    phase = volume['spec'].claimRef ? undefined : 'Available',
  ): void {
    const before = volume['status']?.phase;
    if (!phase || phase === before || (phase === 'Available' && before && before !== 'Pending')) return;
    const status = { ...volume['status'], phase, lastPhaseTransitionTime: timestamp(this.clock.now()) };
    this.api.update('persistentvolumes', { ...draftOf(volume), status }, 'status');
  }
}
