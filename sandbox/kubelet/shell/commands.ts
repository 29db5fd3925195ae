import { type Command, defineCommand, latin1FromBytes } from 'just-bash';
import type { ContainerInstance } from '../container-instance.js';
import type { Process } from '../programs/program.js';
import { type CommandResult, programCommands } from './program-commands.js';

export interface Session {
  readonly instance: ContainerInstance;
  readonly pid: number;
  readonly command: string;
  readonly size: () => { columns: number; rows: number };
  /** Reads what the process is given, as it comes. */
  readonly readInput: () => Promise<string>;
  readonly write: (bytes: string) => void;
  readonly killSelf: () => void;
  readonly sleep: (ms: number) => Promise<void>;
}

const ok = (stdout = ''): CommandResult => ({ stdout, stderr: '', exitCode: 0 });
const failed = (stderr: string, exitCode = 1): CommandResult => ({ stdout: '', stderr, exitCode });

const processesOf = ({ instance, pid, command }: Session): Process[] => [
  ...instance.program.processes(instance.context),
  { pid, user: 'root', command },
  { pid: pid + 1, user: 'root', command: 'ps' },
];

const processTable = (session: Session): string =>
  processesOf(session)
    .map(({ pid, user, command }) => `${String(pid).padStart(5)} ${user.padEnd(8)}  0:00 ${command}\n`)
    .join('');

function screen(session: Session): string {
  const { rows, columns } = session.size();
  const { instance } = session;
  const random = instance.host.random;
  const head = [
    `Mem: ${(9 + random()).toFixed(2)}G used, ${(21 + random()).toFixed(2)}G free, 1.05G shrd, 0.21G buff, 6.10G cached`,
    `CPU: ${(2 + random() * 6).toFixed(0).padStart(3)}% usr   1% sys   0% nic  ${(90 + random() * 3).toFixed(0)}% idle   0% io   0% irq   0% sirq`,
    `Load average: ${random().toFixed(2)} ${random().toFixed(2)} ${random().toFixed(2)} 1/180 ${session.pid}`,
    '\u001b[7m  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND\u001b[m',
  ];
  const lines = processesOf(session).map(({ pid, user, command }) => {
    const cpu = pid === 1 ? (random() * 4).toFixed(1) : '0.0';
    return `${String(pid).padStart(5)} ${pid === 1 ? '    0' : '    1'} ${user.padEnd(8)} ${pid === session.pid + 1 ? 'R' : 'S'}    ${'12.4m'.padStart(5)}  0.0 ${cpu.padStart(4)} ${command}`;
  });
  return [...head, ...lines]
    .slice(0, Math.max(5, rows - 1))
    .map((line) => line.slice(0, columns + 8))
    .join('\r\n');
}

const TOP_MS = 2000;

