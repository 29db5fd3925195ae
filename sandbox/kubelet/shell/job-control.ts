import type { Builtin } from './builtins.js';
import { signalCode, signalName, signalNames } from './signals.js';
import type { Task } from './task.js';

/** `wait`: ends early, with the signal's code, when a trap is to run. */
const wait: Builtin = async ({ shell, args }) => {
  const tasks: Task[] = [];
  for (const arg of args) {
    const job = shell.jobs.find(arg);
    if (!job) return 127;
    tasks.push(...job.tasks);
  }
  const awaited = args.length > 0 ? tasks : shell.jobs.list().flatMap((job) => job.tasks);
  const trapped = new Promise<undefined>((resolve) => {
    shell.task.onTrap = () => resolve(undefined);
  });
  const codes = await shell.task.during(
    Promise.race([Promise.all(awaited.map(({ ended }) => ended)), trapped]),
  );
  shell.task.onTrap = () => undefined;
  if (!codes) return signalCode(shell.task.pending[0] ?? 'TERM');
  for (const job of [...shell.jobs.list()])
    if (job.tasks.every((task) => awaited.includes(task))) shell.jobs.forget(job);
  return args.length > 0 ? (codes.at(-1) ?? 0) : 0;
};

const trap: Builtin = async ({ shell, args, io }) => {
  const { traps } = shell.task;
  const given = args.filter((arg) => arg !== '--');
  if (given[0] === '-l') {
    await io.print(`${signalNames().join(' ')}\n`);
    return 0;
  }
  if (given.length === 0 || given[0] === '-p') {
    for (const [signal, action] of traps)
      await io.print(
        `trap -- '${action.replaceAll("'", `'\\''`)}' ${signal === 'EXIT' ? '' : shell.dialect.signalPrefix}${signal}\n`,
      );
    return 0;
  }
  const isReset = given.length === 1 || given[0] === '-';
  const names = given.length === 1 ? given : given.slice(1);
  for (const name of names) {
    const signal = signalName(name);
    if (signal === undefined) {
      await shell.complain(`trap: ${name}: ${shell.dialect.badSignal}`, io);
      return 1;
    }
    if (isReset) traps.delete(signal);
    else traps.set(signal, given[0] ?? '');
  }
  return 0;
};

const kill: Builtin = async ({ shell, args, io }) => {
  if (args[0] === '-l') {
    await io.print(`${signalNames().join(' ')}\n`);
    return 0;
  }
  let signal = 'TERM';
  const targets = [...args];
  const flag = /^-(s|n)$/.test(targets[0] ?? '')
    ? targets.splice(0, 2)[1]
    : /^-./.test(targets[0] ?? '')
      ? targets.shift()?.slice(1)
      : undefined;
  if (flag !== undefined) {
    const name = flag === '0' ? '0' : signalName(flag);
    if (name === undefined) {
      await shell.complain(`kill: ${flag}: ${shell.dialect.badSignal}`, io);
      return 1;
    }
    signal = name;
  }
  if (targets.length === 0) {
    await shell.complain(shell.dialect.killUsage, io);
    return 1;
  }
  let code = 0;
  for (const target of targets.filter((each) => each !== '--')) {
    const job = target.startsWith('%') ? shell.jobs.find(target) : undefined;
    const pids = job ? job.tasks.map(({ pid }) => pid) : [Number(target)];
    for (const pid of pids)
      if (!shell.container.signal(pid, signal)) {
        await shell.complain(shell.dialect.noSuchProcess(target), io);
        code = 1;
      }
  }
  // What was killed gets the time to end before the shell goes on.
  await new Promise((resolve) => setImmediate(resolve));
  return code;
};

const resume =
  (isForeground: boolean): Builtin =>
  async ({ shell, args, io }) => {
    const job = shell.jobs.find(args[0]);
    if (!job) {
      await shell.complain(`${isForeground ? 'fg' : 'bg'}: ${args[0] ?? 'current'}: no such job`, io);
      return 1;
    }
    await io.print(isForeground ? `${job.command}\n` : `[${job.id}]+ ${job.command} &\n`);
    job.state = 'Running';
    for (const task of job.tasks) task.killAll('CONT');
    if (!isForeground) return 0;
    shell.jobs.forget(job);
    const ended = Promise.all(job.tasks.map((task) => task.ended));
    return shell.awaitJob(
      job.tasks,
      ended.then((codes) => codes.at(-1) ?? 0),
      job.command,
    );
  };

export const jobControl: Record<string, Builtin> = {
  wait,
  trap,
  kill,
  fg: resume(true),
  bg: resume(false),
  jobs: async ({ shell, args, io }) => {
    for (const job of shell.jobs.list())
      await io.print(args.includes('-p') ? `${job.tasks[0]?.pid}\n` : shell.jobs.describe(job));
    shell.jobs.news();
    return 0;
  },
  disown: async ({ shell, args }) => {
    const job = shell.jobs.find(args[0]);
    if (job) shell.jobs.forget(job);
    return 0;
  },
  suspend: async ({ shell }) => {
    shell.task.kill('STOP');
    return 0;
  },
};
