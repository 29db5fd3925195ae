import { batch } from './batch-utilities.js';
import { CollectingOutput } from './streams.js';
import type { Utility, UtilityContext } from './utility.js';

const COLOURS = {
  directory: '\u001b[1;34m',
  executable: '\u001b[1;32m',
  link: '\u001b[1;36m',
  end: '\u001b[m',
};

const ls: Utility = async (context) => {
  const { args, io, shell } = context;
  const isTerminal = io.output(1).isTerminal;
  const asked = args.findLast((arg) => arg.startsWith('--color'));
  const isColoured = asked
    ? asked.endsWith('=always') || asked === '--color' || (asked.endsWith('=auto') && isTerminal)
    : isTerminal && shell.dialect.name === 'ash';
  const output = new CollectingOutput(16 << 20);
  const rest = args.filter((arg) => !arg.startsWith('--color'));
  const code = await batch('ls')({ ...context, args: rest, io: io.copy().set(1, output) });
  const isLong = rest.some((arg) => /^-[^-]*[lgn]/.test(arg));
  const lines = output.text
    .replaceAll(/ (user|root) (user|root) /g, ' root root ')
    .split('\n')
    .filter((line) => !/(^|\s)\.keep$/.test(line));
  const shown = isColoured
    ? await Promise.all(lines.map((line) => coloured(context, line, isLong)))
    : lines.map((text) => ({ text, width: text.length }));
  const isOneColumn = isLong || !isTerminal || rest.some((arg) => /^-[^-]*1/.test(arg));
  await io.print(
    isOneColumn
      ? shown.map(({ text }) => text).join('\n')
      : inColumns(shown, shell.terminal?.size.columns ?? 80),
  );
  return code;
};

interface Shown {
  readonly text: string;
  readonly width: number;
}

async function coloured({ shell, args }: UtilityContext, line: string, isLong: boolean): Promise<Shown> {
  const name = isLong ? (/\s(\S+)(?: -> .*)?$/.exec(line)?.[1] ?? '') : line;
  if (name === '' || name.endsWith(':') || (isLong && line.startsWith('total')))
    return { text: line, width: line.length };
  const directory = args.find((arg) => !arg.startsWith('-')) ?? '.';
  const stat =
    (await shell.files.lstat(shell.resolve(`${directory}/${name}`)).catch(() => undefined)) ??
    (await shell.files.lstat(shell.resolve(name)).catch(() => undefined));
  const colour = stat?.isDirectory
    ? COLOURS.directory
    : stat?.isSymbolicLink
      ? COLOURS.link
      : stat && (stat.mode & 0o111) !== 0
        ? COLOURS.executable
        : undefined;
  if (!colour) return { text: line, width: line.length };
  const at = line.lastIndexOf(name);
  return {
    text: `${line.slice(0, at)}${colour}${name}${COLOURS.end}${line.slice(at + name.length)}`,
    width: line.length,
  };
}

/** As a terminal shows names: sorted downwards, as many columns as fit. */
function inColumns(lines: readonly Shown[], width: number): string {
  let text = '';
  let block: Shown[] = [];
  const flush = (): void => {
    if (block.length === 0) return;
    const column = Math.max(...block.map((each) => each.width)) + 2;
    const columns = Math.max(1, Math.floor(width / column));
    const rows = Math.ceil(block.length / columns);
    for (let row = 0; row < rows; row++) {
      const cells = block.filter((_, index) => index % rows === row);
      text += `${cells.map((cell, index) => cell.text + ' '.repeat(index < cells.length - 1 ? column - cell.width : 0)).join('')}\n`;
    }
    block = [];
  };
  for (const line of lines) {
    if (line.text !== '' && !line.text.endsWith(':')) block.push(line);
    else {
      flush();
      if (line !== lines.at(-1)) text += `${line.text}\n`;
    }
  }
  flush();
  return text;
}

const which: Utility = async ({ args, io, shell }) => {
  let code = 0;
  for (const name of args) {
    const place = await shell.programs.locate(shell, name);
    if (place) await io.print(`${place}\n`);
    else code = 1;
  }
  return code;
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const date: Utility = async ({ args, io, shell }) => {
  const given = args[args.indexOf('-d') + 1];
  const asked =
    args.includes('-d') && given
      ? given.startsWith('@')
        ? Number(given.slice(1)) * 1000
        : Date.parse(given)
      : shell.container.now();
  if (Number.isNaN(asked)) throw new Error(`invalid date '${given}'`);
  const time = new Date(asked);
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Record<string, string> = {
    Y: String(time.getUTCFullYear()),
    y: two(time.getUTCFullYear() % 100),
    m: two(time.getUTCMonth() + 1),
    d: two(time.getUTCDate()),
    e: String(time.getUTCDate()).padStart(2),
    H: two(time.getUTCHours()),
    M: two(time.getUTCMinutes()),
    S: two(time.getUTCSeconds()),
    N: `${String(time.getUTCMilliseconds()).padStart(3, '0')}000000`,
    s: String(Math.floor(asked / 1000)),
    a: DAYS[time.getUTCDay()] ?? '',
    b: MONTHS[time.getUTCMonth()] ?? '',
    j: String(Math.floor((asked - Date.UTC(time.getUTCFullYear(), 0)) / 86_400_000) + 1).padStart(3, '0'),
    u: String(time.getUTCDay() || 7),
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    t: '\t',
    '%': '%',
  };
  const LONG: Record<string, string> = {
    F: '%Y-%m-%d',
    T: '%H:%M:%S',
    D: '%m/%d/%y',
    R: '%H:%M',
    c: '%a %b %e %T %Y',
  };
  const expand = (format: string): string =>
    format.replaceAll(/%-?([A-Za-z%])/g, (all, letter) =>
      LONG[letter] ? expand(LONG[letter]) : (values[letter] ?? all),
    );
  const iso = args.some((arg) => /^-I(seconds|s)?$|^--iso/.test(arg)) ? '%Y-%m-%dT%H:%M:%S+00:00' : undefined;
  await io.print(
    `${expand(args.find((arg) => arg.startsWith('+'))?.slice(1) ?? iso ?? '%a %b %e %H:%M:%S UTC %Y')}\n`,
  );
  return 0;
};

const printenv: Utility = async ({ args, io, environment }) => {
  const wanted = args.length > 0 ? args : Object.keys(environment);
  for (const name of wanted)
    if (environment[name] !== undefined)
      await io.print(args.length > 0 ? `${environment[name]}\n` : `${name}=${environment[name]}\n`);
  return args.every((name) => environment[name] !== undefined) ? 0 : 1;
};

export const fileUtilities: Readonly<Record<string, Utility>> = { ls, which, date, printenv };
