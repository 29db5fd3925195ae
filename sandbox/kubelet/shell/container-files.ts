import type { InMemoryFs } from 'just-bash';
import type { ContainerHost } from '../container-host.js';
import type { ContainerInstance } from '../container-instance.js';
import { mountedFiles } from '../mounted-files.js';
import type { DeviceFiles } from './device-files.js';
import { systemFiles } from './system-files.js';

const MAX_BYTES = 32 << 20;

/** The file system of a container: made when first needed, then shared by all that runs in the container. */
export class ContainerFiles {
  private opened: Promise<DeviceFiles> | undefined;

  constructor(private readonly instance: ContainerInstance) {}

  open(): Promise<DeviceFiles> {
    this.opened ??= this.make();
    return this.opened;
  }

  /** Paths that exist before the container changes anything; enough to say whether a command is there. */
  initial(): Record<string, string> {
    const { program, context, host, spec } = this.instance;
    return {
      ...systemFiles(program.system, context.pod),
      ...program.files(context),
      ...mountedFiles(host.api, host.pod, spec),
    };
  }

  private async make(): Promise<DeviceFiles> {
    const { DeviceFiles: Files } = await import('./device-files.js');
    const { InMemoryFs } = await import('just-bash');
    const make = (files: Record<string, string>) => new InMemoryFs(files, { maxTotalBytes: MAX_BYTES });
    const files = new Files({ base: make(this.initial()) });
    const { host, spec } = this.instance;
    const volumes: any[] = host.pod['spec'].volumes ?? [];
    for (const { name, mountPath, subPath } of spec.volumeMounts ?? []) {
      const volume = volumes.find((each) => each.name === name) ?? {};
      const stored = subPath === undefined ? storeOf(host, volume) : undefined;
      if (!stored) continue;
      const content = stored.get(keyOf(host, volume)) ?? make({});
      stored.set(keyOf(host, volume), content);
      files.mount(mountPath, content);
    }
    return files;
  }
}

type Stored = Map<string, InMemoryFs>;

/** What containers have written to volumes: of a pod as long as it lives, of a claim as long as the cluster does. */
const ofPods = new WeakMap<object, Stored>();
const ofClusters = new WeakMap<object, Stored>();

function storeOf(host: ContainerHost, volume: any): Stored | undefined {
  if (!volume.emptyDir && !volume.persistentVolumeClaim) return undefined;
  const [stores, owner]: [WeakMap<object, Stored>, object] = volume.emptyDir
    ? [ofPods, host]
    : [ofClusters, host.images];
  const stored = stores.get(owner) ?? new Map();
  stores.set(owner, stored);
  return stored;
}

function keyOf(host: ContainerHost, volume: any): string {
  if (volume.emptyDir) return volume.name;
  const { namespace } = host.pod.metadata;
  const claim = host.api.get('persistentvolumeclaims', namespace, volume.persistentVolumeClaim.claimName);
  return claim?.metadata.uid ?? `${namespace}/${volume.persistentVolumeClaim.claimName}`;
}
