import { batch } from './batch-utilities.js';
import { durationMs, LONGEST_MS } from './duration.js';
import { openInput, readFile } from './redirections.js';
import type { Input } from './streams.js';
import type { Utility, UtilityContext } from './utility.js';

const PIECE = 32_768;

/** Runs the work for the input, or for each file that is named; says which cannot be opened. */
async function forEachInput(
  { shell, io, name }: UtilityContext,
  paths: readonly string[],
  work: (input: Input, path: string, index: number) => Promise<void>,
): Promise<number> {
  let code = 0;
  for (const [index, path] of (paths.length > 0 ? paths : ['-']).entries()) {
    let input: Input;
    try {
      input = path === '-' ? io.input : await openInput(shell, path, io);
    } catch (error) {
      const why =
        /directory$/.test((error as Error).message) && !/No such/.test((error as Error).message)
          ? 'Is a directory'
          : 'No such file or directory';
      await io.complain(
        `${name}: ${shell.container.system === 'debian' || why === 'Is a directory' ? '' : "can't open '"}${path}${shell.container.system === 'debian' || why === 'Is a directory' ? '' : "'"}: ${why}\n`,
      );
      code = 1;
      continue;
    }
    await work(input, path, index);
  }
  return code;
}

const cat: Utility = async (context) => {
  const { args, io, task } = context;
  if (args.some((arg) => /^-./.test(arg) && arg !== '-u' && arg !== '--')) return batch('cat')(context);
  return forEachInput(
    context,
    args.filter((arg) => arg === '-' || !arg.startsWith('-')),
    async (input) => {
      for (let piece = await input.read(task.signal); piece !== ''; piece = await input.read(task.signal)) {
        await io.print(piece);
        await task.check();
      }
    },
  );
};

interface Amount {
  readonly count: number;
  readonly isBytes: boolean;
  readonly isFromStart: boolean;
  readonly isFollowing: boolean;
  readonly paths: readonly string[];
}

const UNITS: Record<string, number> = { '': 1, b: 512, k: 1024, K: 1024, M: 1 << 20, G: 1 << 30 };

function readAmount(args: readonly string[]): Amount {
  let amount = { count: 10, isBytes: false, isFromStart: false, isFollowing: false };
  const paths: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    const [, letter, joined] = /^-([nc])(.*)$/.exec(arg) ?? [];
    const value = letter
      ? joined || (args[++index] ?? '')
      : (/^-(\d+)$/.exec(arg)?.[1] ?? /^--(?:lines|bytes)=(.*)$/.exec(arg)?.[1]);
    if (value !== undefined) {
      const [, sign = '', digits = '0', unit = ''] = /^([-+]?)(\d+)([bkKMG]?)/.exec(value) ?? [];
      const isBytes = letter === 'c' || arg.startsWith('--bytes');
      amount = {
        ...amount,
        count: Number(`${sign === '-' ? '-' : ''}${digits}`) * (UNITS[unit] ?? 1),
        isBytes,
        isFromStart: sign === '+',
      };
    } else if (/^-[fF]+$|^--follow/.test(arg)) amount.isFollowing = true;
    else if (arg === '-' || !arg.startsWith('-')) paths.push(arg);
  }
  return { ...amount, paths };
}

const head: Utility = async (context) => {
  const { io, task } = context;
  const { count, isBytes, paths } = readAmount(context.args);
  return forEachInput(context, paths, async (input, path, index) => {
    if (paths.length > 1) await io.print(`${index > 0 ? '\n' : ''}==> ${path} <==\n`);
    if (count < 0) {
      const lines = (await input.readAll(task.signal, 16 << 20)).split(/(?<=\n)/);
      await io.print(lines.slice(0, count).join(''));
      return;
    }
    for (let left = count; left > 0; ) {
      const piece = isBytes ? await input.read(task.signal) : await input.readLine(task.signal);
      if (piece === '') return;
      await io.print(isBytes ? piece.slice(0, left) : piece);
      if (isBytes && piece.length > left) input.unread(piece.slice(left));
      left -= isBytes ? piece.length : 1;
      await task.check();
    }
  });
};

const POLL_MS = 200;

