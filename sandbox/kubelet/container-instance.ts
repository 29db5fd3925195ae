import { type CommandKind, commandOf } from './container-command.js';
import type { ContainerHost } from './container-host.js';
import { ContainerLog } from './container-log.js';
import type { ImageReference } from './image.js';
import { LineSplitter } from './line-splitter.js';
import type { Program, ProgramContext } from './programs/program.js';
import { readEnvironment } from './references.js';
import { ContainerFiles } from './shell/container-files.js';
import { ShellProcess } from './shell/shell-process.js';

/** One run of a container, from its start to its end: its log, its files, and what runs in it. */
export class ContainerInstance {
  readonly id: string;
  readonly log: ContainerLog;
  readonly context: ProgramContext;
  readonly startedAt: number;
  /** In memory, made when somebody looks inside. */
  readonly files: ContainerFiles;
  private readonly processes = new Set<ShellProcess>();
  private isEnded = false;

  constructor(
    readonly host: ContainerHost,
    readonly spec: any,
    readonly program: Program,
    image: ImageReference,
  ) {
    this.id = `containerd://${hexadecimal(host.random, 64)}`;
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
    this.log = new ContainerLog(host.clock, program, this.context, seed, host.pace);
    this.files = new ContainerFiles(this);
  }

  /** `exited` is told when the container's command ends by itself. */
  run(kind: CommandKind, bootMs: number, exited: (code: number) => void): void {
    if (kind !== 'interpreted') {
      this.log.runProgram(this.startedAt, bootMs);
      return;
    }
    const lines = new LineSplitter((stream, text, partial) =>
      this.log.write([{ stream, text }], { partial }),
    );
    const process = this.start({ command: commandOf(this.spec), tty: false, stdin: false });
    process.onOutput((stream, bytes) => lines.write(stream, bytes));
    process.onExit((exit) => {
      lines.end();
      if (!this.isEnded) exited('code' in exit ? exit.code : 128);
    });
  }

  /** Another process in the same container. */
  start(options: { command: string[]; tty: boolean; stdin: boolean }): ShellProcess {
    const process = new ShellProcess(this, options);
    this.processes.add(process);
    process.onExit(() => this.processes.delete(process));
    return process;
  }

  writeStopLines(): void {
    this.log.write(this.program.stopLines(this.context, this.host.now()));
  }

  writeCrashLines(): void {
    this.log.write(this.program.crashLines(this.context, this.host.now()));
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    for (const process of [...this.processes]) process.kill();
    this.log.end();
  }
}

function environmentOf(host: ContainerHost, spec: any): Record<string, string> {
  try {
    return readEnvironment(host.api, host.pod, spec);
  } catch {
    return {};
  }
}

const hexadecimal = (random: () => number, length: number): string =>
  Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
