import { exhaustsMemory, kindOfCommand, startError } from './container-command.js';
import type { ContainerHost } from './container-host.js';
import { ContainerInstance } from './container-instance.js';
import { ContainerProbes } from './container-probes.js';
import { ContainerRestarts, type ContainerRole } from './container-restarts.js';
import { fieldPathOf, imageOf, UNKNOWN_IMAGE } from './container-spec.js';
import type { ContainerState, Terminated } from './container-state.js';
import { ContainerStop, type Exit } from './container-stop.js';
import { readSteering, type Steering } from './faults.js';
import type { ImageReference } from './image.js';
import { ImagePull } from './image-pull.js';
import { faultExit, plannedExit } from './planned-exit.js';
import { programOf } from './programs/catalogue.js';
import type { Program } from './programs/program.js';

const CREATE_MS = 30;
const START_MS = 600;
const SYNC_MS = 1000;
const NOTICE_MS = 300;
const RETRY_MS = 12_000;
const SLOW_START_MS = 30_000;

type Phase =
  | 'idle'
  | 'pulling'
  | 'creating'
  | 'starting'
  | 'running'
  | 'hook'
  | 'stopping'
  | 'exited'
  | 'crashed'
  | 'done';

/** The life of one container: pulled, created, started, probed, ended, restarted. Driven by step(). */
export class ContainerMachine {
  state: ContainerState;
  /** The one that runs or ran last, and the one before it. */
  instance: ContainerInstance | undefined;
  previous: ContainerInstance | undefined;
  readonly probes: ContainerProbes;
  readonly program: Program;
  readonly image: ImageReference | undefined;
  /** As events name the container. */
  readonly path: string;
  private readonly restarts: ContainerRestarts;
  private readonly pull: ImagePull;
  private phase: Phase = 'idle';
  private due: number | undefined;
  private endedAt = 0;
  private isKilledByProbe = false;
  private isProgram = false;
  /** How it ended by itself. */
  private exiting: Exit | undefined;
  private readonly ending: ContainerStop;
  private steered: { readonly by: unknown; readonly steering: Steering } | undefined;

  constructor(
    private readonly host: ContainerHost,
    readonly spec: any,
    readonly role: ContainerRole,
  ) {
    this.image = imageOf(spec);
    this.program = programOf(this.image ?? UNKNOWN_IMAGE);
    this.path = fieldPathOf(spec, role);
    this.ending = new ContainerStop(host, spec, this.program);
    this.pull = new ImagePull(host, spec, this.image, this.path);
    this.probes = new ContainerProbes(host, spec, this.path);
    this.restarts = new ContainerRestarts(host, spec.name, this.path, role);
    const isFirst = role === 'ephemeral' || (role === 'main' && !host.hasInit);
    this.state = { kind: 'waiting', reason: isFirst ? 'ContainerCreating' : 'PodInitializing' };
  }

  get restartCount(): number {
    return this.restarts.count;
  }

  get lastTerminated(): Terminated | undefined {
    return this.restarts.lastTerminated;
  }

  get isRunning(): boolean {
    return this.state.kind === 'running';
  }

  /** Ended and not to be started again. */
  get isDone(): boolean {
    return this.phase === 'done';
  }

  get hasSucceeded(): boolean {
    return this.isDone && this.state.kind === 'terminated' && this.state.exitCode === 0;
  }

  get isReady(): boolean {
    if (this.role === 'init') return this.hasSucceeded;
    return this.isRunning && this.probes.isReady;
  }

  get isStarted(): boolean {
    return this.isRunning && this.probes.isStarted;
  }

  begin(): void {
    if (this.phase !== 'idle' || this.due !== undefined) return;
    this.due = this.host.now();
    this.phase = 'pulling';
    if (this.state.kind === 'waiting')
      this.state = { kind: 'waiting', reason: this.host.hasInit ? 'PodInitializing' : 'ContainerCreating' };
  }

