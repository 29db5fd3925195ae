import type { Task } from './task.js';

export interface Job {
  readonly id: number;
  /** The processes of its pipeline; the last one gives the exit code. */
  readonly tasks: readonly Task[];
  readonly command: string;
  state: 'Running' | 'Stopped' | 'Done';
  /** The end was told to the user or waited for. */
  isKnown: boolean;
}

/** What a shell has started in the background or stopped. */
export class Jobs {
  private readonly jobs: Job[] = [];

  add(tasks: readonly Task[], command: string, state: Job['state']): Job {
    const id = Math.max(0, ...this.jobs.map((job) => job.id)) + 1;
    const job: Job = { id, tasks, command, state, isKnown: false };
    this.jobs.push(job);
    void Promise.all(tasks.map(({ ended }) => ended)).then(() => {
      job.state = 'Done';
    });
    return job;
  }

  list(): readonly Job[] {
    return this.jobs;
  }

  /** By `%1`, `%%`, `%+`, a process number, or the latest; undefined when there is none. */
  find(text: string | undefined): Job | undefined {
    if (text === undefined || /^%[%+]?$/.test(text))
      return this.jobs.findLast(({ state }) => state !== 'Done');
    const number = Number(text.replace('%', ''));
    return this.jobs.find(({ id, tasks }) =>
      text.startsWith('%') ? id === number : tasks.some(({ pid }) => pid === number),
    );
  }

  forget(job: Job): void {
    const index = this.jobs.indexOf(job);
    if (index >= 0) this.jobs.splice(index, 1);
  }

  describe(job: Job): string {
    const mark = job === this.jobs.at(-1) ? '+' : job === this.jobs.at(-2) ? '-' : ' ';
    return `[${job.id}]${mark}  ${this.stateOf(job).padEnd(24)}${job.command}${job.state === 'Running' ? ' &' : ''}\n`;
  }

  /** Ends that have not been told yet; they are forgotten with it. */
  news(): string[] {
    const ended = this.jobs.filter(({ state, isKnown }) => state === 'Done' && !isKnown);
    const lines = ended.map((job) => this.describe(job));
    for (const job of this.jobs.filter(({ state }) => state === 'Done')) this.forget(job);
    return lines;
  }

  private stateOf({ state, tasks }: Job): string {
    const code = tasks.at(-1)?.exitCode ?? 0;
    if (state !== 'Done' || code === 0) return state;
    return code === 143 ? 'Terminated' : code === 137 ? 'Killed' : `Exit ${code}`;
  }
}
