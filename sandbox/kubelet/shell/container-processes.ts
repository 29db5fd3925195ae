import type { Bash, CommandName } from 'just-bash';
import type { ContainerInstance } from '../container-instance.js';
import type { Process, Program } from '../programs/program.js';
import type { DeviceFiles } from './device-files.js';
import type { Output } from './streams.js';
import { TaskTable } from './task.js';

/** Bundled commands that run other languages, start worker threads or reach a network. */
const EXCLUDED = new Set<string>([
  'sqlite3',
  'python3',
  'python',
  'js-exec',
  'curl',
  'html-to-markdown',
  'bash',
  'sh',
]);

const LIMITS = {
  maxExecutionTimeMs: 2 ** 31 - 1,
  maxOutputSize: 16 << 20,
  maxStringLength: 16 << 20,
  maxLiveBytes: 64 << 20,
};

const WRITABLE_VOLUMES = ['emptyDir', 'persistentVolumeClaim', 'ephemeral', 'hostPath', 'nfs', 'csi'];

/** What processes in a container share: the process table, the files, the tools and the log. */
export class ContainerProcesses {
  readonly tasks = new TaskTable();
  /** What the clients of the image's program keep, such as keys in Redis. */
  readonly state = new Map<string, any>();
  private opened: { files: DeviceFiles; bash: Bash } | undefined;

  constructor(readonly instance: ContainerInstance) {}

  get system(): Program['system'] {
    return this.instance.program.system;
  }

  get podName(): string {
    return this.instance.context.pod.name;
  }

  now(): number {
    return this.instance.host.now();
  }

  random(): number {
    return this.instance.host.random();
  }

  /** Files and tools; just-bash has no way to start a process of the host, and gets no network, Python or JavaScript. */
  async open(): Promise<{ files: DeviceFiles; bash: Bash }> {
    if (this.opened) return this.opened;
    const files = await this.instance.files.open();
    // Loaded here, because it is large and most containers are never looked into.
    const { Bash: Tools, getCommandNames } = await import('just-bash');
    files.isReadOnly = (path) => this.isReadOnly(path);
    this.opened = {
      files,
      bash: new Tools({
        fs: files,
        cwd: '/',
        commands: getCommandNames().filter((name) => !EXCLUDED.has(name)) as CommandName[],
        executionLimits: LIMITS,
        // It would replace globals such as setTimeout and Function for the time of a script, and this process serves others.
        defenseInDepth: false,
      }),
    };
    return this.opened;
  }

  get bash(): Bash {
    if (!this.opened) throw new Error('the files of the container are not open');
    return this.opened.bash;
  }

  get files(): DeviceFiles {
    if (!this.opened) throw new Error('the files of the container are not open');
    return this.opened.files;
  }

  /** Resolves early when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.instance.host;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const stop = () => {
        clock.clear(timer);
        resolve();
      };
      const timer = clock.setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  noise(): string {
    return Array.from({ length: 1024 }, () => String.fromCharCode(Math.floor(this.random() * 256))).join('');
  }

  /** Where process 1 writes: what is written there is in the container's log. */
  logOutput(stream: 'stdout' | 'stderr'): Output {
    return {
      isTerminal: false,
      write: async (bytes) => this.instance.writeLog(stream, bytes),
      close: () => undefined,
    };
  }

  /** Mounted configuration cannot be changed, nor anything when the root is read-only and no volume is there. */
  isReadOnly(path: string): boolean {
    const { spec, host } = this.instance;
    const volumes: any[] = host.pod['spec'].volumes ?? [];
    const mount = [...(spec.volumeMounts ?? [])]
      .filter(({ mountPath }: any) => path === mountPath || path.startsWith(`${mountPath}/`))
      .sort((a: any, b: any) => b.mountPath.length - a.mountPath.length)[0];
    if (mount) {
      const volume = volumes.find(({ name }) => name === mount.name) ?? {};
      return mount.readOnly === true || !WRITABLE_VOLUMES.some((kind) => kind in volume);
    }
    if (/^\/(proc|sys)\//.test(path) && !path.startsWith('/proc/self/fd')) return true;
    return spec.securityContext?.readOnlyRootFilesystem === true && !path.startsWith('/dev/');
  }

  /** Of the image's program and of everything that was started beside it, by number. */
  processes(): Process[] {
    const { program, context } = this.instance;
    const { spec, host } = this.instance;
    // An ephemeral container sees what runs in the one that it was made for.
    const target = spec.targetContainerName && host.machine(spec.targetContainerName)?.instance;
    const seen: Process[] = target ? target.processes.processes() : [];
    const own = this.tasks.tasks.has(1) ? [] : program.processes(context);
    const started = [...this.tasks.tasks.values()].map(({ pid, command }) => ({
      pid,
      user: 'root',
      command,
    }));
    return [...seen, ...own, ...started].sort((a, b) => a.pid - b.pid);
  }

  /** False when there is no such process. `0` only asks. */
  signal(pid: number, signal: string): boolean {
    const task = this.tasks.tasks.get(pid);
    if (!task && !this.processes().some((each) => each.pid === pid)) return false;
    if (signal === '0') return true;
    if (task && !(task.isInit && signal === 'KILL')) task.kill(signal);
    else if (!task && pid === 1) this.instance.signalProgram(signal);
    return true;
  }
}
