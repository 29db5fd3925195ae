import { quoted } from '../../shared/kubernetes/names.js';
import { compareQuantities, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { PersistentVolumeClaim, StorageClass } from '../../shared/kubernetes/resources.js';
import type { ServiceSpec, VolumeSpec } from '../service/service-spec.js';
import { claimName } from '../workload/deployment.builder.js';
import { surgeOf } from './rollout-moments.js';
import type { SpecProblem } from './spec-problem.js';

export interface StorageFacts {
  /** Those that are there, by name. */
  readonly claims: ReadonlyMap<string, PersistentVolumeClaim>;
  /** Null: not known. */
  readonly classes: readonly StorageClass[] | null;
}

/** What can't be: claims keep their class for good and never shrink. */
export function volumeProblems(
  service: { readonly name: string },
  spec: ServiceSpec,
  facts: StorageFacts,
): SpecProblem[] {
  return spec.volumes.flatMap((volume, index) => {
    if (volume.size === null) return [];
    const live = facts.claims.get(claimName(service.name, volume.name));
    const found = live ? changeOf(volume, live, facts) : classOf(volume, facts);
    return found ? [{ path: ['volumes', String(index), found.field], message: found.message }] : [];
  });
}

type Found = { readonly field: string; readonly message: string } | undefined;

function changeOf(volume: VolumeSpec, live: PersistentVolumeClaim, { classes }: StorageFacts): Found {
  const storageClass = live.spec?.storageClassName ?? '';
  if (volume.storageClass !== null && volume.storageClass !== storageClass) {
    return {
      field: 'storageClass',
      message: `The volume ${quoted(volume.name)} is of the storage class ${quoted(storageClass)}, which can't change: keep it, or use a volume of another name.`,
    };
  }
  const size = live.spec?.resources?.requests?.['storage'];
  const [has, wants] = [readQuantity(size), readQuantity(volume.size)];
  const order = has && wants ? compareQuantities(wants, has) : 0;
  if (order < 0) {
    return {
      field: 'size',
      message: `The volume ${quoted(volume.name)} has ${size} and can't shrink to ${volume.size}: keep its size, or use a volume of another name.`,
    };
  }
  const known = classes?.find(({ metadata }) => metadata?.name === storageClass);
  if (order > 0 && known && known.allowVolumeExpansion !== true) {
    return {
      field: 'size',
      message: `The volume ${quoted(volume.name)} has ${size}, and its storage class ${quoted(storageClass)} lets none grow: keep its size, or use a volume of another name.`,
    };
  }
  return undefined;
}

function classOf(volume: VolumeSpec, { classes }: StorageFacts): Found {
  if (volume.storageClass === null || classes === null) return undefined;
  const names = classes.map(({ metadata }) => metadata?.name ?? '');
  if (names.includes(volume.storageClass)) return undefined;
  return {
    field: 'storageClass',
    message: `The cluster has no storage class ${quoted(volume.storageClass)}: use ${names.length > 0 ? `one of ${names.sort().join(', ')}` : 'an emptyDir (no size), for it has none'}.`,
  };
}

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** What may be meant so, and often ends in pods that don't start. */
export function volumeWarnings(
  service: { readonly name: string },
  spec: ServiceSpec,
  { claims, classes }: StorageFacts,
): SpecProblem[] {
  const most = Math.max(spec.replicas, spec.autoscaling?.maxReplicas ?? 0);
  const replaced = spec.strategy.type === 'CANARY' || (spec.strategy.type === 'ROLLING' && surgeOf(spec) > 0);
  const hasDefault =
    classes?.some(({ metadata }) => metadata?.annotations?.[defaultClass] === 'true') ?? true;
  return spec.volumes.flatMap(({ name, size, storageClass }, index) => {
    if (size === null) return [];
    const path = ['volumes', String(index)];
    const shared = `Pods on one node only can use the volume ${quoted(name)} at a time (ReadWriteOnce)`;
    return [
      ...(most > 1
        ? [{ path, message: `${shared}, but there are up to ${most}: those on other nodes may not start.` }]
        : most === 1 && replaced
          ? [
              {
                path,
                message: `${shared}: a new pod on another node waits for the old one to go. Use the strategy RECREATE.`,
              },
            ]
          : []),
      ...(storageClass === null && !hasDefault && !claims.has(claimName(service.name, name))
        ? [
            {
              path,
              message: `The cluster has no default storage class, so nothing provides the volume ${quoted(name)}: name a storageClass.`,
            },
          ]
        : []),
    ];
  });
}
