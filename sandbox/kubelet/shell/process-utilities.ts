import type { Process } from '../programs/program.js';
import { builtins } from './builtins.js';
import type { Shell } from './shell.js';
import type { Utility, UtilityContext } from './utility.js';

const textOfCommand = ({ command }: Process): string => command;

function processTable({ args, shell }: UtilityContext): string {
  const processes = shell.container.processes();
  const isWide = args.some((arg) => /a?ux|-e?f|-ef/.test(arg)) && shell.container.system === 'debian';
  if (!isWide) {
    const head =
      shell.container.system === 'debian' ? '    PID TTY          TIME CMD' : 'PID   USER     TIME  COMMAND';
    const line = (each: Process) =>
      shell.container.system === 'debian'
        ? `${String(each.pid).padStart(7)} pts/0    00:00:00 ${textOfCommand(each)}`
        : `${String(each.pid).padStart(5)} ${each.user.padEnd(8)}  0:00 ${textOfCommand(each)}`;
    return `${[head, ...processes.map(line)].join('\n')}\n`;
  }
  const head = 'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND';
  const { container } = shell;
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
  const line = (each: Process) => {
    const start = clock(container.tasks.tasks.has(each.pid) ? container.now() : container.instance.startedAt);
    return `${each.user.padEnd(8)} ${String(each.pid).padStart(7)}  0.0  0.1  11376  7552 ?        Ss   ${start}   0:00 ${textOfCommand(each)}`;
  };
  return `${[head, ...processes.map(line)].join('\n')}\n`;
}

function screen({ shell, task }: UtilityContext): string[] {
  const random = () => shell.container.random();
  const head = [
    `Mem: ${(9 + random()).toFixed(2)}G used, ${(21 + random()).toFixed(2)}G free, 1.05G shrd, 0.21G buff, 6.10G cached`,
    `CPU: ${(2 + random() * 6).toFixed(0).padStart(3)}% usr   1% sys   0% nic  ${(90 + random() * 3).toFixed(0)}% idle   0% io   0% irq   0% sirq`,
    `Load average: ${random().toFixed(2)} ${random().toFixed(2)} ${random().toFixed(2)} 1/180 ${task.pid}`,
    '  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND',
  ];
  const lines = shell.container.processes().map((each) => {
    const isSelf = each.pid === task.pid;
    const cpu = each.pid === 1 ? (random() * 4).toFixed(1) : '0.0';
    return `${String(each.pid).padStart(5)} ${each.pid === 1 ? '    0' : '    1'} ${each.user.padEnd(8)} ${isSelf ? 'R' : 'S'}    12.4m  0.0 ${cpu.padStart(4)} ${textOfCommand(each)}`;
  });
  return [...head, ...lines];
}

const REFRESH_MS = 2000;

/** Refreshes until `q` or Ctrl-C; with -b or -n, or without a terminal, says it the number of times. */
const top: Utility = async (context) => {
  const { args, io, shell, task } = context;
  const { terminal } = shell;
  const count = Number(args[args.indexOf('-n') + 1] ?? 1) || 1;
  if (!terminal || !io.output(1).isTerminal || args.some((arg) => /^-b/.test(arg))) {
    const rounds =
      args.includes('-n') || args.some((arg) => /^-bn?\d/.test(arg)) ? count : Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      if (round > 0) await task.during(shell.container.sleep(REFRESH_MS, task.signal));
      await io.print(`${screen(context).join('\n')}\n`);
    }
    return 0;
  }
  const keys = terminal.openKeys();
  try {
    // Asked once and kept over refreshes: a key goes to whoever has waited for one longest.
    let key: Promise<string> | undefined;
    while (true) {
      const { rows, columns } = terminal.size;
      const lines = screen(context)
        .slice(0, Math.max(5, rows - 1))
        .map((line) => line.slice(0, columns));
      const shown = lines.map((line, index) => (index === 3 ? `\u001b[7m${line}\u001b[m` : line));
      await io.print(`\u001b[H\u001b[J${shown.join('\n')}\n`);
      const pause = new AbortController();
      const sleeping = shell.container
        .sleep(REFRESH_MS, AbortSignal.any([task.signal, pause.signal]))
        .then(() => '');
      key ??= keys.next(task.signal);
      const pressed = await task.during(Promise.race([key, sleeping]));
      pause.abort();
      if (pressed === 'q' || pressed === 'Q') return 0;
      if (pressed !== '') key = undefined;
    }
  } finally {
    keys.close();
  }
};

const named = (shell: Shell, name: string): Process[] =>
  shell.container.processes().filter(({ command }) => command.split(/[ :]/)[0]?.split('/').at(-1) === name);

export const processUtilities: Readonly<Record<string, Utility>> = {
  ps: async (context) => {
    await context.io.print(processTable(context));
    return 0;
  },
  top,
  kill: async ({ shell, args, io, name }) => (await builtins['kill']?.({ shell, args, io, name })) ?? 1,
  pidof: async ({ shell, args, io }) => {
    const found = args.flatMap((name) => named(shell, name)).map(({ pid }) => pid);
    if (found.length > 0) await io.print(`${found.join(' ')}\n`);
    return found.length > 0 ? 0 : 1;
  },
  pgrep: async ({ shell, args, io }) => {
    const wanted = new RegExp(args.find((arg) => !arg.startsWith('-')) ?? '');
    const found = shell.container.processes().filter(({ command }) => wanted.test(command));
    for (const { pid } of found) await io.print(`${pid}\n`);
    return found.length > 0 ? 0 : 1;
  },
  killall: async ({ shell, args, io }) => {
    const flag = args.find((arg) => arg.startsWith('-'));
    const found = args.filter((arg) => !arg.startsWith('-')).flatMap((name) => named(shell, name));
    const pids = found.map(({ pid }) => String(pid));
    if (pids.length === 0) {
      await io.complain(`killall: ${args.at(-1)}: no process killed\n`);
      return 1;
    }
    return (await builtins['kill']?.({ shell, args: flag ? [flag, ...pids] : pids, io, name: 'kill' })) ?? 1;
  },
};
