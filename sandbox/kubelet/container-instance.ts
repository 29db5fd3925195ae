import type { ExecProcess } from '../storage/runtime.js';
import { type CommandKind, commandOf } from './container-command.js';
import type { ContainerHost } from './container-host.js';
import { ContainerLog } from './container-log.js';
import type { ImageReference } from './image.js';
import { LineSplitter } from './line-splitter.js';
import { readLogSteering } from './log-steering.js';
import { attachToLog, attachToProcess } from './main-process.js';
import type { Program, ProgramContext } from './programs/program.js';
import { readEnvironment } from './references.js';
import { ContainerFiles } from './shell/container-files.js';
import { ContainerProcesses } from './shell/container-processes.js';
import { type ExecRequest, ShellProcess } from './shell/shell-process.js';

/** One run of a container, from its start to its end: its log, its files, and what runs in it. */
export class ContainerInstance {
  readonly id: string;
  readonly log: ContainerLog;
  readonly context: ProgramContext;
  readonly startedAt: number;
  /** Of a container whose command is interpreted. */
  private main: ShellProcess | undefined;
  // Most containers are never looked into: what that needs is made when somebody does.
  private madeFiles: ContainerFiles | undefined;
  private madeProcesses: ContainerProcesses | undefined;
  private madeLines: LineSplitter | undefined;
  private running: Set<ShellProcess> | undefined;
  private endListeners: Set<(code: number) => void> | undefined;
  private exited: ((code: number) => void) | undefined;
  private isEnded = false;

  constructor(
    readonly host: ContainerHost,
    readonly spec: any,
    readonly program: Program,
    image: ImageReference,
  ) {
    this.id = containerId(host.random);
    this.startedAt = host.now();
    const { name, namespace = '' } = host.pod.metadata;
    this.context = {
      pod: { name, namespace, ip: host.podIP },
      container: spec.name,
      image,
      port: spec.ports?.[0]?.containerPort ?? program.port,
      environment: environmentOf(host, spec),
    };
    const seed = Math.floor(host.random() * 2 ** 31);
    const steering = readLogSteering(host.pod.metadata.annotations);
    this.log = new ContainerLog(host.clock, program, this.context, { seed, pace: host.pace, steering });
  }

  /** In memory, shared by all that runs in the container. */
  get files(): ContainerFiles {
    this.madeFiles ??= new ContainerFiles(this);
    return this.madeFiles;
  }

  get processes(): ContainerProcesses {
    this.madeProcesses ??= new ContainerProcesses(this);
    return this.madeProcesses;
  }

  /** `exited` is told when the container's command ends by itself. */
  run(kind: CommandKind, bootMs: number, exited: (code: number) => void): void {
    this.exited = exited;
    if (kind !== 'interpreted') {
      this.log.runProgram(this.startedAt, bootMs);
      return;
    }
    const { stdin = false, tty = false } = this.spec;
    this.main = this.start({ command: commandOf(this.spec, this.program), tty, stdin, isMain: true });
    this.main.onOutput((stream, bytes) => this.writeLog(stream, Buffer.from(bytes).toString('latin1')));
    this.main.onExit((exit) => {
      this.madeLines?.end();
      this.exit('code' in exit ? exit.code : 128);
    });
  }

  /** Another process in the same container. */
  start(request: ExecRequest): ShellProcess {
    const process = new ShellProcess(this.processes, request);
    this.running ??= new Set();
    this.running.add(process);
    process.onExit(() => this.running?.delete(process));
    return process;
  }

  /** The main process's streams, for one more reader. */
  attach({ stdin }: { stdin: boolean }): ExecProcess {
    const onEnd = (listener: (code: number) => void): void => {
      this.endListeners ??= new Set();
      this.endListeners.add(listener);
    };
    if (!this.main) return attachToLog(this.log, onEnd);
    return attachToProcess(this.main, { stdin, closesInput: this.spec.stdinOnce === true });
  }

  /** Tells the main process to end. False when it does not listen: it is a program, whose end is planned outside. */
  terminate(): boolean {
    const { main } = this;
    void main?.running.then(() => main.task.kill('TERM'));
    return main !== undefined;
  }

  /** From a process inside: the image's program ends on signals that it handles, and on no other. */
  signalProgram(signal: string): void {
    if (!['TERM', 'INT', 'QUIT'].includes(signal)) return;
    this.writeStopLines();
    this.exit(0);
  }

  /** What process 1 writes, as bytes. */
  writeLog(stream: 'stdout' | 'stderr', bytes: string): void {
    this.madeLines ??= new LineSplitter((line, partial) => this.log.write([line], { partial }));
    this.madeLines.write(stream, bytes);
  }

  writeStopLines(): void {
    this.log.write(this.program.stopLines(this.context, this.host.now()));
  }

  writeCrashLines(): void {
    this.log.write(this.program.crashLines(this.context, this.host.now()));
  }

  /** The main process has ended by itself. */
  private exit(code: number): void {
    if (!this.isEnded) this.exited?.(code);
  }

  /** With the exit code of the container. */
  end(code = 137): void {
    if (this.isEnded) return;
    this.isEnded = true;
    for (const process of [...(this.running ?? [])]) process.kill();
    this.log.end();
    for (const listener of this.endListeners ?? []) listener(code);
  }
}

function environmentOf(host: ContainerHost, spec: any): Record<string, string> {
  try {
    return readEnvironment(host.api, host.pod, spec);
  } catch {
    return {};
  }
}

/** In one piece: a concatenation keeps its parts, too. */
const containerId = (random: () => number): string =>
  ['containerd://', ...Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16))].join('');