  /** Does what is due and answers when something is due next. */
  step(): number | undefined {
    for (let guard = 0; guard < 20; guard++) {
      if (this.phase === 'idle' || this.phase === 'done') return undefined;
      const next = this.phase === 'running' ? this.stepRunning() : this.stepPhase();
      if (next !== 'again') return next;
    }
    return this.host.now() + SYNC_MS;
  }

  /** Runs the preStop hook, sends SIGTERM, and SIGKILL after the grace time. A second call may shorten the grace. */
  stop(graceMs: number): void {
    if (this.phase === 'done') return;
    if (this.phase === 'stopping' || this.phase === 'hook') {
      this.due = this.ending.hasten(graceMs, this.due);
      return;
    }
    if (!this.isRunning) {
      this.phase = 'done';
      this.due = undefined;
      return;
    }
    const hookEnds = this.ending.begin(graceMs, this.instance);
    if (hookEnds === undefined) {
      this.terminate();
      return;
    }
    this.phase = 'hook';
    this.due = hookEnds;
  }

  /** Gone with its node or pod; nothing is reported any more. */
  dispose(): void {
    this.instance?.end();
    this.phase = 'done';
  }

  private stepPhase(): number | undefined | 'again' {
    const now = this.host.now();
    if (this.phase === 'stopping' && this.exiting) return this.exit(this.exiting);
    if (this.due !== undefined && this.due > now) return this.due;
    switch (this.phase) {
      case 'pulling':
        return this.stepPull();
      case 'creating':
        return this.create(now);
      case 'starting':
        return this.start(now);
      case 'hook':
        this.terminate();
        return 'again';
      case 'stopping':
        return this.exit(this.ending.exit);
      case 'exited':
        return this.afterExit(now);
      case 'crashed':
        return this.moveTo('pulling', 0);
      default:
        return undefined;
    }
  }

  private moveTo(phase: Phase, delayMs: number): 'again' {
    this.phase = phase;
    this.due = this.host.now() + delayMs;
    return 'again';
  }

  private stepPull(): number | 'again' {
    const progress = this.pull.step(this.steering());
    if (progress.state) this.state = progress.state;
    if (progress.next === undefined) return this.moveTo('creating', this.host.latency(CREATE_MS));
    this.due = progress.next;
    return progress.next;
  }

  private create(now: number): number | 'again' {
    const { fault, startMs } = this.steering();
    const problem =
      fault === 'config-error' ? 'secret "injected-fault" not found' : this.host.configError(this.spec);
    if (problem !== undefined) {
      this.host.record(this.path, { type: 'Warning', reason: 'Failed', message: `Error: ${problem}` });
      this.state = { kind: 'waiting', reason: 'CreateContainerConfigError', message: problem };
      this.phase = 'pulling';
      this.due = now + this.host.scaled(RETRY_MS);
      return this.due;
    }
    this.host.record(this.path, { type: 'Normal', reason: 'Created', message: 'Container created' });
    const natural = this.host.latency(START_MS);
    return this.moveTo('starting', startMs === undefined ? natural : this.host.scaled(startMs));
  }

  private start(now: number): 'again' {
    if (this.state.kind === 'terminated') this.restarts.lastTerminated = this.state;
    if (this.instance) this.restarts.count += 1;
    this.previous = this.instance;
    const kind = exhaustsMemory(this.spec) ? 'program' : kindOfCommand(this.spec, this.program);
    const instance = new ContainerInstance(this.host, this.spec, this.program, this.image ?? UNKNOWN_IMAGE);
    this.instance = instance;
    if (kind === 'missing') return this.failStart(instance, now);
    this.host.record(this.path, { type: 'Normal', reason: 'Started', message: 'Container started' });
    this.state = { kind: 'running', startedAt: now };
    this.phase = 'running';
    this.due = undefined;
    this.exiting = undefined;
    this.isKilledByProbe = false;
    this.isProgram = kind === 'program';
    const bootMs = this.bootMs();
    this.probes.begin(now, kind === 'interpreted' ? 0 : bootMs);
    instance.run(kind, bootMs, (code) => {
      if (this.instance !== instance) return;
      this.exiting = { code, reason: code === 0 ? 'Completed' : 'Error' };
      this.host.wake();
    });
    return 'again';
  }