const tail: Utility = async (context) => {
  const { io, task, shell } = context;
  const { count, isBytes, isFromStart, isFollowing, paths } = readAmount(context.args);
  const [path] = paths;
  if (path === '/dev/null' && isFollowing) return untilKilled(context);
  if (path === '/dev/zero') throw new Error('memory exhausted');
  const code = await forEachInput(context, paths, async (input, name, index) => {
    if (paths.length > 1) await io.print(`${index > 0 ? '\n' : ''}==> ${name} <==\n`);
    const text = await input.readAll(task.signal, 32 << 20);
    const parts = isBytes ? text : text.split(/(?<=\n)/);
    const from = isFromStart ? Math.max(0, count - 1) : Math.max(0, parts.length - Math.abs(count));
    const last = parts.slice(count === 0 && !isFromStart ? parts.length : from);
    await io.print(typeof last === 'string' ? last : last.join(''));
  });
  if (!isFollowing || path === undefined || code !== 0) return code;
  for (let seen = (await readFile(shell, path)).length; ; ) {
    await task.during(shell.container.sleep(POLL_MS, task.signal));
    await task.check();
    const text = await readFile(shell, path).catch(() => '');
    await io.print(text.slice(text.length < seen ? 0 : seen));
    seen = text.length;
  }
};

async function untilKilled({ task }: UtilityContext): Promise<number> {
  return task.during(new Promise<number>(() => undefined));
}

const tee: Utility = async ({ args, io, task, shell }) => {
  const paths = args.filter((arg) => !arg.startsWith('-')).map((path) => shell.resolve(path));
  if (!args.includes('-a')) for (const path of paths) await shell.files.writeFile(path, '');
  for (let piece = await io.input.read(task.signal); piece !== ''; piece = await io.input.read(task.signal)) {
    await io.print(piece);
    for (const path of paths) await shell.files.appendFile(path, piece, 'binary');
    await task.check();
  }
  return 0;
};

const yes: Utility = async ({ args, io, task }) => {
  const line = `${args.join(' ') || 'y'}\n`;
  const piece = line.repeat(Math.max(1, Math.floor(PIECE / line.length)));
  while (true) {
    await task.during(io.print(piece));
    await task.check();
  }
};

const sleep: Utility = async ({ args, task, shell }) => {
  if (args.length === 0) throw new Error('missing operand');
  let total = 0;
  for (const arg of args) {
    const ms = durationMs(arg);
    if (ms === undefined)
      throw new Error(
        shell.dialect.name === 'ash' ? `invalid number '${arg}'` : `invalid time interval '${arg}'`,
      );
    total += ms;
  }
  await task.during(shell.container.sleep(Math.min(total, LONGEST_MS), task.signal));
  return 0;
};

const dd: Utility = async ({ args, io, task, shell }) => {
  const option = (key: string) => args.find((arg) => arg.startsWith(`${key}=`))?.slice(key.length + 1);
  const size = (text: string) => Number.parseInt(text, 10) * (UNITS[/[kKMG]/.exec(text)?.[0] ?? ''] ?? 1);
  const block = size(option('bs') ?? '512');
  const count = option('count');
  const limit = count === undefined ? Number.POSITIVE_INFINITY : block * Number(count);
  const [from, to] = [option('if'), option('of')];
  const input = from ? await openInput(shell, from, io) : io.input;
  const path = to && to !== '/dev/null' ? shell.resolve(to) : undefined;
  if (path) await shell.files.writeFile(path, '');
  let copied = 0;
  while (copied < limit) {
    const piece = (await input.read(task.signal)).slice(0, limit - copied);
    if (piece === '') break;
    if (path) await shell.files.appendFile(path, piece, 'binary');
    else if (!to) await io.print(piece);
    copied += piece.length;
    await task.check();
  }
  const blocks = `${Math.floor(copied / block)}+${copied % block ? 1 : 0}`;
  await io.complain(
    `${blocks} records in\n${blocks} records out\n${copied} bytes copied, 0.001 s, 1.0 GB/s\n`,
  );
  return 0;
};

export const streamUtilities: Readonly<Record<string, Utility>> = { cat, head, tail, tee, yes, sleep, dd };
