import { heedsTermination, kindOfCommand } from './container-command.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerInstance } from './container-instance.js';
import type { Steering } from './faults.js';
import type { Program } from './programs/program.js';

const HOOK_MS = 50;
/** After a preStop hook that used up the grace time. */
const LEAST_GRACE_MS = 2000;

/** How a container ended. */
export interface Exit {
  readonly code: number;
  readonly reason: string;
  readonly message?: string;
}

const ENDED: Exit = { code: 0, reason: 'Completed' };
const KILLED: Exit = { code: 137, reason: 'Error' };

/** The preStop hook, SIGTERM, and SIGKILL after the grace time. */
export class ContainerStop {
  /** What comes when the stop is due, unless the container ends by itself before. */
  exit = KILLED;
  private killAt = 0;

  constructor(
    private readonly host: ContainerHost,
    private readonly spec: any,
    private readonly program: Program,
  ) {}

  /** Starts the hook and answers when it ends; undefined when SIGTERM is next. */
  begin(graceMs: number, instance: ContainerInstance | undefined): number | undefined {
    const now = this.host.now();
    const hookMs = preStopMs(this.spec);
    if (hookMs === undefined || graceMs === 0) {
      this.killAt = now + graceMs;
      return undefined;
    }
    const command: string[] | undefined = this.spec.lifecycle.preStop.exec?.command;
    if (command) instance?.start({ command, tty: false, stdin: false });
    const scaledMs = Math.min(this.host.scaled(hookMs), graceMs);
    const hookEnds = now + scaledMs;
    this.killAt = hookEnds + graceAfterHook(this.host, graceMs, scaledMs);
    return hookEnds;
  }

  /** A shorter grace time for a stop that is under way and due then: when it is due now. */
  hasten(graceMs: number, due: number | undefined): number {
    this.killAt = Math.min(this.killAt, this.host.now() + graceMs);
    if (due !== undefined && due <= this.killAt) return due;
    this.exit = KILLED;
    return this.killAt;
  }

  /** SIGTERM: what heeds it ends by itself after a moment, the others are killed. Answers when the end is due. */
  terminate(instance: ContainerInstance | undefined, steering: Steering): number {
    const endsByItself = steering.fault !== 'ignore-term' && instance?.terminate();
    if (endsByItself) {
      this.exit = KILLED;
      return this.killAt;
    }
    const ms = terminationMs(this.host, this.spec, this.program, steering);
    const endsAt = this.host.now() + (ms ?? Number.POSITIVE_INFINITY);
    const isOrderly = endsAt <= this.killAt;
    if (isOrderly) instance?.writeStopLines();
    this.exit = isOrderly ? ENDED : KILLED;
    return Math.min(endsAt, this.killAt);
  }
}

/** How long the preStop hook of a container takes, in milliseconds before pace; undefined without one. */
function preStopMs(container: any): number | undefined {
  const hook = container.lifecycle?.preStop;
  if (!hook) return undefined;
  if (hook.sleep) return (hook.sleep.seconds ?? 0) * 1000;
  const slept = /\bsleep\s+(\d+(?:\.\d+)?)/.exec((hook.exec?.command ?? []).join(' '));
  return slept ? Number(slept[1]) * 1000 : HOOK_MS;
}

const graceAfterHook = (host: ContainerHost, graceMs: number, hookMs: number): number =>
  Math.max(graceMs - hookMs, Math.min(graceMs, host.scaled(LEAST_GRACE_MS)));

/** When a program is gone after SIGTERM; undefined for one that waits for SIGKILL. */
function terminationMs(
  host: ContainerHost,
  spec: any,
  program: Program,
  steering: Steering,
): number | undefined {
  if (steering.fault === 'ignore-term') return undefined;
  const isHeeded = heedsTermination(spec, kindOfCommand(spec, program));
  return isHeeded ? host.latency(program.stopMs) : undefined;
}
