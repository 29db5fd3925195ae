import type { ContainerHost } from './container-host.js';
import type { ContainerMachine } from './container-machine.js';

/** Ends a pod's containers: first the main ones together, then the sidecars from the last to the first. */
export class PodTermination {
  private deadline: number | undefined;
  private readonly stopped = new Set<ContainerMachine>();

  constructor(
    private readonly host: ContainerHost,
    private readonly containers: readonly ContainerMachine[],
    private readonly init: readonly ContainerMachine[],
  ) {}

  /** Answers when something is due next; undefined when all have ended. */
  step(graceMs: number): number | undefined {
    const now = this.host.now();
    // A second deletion with a shorter grace time does not shorten the first.
    this.deadline ??= now + graceMs;
    const sidecars = this.init.filter(({ role }) => role === 'sidecar');
    const others = [...this.containers, ...this.init.filter(({ role }) => role !== 'sidecar')];
    const next = this.stop(others, this.deadline - now);
    if (next !== undefined) return next;
    for (const sidecar of sidecars.toReversed()) {
      const due = this.stop([sidecar], Math.max(0, this.deadline - now));
      if (due !== undefined) return due;
    }
    return undefined;
  }

  private stop(machines: readonly ContainerMachine[], graceMs: number): number | undefined {
    for (const machine of machines) {
      if (!this.stopped.has(machine)) {
        this.stopped.add(machine);
        if (machine.isRunning) {
          const message = `Stopping container ${machine.spec.name}`;
          this.host.record(machine.path, { type: 'Normal', reason: 'Killing', message });
        }
      }
      machine.stop(graceMs);
    }
    return earliest(machines.map((machine) => machine.step()));
  }
}

export const earliest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};
