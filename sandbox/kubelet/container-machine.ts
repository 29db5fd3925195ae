import { BackOff, goDuration } from './back-off.js';
import { exhaustsMemory, heedsTermination, kindOfCommand, startError } from './container-command.js';
import type { ContainerHost } from './container-host.js';
import { ContainerInstance } from './container-instance.js';
import { ContainerProbes } from './container-probes.js';
import type { ContainerState, Terminated } from './container-state.js';
import { readSteering, type Steering } from './faults.js';
import { type ImageReference, parseImage } from './image.js';
import { ImagePull } from './image-pull.js';
import { faultExit, plannedExit } from './planned-exit.js';
import { programOf } from './programs/catalogue.js';
import type { Program } from './programs/program.js';

const CREATE_MS = 30;
const START_MS = 600;
const SYNC_MS = 1000;
const RETRY_MS = 12_000;

type Phase =
  | 'idle'
  | 'pulling'
  | 'creating'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'exited'
  | 'crashed'
  | 'done';

/** The life of one container: pulled, created, started, probed, ended, restarted. Driven by step(). */
export class ContainerMachine {
  state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
  lastTerminated: Terminated | undefined;
  restartCount = 0;
  /** The one that runs or ran last, and the one before it. */
  instance: ContainerInstance | undefined;
  previous: ContainerInstance | undefined;
  readonly probes: ContainerProbes;
  readonly program: Program;
  readonly image: ImageReference | undefined;
  private readonly pull: ImagePull;
  private readonly crashBackOff = new BackOff();
  private phase: Phase = 'idle';
  private due: number | undefined;
  private isProgram = false;
  private exiting: { code: number; reason: string; message?: string } | undefined;

