import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from '../../subgraphs/shared/project-root.js';

/** A program of ours as an operating-system process, as users start it: of the build that global-setup.ts makes. */
export class Program {
  output = '';
  #exit: Promise<number | null>;

  private constructor(readonly process: ChildProcess) {
    const collect = (text: Buffer): void => {
      this.output += text;
      for (const check of this.#checks) check();
    };
    process.stdout?.on('data', collect);
    process.stderr?.on('data', collect);
    this.#exit = once(process, 'exit').then(([code]) => {
      for (const check of this.#checks) check();
      return code as number | null;
    });
  }

  readonly #checks = new Set<() => void>();

  /** @param file such as `main.js`, below dist/ */
  static async start(file: string, env: Readonly<Record<string, string>>): Promise<Program> {
    const child = spawn(process.execPath, [join(projectRoot(), 'dist', file)], {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Program(child);
  }

  /** Waits until the output matches; rejects when the program ends before, or after `seconds`. */
  async printed(pattern: RegExp, seconds = 90): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#checks.delete(check);
        settle();
      };
      const check = (): void => {
        const match = this.output.match(pattern);
        if (match) done(() => resolve(match));
        else if (this.process.exitCode !== null || this.process.signalCode !== null) {
          done(() => reject(new Error(`ended before it printed ${pattern}:\n${this.output}`)));
        }
      };
      const timer = setTimeout(
        () => done(() => reject(new Error(`did not print ${pattern} in ${seconds} s:\n${this.output}`))),
        seconds * 1_000,
      );
      this.#checks.add(check);
      check();
    });
  }

  /** The exit code; null when a signal ended it. */
  exited(): Promise<number | null> {
    return this.#exit;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return this.#exit;
  }

  async dispose(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop('SIGKILL');
  }
}
