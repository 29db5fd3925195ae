import type { ContainerHost } from './container-host.js';
import { annotatedFault } from './faults.js';
import { missingVolume } from './references.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 122_000;

/** Mounts a pod's volumes, again and again until what they need is there. */
export class PodVolumes {
  private retryAt = 0;
  private retryMs = FIRST_RETRY_MS;

  constructor(private readonly host: ContainerHost) {}

  /** When to look again; undefined when all are mounted. */
  step(now: number): number | undefined {
    if (this.retryAt > now) return this.retryAt;
    const problem = this.problem();
    if (problem === undefined) return undefined;
    this.host.record('', { type: 'Warning', reason: 'FailedMount', message: problem });
    this.retryAt = now + this.host.scaled(this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS);
    return this.retryAt;
  }

  private problem(): string | undefined {
    const { api, pod } = this.host;
    if (annotatedFault(pod) !== 'mount-error') return missingVolume(api, pod);
    const volume = pod['spec'].volumes?.[0]?.name ?? 'data';
    return `MountVolume.MountDevice failed for volume "${volume}" : rpc error: code = Internal desc = the device is not attached to the node (injected fault)`;
  }
}
