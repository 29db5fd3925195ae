import { BackOff, goDuration } from './back-off.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerState, Terminated } from './container-state.js';

export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** Whether, when and how often a container that ended is started again. */
export class ContainerRestarts {
  count = 0;
  lastTerminated: Terminated | undefined;
  private readonly backOff = new BackOff();
  private isCounting = false;

  constructor(
    private readonly host: ContainerHost,
    private readonly name: string,
    private readonly path: string,
    private readonly role: ContainerRole,
  ) {}

  isRestarted(exitCode: number): boolean {
    if (this.host.isStopping || this.role === 'ephemeral') return false;
    const policy = this.host.pod['spec'].restartPolicy ?? 'Always';
    if (this.role === 'sidecar') return true;
    if (this.role === 'init') return exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  /**
   * The first restart comes at once, later ones after a growing wait that counts from the end, in milliseconds before
   * pace. A first end that the kubelet brought about itself, for a failed probe, does not count: as recorded.
   */
  next(ended: ContainerState, byProbe: boolean): { waitMs: number; state: ContainerState } | undefined {
    if (!this.isCounting) {
      this.isCounting = !byProbe || this.count > 0;
      return undefined;
    }
    const last = ended.kind === 'terminated' ? ended : this.lastTerminated;
    const ranForMs = ((last?.finishedAt ?? 0) - (last?.startedAt ?? 0)) / Math.max(this.host.pace, 1e-6);
    const waitMs = this.backOff.next(ranForMs);
    if (ended.kind === 'terminated') this.lastTerminated = ended;
    const { name, namespace, uid } = this.host.pod.metadata;
    const who = `container=${this.name} pod=${name}_${namespace}(${uid})`;
    const event = `Back-off restarting failed container ${this.name} in pod ${name}_${namespace}(${uid})`;
    this.host.record(this.path, { type: 'Warning', reason: 'BackOff', message: event });
    const message = `back-off ${goDuration(waitMs)} restarting failed ${who}`;
    return { waitMs, state: { kind: 'waiting', reason: 'CrashLoopBackOff', message } };
  }
}