  constructor(
    private readonly host: ContainerHost,
    readonly spec: any,
    readonly role: 'init' | 'sidecar' | 'main',
  ) {
    const named = attemptParse(spec.image);
    this.image = named;
    this.program = programOf(named ?? parseImage('unknown'));
    this.pull = new ImagePull(host, spec, named);
    this.probes = new ContainerProbes(host, spec);
    if (role === 'main')
      this.state = { kind: 'waiting', reason: host.hasInit ? 'PodInitializing' : 'ContainerCreating' };
    else this.state = { kind: 'waiting', reason: 'PodInitializing' };
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

  /** Sends SIGTERM, and SIGKILL after the grace time. */
  stop(graceMs: number): void {
    if (this.phase === 'done') return;
    if (this.phase === 'stopping') {
      this.due = Math.min(this.due ?? 0, this.host.now() + graceMs);
      return;
    }
    if (!this.isRunning) {
      this.phase = 'done';
      this.due = undefined;
      return;
    }
    const stopMs = this.host.scaled(this.program.stopMs);
    const heeds = heedsTermination(this.spec, kindOfCommand(this.spec, this.program)) && stopMs <= graceMs;
    this.exiting = heeds ? { code: 0, reason: 'Completed' } : { code: 137, reason: 'Error' };
    if (heeds) this.instance?.writeStopLines();
    this.phase = 'stopping';
    this.due = this.host.now() + (heeds ? stopMs : graceMs);
  }

  /** Gone with its node or pod; nothing is reported any more. */
  dispose(): void {
    this.instance?.end();
    this.phase = 'done';
  }

  private stepPhase(): number | undefined | 'again' {
    const now = this.host.now();
    if (this.due !== undefined && this.due > now) return this.due;
    switch (this.phase) {
      case 'pulling':
        return this.stepPull();
      case 'creating':
        return this.create(now);
      case 'starting':
        return this.start(now);
      case 'stopping':
        this.exit(this.exiting ?? { code: 137, reason: 'Error' });
        return 'again';
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
    this.due = this.host.now() + this.host.scaled(delayMs);
    return 'again';
  }

  private stepPull(): number | 'again' {
    const progress = this.pull.step(this.steering());
    if (progress.state) this.state = progress.state;
    if (progress.next === undefined) return this.moveTo('creating', CREATE_MS);
    this.due = progress.next;
    return progress.next;
  }

  private create(now: number): number | 'again' {
    const problem =
      this.steering().fault === 'config-error'
        ? 'secret "injected-fault" not found'
        : this.host.configError(this.spec);
    if (problem !== undefined) {
      this.host.record(this.path, { type: 'Warning', reason: 'Failed', message: `Error: ${problem}` });
      this.state = { kind: 'waiting', reason: 'CreateContainerConfigError', message: problem };
      this.phase = 'pulling';
      this.due = now + this.host.scaled(RETRY_MS);
      return this.due;
    }
    this.host.record(this.path, { type: 'Normal', reason: 'Created', message: 'Container created' });
    return this.moveTo('starting', this.steering().startMs ?? START_MS);
  }

  private start(now: number): 'again' {
    if (this.state.kind === 'terminated') this.lastTerminated = this.state;
    if (this.instance) this.restartCount += 1;
    this.previous = this.instance;
    const kind = exhaustsMemory(this.spec) ? 'program' : kindOfCommand(this.spec, this.program);
    this.instance = new ContainerInstance(
      this.host,
      this.spec,
      this.program,
      this.image ?? parseImage('unknown'),
    );
    if (kind === 'missing') {
      const message = startError(this.spec.command?.[0] ?? '');
      this.host.record(this.path, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
      const { id: containerID } = this.instance;
      const failure = {
        exitCode: 128,
        reason: 'StartError',
        message,
        startedAt: 0,
        finishedAt: now,
        containerID,
      };
      this.lastTerminated = failure;
      this.instance.end();
      this.state = { kind: 'waiting', reason: 'RunContainerError', message };
      return this.moveTo('exited', SYNC_MS);
    }
    this.host.record(this.path, { type: 'Normal', reason: 'Started', message: 'Container started' });
    this.state = { kind: 'running', startedAt: now };
    this.phase = 'running';
    this.due = undefined;
    this.exiting = undefined;
    const { fault, readyMs } = this.steering();
    const bootMs = this.host.scaled((readyMs ?? this.program.bootMs) + (fault === 'slow-start' ? 30_000 : 0));
    this.probes.begin(now, kind === 'interpreted' ? 0 : bootMs);
    this.instance.run(kind, bootMs, (code) => {
      this.exiting = { code, reason: code === 0 ? 'Completed' : 'Error' };
      this.host.wake();
    });
    this.isProgram = kind === 'program';
    return 'again';
  }

  private stepRunning(): number | undefined | 'again' {
    if (this.state.kind !== 'running') return undefined;
    const now = this.host.now();
    const planned = this.isProgram
      ? plannedExit(this.host, this.spec, this.program, this.steering().fault, this.state.startedAt)
      : faultExit(this.host, this.steering().fault, this.state.startedAt);
    if (planned && planned.at <= now && !this.exiting) {
      if (planned.code === 1) this.instance?.writeCrashLines();
      this.exiting = planned;
    }
    if (this.exiting) {
      this.exit(this.exiting);
      return 'again';
    }
    const probing = this.probes.step(this.steering().fault);
    if (probing.verdict) {
      const message = `Container ${this.spec.name} failed ${probing.verdict.toLowerCase()} probe, will be restarted`;
      this.host.record(this.path, { type: 'Normal', reason: 'Killing', message });
      this.stop(this.host.scaled((this.host.pod['spec'].terminationGracePeriodSeconds ?? 30) * 1000));
      return 'again';
    }
    const times = [planned?.at, probing.next].filter((time) => time !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private exit({ code, reason, message }: { code: number; reason: string; message?: string }): void {
    const startedAt = this.state.kind === 'running' ? this.state.startedAt : this.host.now();
    this.instance?.end();
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
    if (this.isRestarted(code)) this.moveTo('exited', SYNC_MS);
    else this.phase = 'done';
  }

  private isRestarted(code: number): boolean {
    if (this.host.isStopping) return false;
    const policy = this.host.pod['spec'].restartPolicy ?? 'Always';
    if (this.role === 'sidecar') return true;
    if (this.role === 'init') return code !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && code !== 0);
  }

  /** The first restart comes at once, later ones after a growing wait. */
  private afterExit(now: number): number | 'again' {
    const isFirst = this.restartCount === 0;
    if (isFirst) return this.moveTo('pulling', 0);
    const ended = this.state.kind === 'terminated' ? this.state : this.lastTerminated;
    const wait = this.crashBackOff.next((ended?.finishedAt ?? 0) - (ended?.startedAt ?? 0));
    if (this.state.kind === 'terminated') this.lastTerminated = this.state;
    const { name, namespace, uid } = this.host.pod.metadata;
    const who = `container=${this.spec.name} pod=${name}_${namespace}(${uid})`;
    const message = `back-off ${goDuration(wait)} restarting failed ${who}`;
    this.state = { kind: 'waiting', reason: 'CrashLoopBackOff', message };
    const event = `Back-off restarting failed container ${this.spec.name} in pod ${name}_${namespace}(${uid})`;
    this.host.record(this.path, { type: 'Warning', reason: 'BackOff', message: event });
    this.phase = 'crashed';
    this.due = now + this.host.scaled(wait);
    return this.due;
  }

  private steering(): Steering {
    return readSteering(this.host.pod, this.image ?? parseImage('unknown'));
  }

  /** As events name the container. */
  get path(): string {
    return `spec.${this.role === 'main' ? 'containers' : 'initContainers'}{${this.spec.name}}`;
  }
}

function attemptParse(image: string): ImageReference | undefined {
  try {
    return parseImage(image);
  } catch {
    return undefined;
  }
}