/** The commands that just-bash lacks, or that have to know the container. */
export function containerCommands(session: Session): Command[] {
  const { instance } = session;
  const { pod } = instance.context;
  const commands: Record<string, (args: string[], context: any) => Promise<CommandResult> | CommandResult> = {
    ...programCommands(instance),
    ps: () => ok(`  PID USER     TIME  COMMAND\n${processTable(session)}`),
    hostname: (args) => ok(args.includes('-i') || args.includes('-I') ? `${pod.ip}\n` : `${pod.name}\n`),
    whoami: () => ok('root\n'),
    id: (args) =>
      ok(args[0] === '-u' || args[0] === '-g' ? '0\n' : 'uid=0(root) gid=0(root) groups=0(root)\n'),
    uname: (args) => ok(uname(args[0] ?? '', pod.name)),
    nproc: () => ok('2\n'),
    uptime: () => ok(' 18:12:48 up 12 days,  3:04,  load average: 0.12, 0.09, 0.05\n'),
    free: () =>
      ok(
        '              total        used        free      shared  buff/cache   available\nMem:       33554432     9437184    20132659        1024     3984589    26843545\nSwap:             0           0           0\n',
      ),
    df: () =>
      ok(
        'Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay              104857600  18874368  85983232  18% /\ntmpfs                    65536         0     65536   0% /dev\n',
      ),
    mount: () =>
      ok('overlay on / type overlay (rw,relatime)\nproc on /proc type proc (rw,nosuid,nodev,noexec)\n'),
    stty: (args) => {
      const { rows, columns } = session.size();
      if (args[0] === 'size') return ok(`${rows} ${columns}\n`);
      return args.length === 0 || args[0] === '-a'
        ? ok(`speed 38400 baud; rows ${rows}; columns ${columns};\n`)
        : ok();
    },
    tput: ([what]) => {
      const { rows, columns } = session.size();
      const answers: Record<string, string> = {
        cols: `${columns}\n`,
        lines: `${rows}\n`,
        clear: '\u001b[H\u001b[J',
        bold: '\u001b[1m',
        sgr0: '\u001b[m',
      };
      return ok(answers[what ?? ''] ?? '');
    },
    reset: () => ok('\u001bc'),
    clear: () => ok('\u001b[H\u001b[J'),
    trap: () => ok(),
    umask: () => ok('0022\n'),
    ulimit: () => ok('unlimited\n'),
    kill: (args) => kill(session, args),
    ls: async (args, { origCommand }) => listing(args, origCommand),
    env: (args, context) => (args.length === 0 ? ok(environmentLines(context)) : context.origCommand(args)),
    cat: async (args, context) => {
      if (args.length > 0 || latin1FromBytes(context.stdin) !== STREAMED) return context.origCommand(args);
      for (let chunk = await session.readInput(); chunk !== ''; chunk = await session.readInput())
        session.write(chunk);
      return ok();
    },
    tail: async (args, context) => {
      if (!args.some((arg) => /^-[fF]$|^--follow$/.test(arg))) return context.origCommand(args);
      const rest = args.filter((arg) => !/^-[fF]$|^--follow$/.test(arg));
      const shown: CommandResult = await context.origCommand(rest);
      session.write(shown.stdout);
      await untilAborted(context.signal);
      return { ...shown, stdout: '' };
    },
    top: async (args, context) => {
      const isBatch = args.some((arg) => arg.startsWith('-b') || arg.startsWith('-n'));
      if (isBatch)
        return ok(
          `${screen(session)
            .replaceAll('\r\n', '\n')
            .replaceAll('\u001b[7m', '')
            .replaceAll('\u001b[m', '')}\n`,
        );
      while (!context.signal?.aborted) {
        session.write(`\u001b[H\u001b[J${screen(session)}\r\n`);
        await session.sleep(TOP_MS);
      }
      return ok();
    },
  };
  return Object.entries(commands).map(([name, run]) =>
    defineCommand(name, async (args, context) => run(args, context)),
  );
}

/** What a read of the input device answers to `cat`, which then streams. */
export const STREAMED = '\u0000streamed input\u0000';

function uname(flag: string, host: string): string {
  const parts: Record<string, string> = {
    '-r': '6.1.0-sandbox',
    '-m': 'x86_64',
    '-n': host,
    '-s': 'Linux',
    '': 'Linux',
  };
  return `${parts[flag] ?? `Linux ${host} 6.1.0-sandbox #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux`}\n`;
}

function kill(session: Session, args: string[]): CommandResult {
  const targets = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
  if (targets.length === 0) return failed('kill: you need to specify whom to kill\n');
  if (targets.includes(session.pid)) session.killSelf();
  const known = new Set(processesOf(session).map(({ pid }) => pid));
  const unknown = targets.find((pid) => !known.has(pid));
  return unknown === undefined ? ok() : failed(`kill: can't kill pid ${unknown}: No such process\n`);
}

async function listing(
  args: string[],
  origCommand: (args: string[]) => Promise<CommandResult>,
): Promise<CommandResult> {
  const result = await origCommand(args.filter((arg) => !arg.startsWith('--color')));
  const stdout = result.stdout
    .replaceAll(' user user ', ' root root ')
    .split('\n')
    .filter((line) => !/(^|\s)\.keep$/.test(line))
    .join('\n');
  return { ...result, stdout };
}

const HIDDEN = new Set([
  'SHELLOPTS',
  'BASHOPTS',
  'OSTYPE',
  'MACHTYPE',
  'HOSTTYPE',
  'IFS',
  'OPTIND',
  'OLDPWD',
  '_',
]);

const environmentLines = ({ exportedEnv = {} }: { exportedEnv?: Record<string, string> }): string =>
  Object.entries(exportedEnv)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (!signal || signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
