import { draftOf } from '../controllers/draft.js';
import { matchesTerm } from '../controllers/node-matching.js';
import { ObjectCache } from '../controllers/object-cache.js';
import { SELECTED_NODE } from '../controllers/volume.controller.js';
import type { Api, KubernetesObject } from '../storage/api.js';
import type { Misfit } from './scheduler-message.js';

/** The part of scheduling that is about claims and the volumes behind them. */
export class SchedulerVolumes {
  private readonly claims: ObjectCache;
  private readonly volumes: ObjectCache;
  private readonly storageClasses: ObjectCache;

  constructor(
    private readonly api: Api,
    changed: () => void,
  ) {
    this.claims = new ObjectCache(api, 'persistentvolumeclaims');
    this.volumes = new ObjectCache(api, 'persistentvolumes');
    this.storageClasses = new ObjectCache(api, 'storageclasses');
    this.claims.subscribe(changed);
  }

  dispose(): void {
    for (const cache of [this.claims, this.volumes, this.storageClasses]) cache.dispose();
  }

  /** What keeps the pod from any node: a claim that is missing, or one that binds without waiting for a pod. */
  blocking(pod: KubernetesObject): string | undefined {
    for (const { claim, name } of this.claimsOf(pod)) {
      if (!claim) return `persistentvolumeclaim "${name}" not found`;
      if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
      if (claim['status']?.phase !== 'Bound' && !this.waitsForConsumer(claim))
        return 'pod has unbound immediate PersistentVolumeClaims';
    }
    return undefined;
  }

  /** A volume that only some nodes can reach. */
  misfit(pod: KubernetesObject, node: KubernetesObject): Misfit | undefined {
    const isReachable = this.claimsOf(pod).every(({ claim }) => {
      const volume = claim && this.volumes.get(claim['spec'].volumeName ?? '');
      const terms: any[] | undefined = volume?.['spec'].nodeAffinity?.required?.nodeSelectorTerms;
      return !terms || terms.some((term) => matchesTerm(term, node));
    });
    return isReachable
      ? undefined
      : { reason: "node(s) didn't match PersistentVolume's node affinity", fixed: true };
  }

  /** Tells the provisioner the node; answers whether all volumes are bound. */
  bind(pod: KubernetesObject, node: KubernetesObject): boolean {
    const unbound = this.claimsOf(pod).flatMap(({ claim }) =>
      claim && claim['status']?.phase !== 'Bound' ? [claim] : [],
    );
    for (const claim of unbound.filter(({ metadata }) => !metadata.annotations?.[SELECTED_NODE])) {
      const draft = draftOf(claim);
      draft.metadata['annotations'] = {
        ...draft.metadata['annotations'],
        [SELECTED_NODE]: node.metadata.name,
      };
      this.api.update('persistentvolumeclaims', draft);
    }
    return unbound.length === 0;
  }

  private claimsOf(pod: KubernetesObject): { name: string; claim: KubernetesObject | undefined }[] {
    return (pod['spec'].volumes ?? [])
      .filter((volume: any) => volume.persistentVolumeClaim)
      .map((volume: any) => {
        const name: string = volume.persistentVolumeClaim.claimName;
        return { name, claim: this.claims.get(`${pod.metadata.namespace}/${name}`) };
      });
  }

  private waitsForConsumer(claim: KubernetesObject): boolean {
    const storageClass = this.storageClasses.get(claim['spec'].storageClassName ?? '');
    return storageClass?.['volumeBindingMode'] === 'WaitForFirstConsumer';
  }
}