  private failStart(instance: ContainerInstance, now: number): 'again' {
    const message = startError(this.spec.command?.[0] ?? '');
    this.host.record(this.path, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
    this.restarts.lastTerminated = {
      exitCode: 128,
      reason: 'StartError',
      message,
      startedAt: 0,
      finishedAt: now,
      containerID: instance.id,
    };
    instance.end();
    this.state = { kind: 'waiting', reason: 'RunContainerError', message };
    this.endedAt = now;
    return this.moveTo('exited', this.host.scaled(SYNC_MS));
  }

  private bootMs(): number {
    const { fault, readyMs } = this.steering();
    const natural =
      readyMs === undefined ? this.host.latency(this.program.bootMs) : this.host.scaled(readyMs);
    return natural + (fault === 'slow-start' ? this.host.scaled(SLOW_START_MS) : 0);
  }

  private stepRunning(): number | undefined | 'again' {
    if (this.state.kind !== 'running') return undefined;
    const now = this.host.now();
    const steering = this.steering();
    const { startedAt } = this.state;
    const planned = this.isProgram
      ? plannedExit(this.host, this.spec, this.program, steering, startedAt)
      : faultExit(this.host, steering, startedAt);
    if (planned && planned.at <= now && !this.exiting) {
      if (planned.code !== 0 && planned.code !== 137) this.instance?.writeCrashLines();
      this.exiting = planned;
    }
    if (this.exiting) return this.exit(this.exiting);
    const probing = this.probes.step(steering.fault);
    if (probing.verdict) {
      this.isKilledByProbe = true;
      const message = `Container ${this.spec.name} failed ${probing.verdict.toLowerCase()} probe, will be restarted`;
      this.host.record(this.path, { type: 'Normal', reason: 'Killing', message });
      const ofPod: number = this.host.pod['spec'].terminationGracePeriodSeconds ?? 30;
      this.stop(this.host.scaled((probing.graceSeconds ?? ofPod) * 1000));
      return 'again';
    }
    const times = [planned?.at, probing.next].filter((time) => time !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private terminate(): void {
    this.phase = 'stopping';
    this.due = this.ending.terminate(this.instance, this.steering());
  }

  private exit({ code, reason, message }: Exit): 'again' {
    const startedAt = this.state.kind === 'running' ? this.state.startedAt : this.host.now();
    this.instance?.end(code);
    this.state = {
      kind: 'terminated',
      exitCode: code,
      reason,
      ...(message && { message }),
      startedAt,
      finishedAt: this.host.now(),
      containerID: this.instance?.id ?? '',
    };
    this.exiting = undefined;
    this.probes.end();
    this.endedAt = this.host.now();
    if (this.restarts.isRestarted(code)) return this.moveTo('exited', this.noticeMs());
    this.phase = 'done';
    return 'again';
  }

  /** How long until the kubelet acts on an end: at once on the first, with its next look on later ones. */
  private noticeMs(): number {
    return this.restartCount === 0 || this.isKilledByProbe
      ? this.host.latency(NOTICE_MS)
      : this.host.scaled(SYNC_MS);
  }

  private afterExit(now: number): number | 'again' {
    const next = this.restarts.next(this.state, this.isKilledByProbe);
    if (!next) return this.moveTo('pulling', 0);
    this.state = next.state;
    this.phase = 'crashed';
    this.due = Math.max(now, this.endedAt + this.host.scaled(next.waitMs));
    return this.due;
  }

  /** Read again only when the pod's annotations changed. */
  private steering(): Steering {
    const by = this.host.pod.metadata.annotations;
    if (this.steered && this.steered.by === by) return this.steered.steering;
    const steering = readSteering(this.host.pod, this.spec.name, this.image ?? UNKNOWN_IMAGE);
    this.steered = { by, steering };
    return steering;
  }
}
