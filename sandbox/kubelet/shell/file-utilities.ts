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
  const listed = output.text
    .replaceAll(/ (user|root) (user|root) /g, ' root root ')
    .split('\n')
    .filter((line) => !/(^|\s)\.keep$/.test(line));
  const lines = isLong ? await asCoreutils(context, listed) : listed;
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

/**
 * The tool marks directories also where nobody asked for it, gives them no size and no time to `.` and `..`, and
 * counts files instead of blocks.
 */
async function asCoreutils({ args, shell }: UtilityContext, lines: readonly string[]): Promise<string[]> {
  const isMarked = args.some((arg) => /^-[^-]*[Fp]|^--classify/.test(arg));
  const isHuman = args.some((arg) => /^-[^-]*h|^--human/.test(arg));
  let directory = args.find((arg) => !arg.startsWith('-')) ?? '.';
  const shown: string[] = [];
  let total: { readonly at: number; kibibytes: number } | undefined;
  for (const line of lines) {
    if (line.endsWith(':')) directory = line.slice(0, -1);
    let text = line;
    if (line.startsWith('d')) {
      text = line.replace(/^(\S+ +\S+ root root)( +)0 /, (_all, head: string, gap: string) => {
        return `${head} ${(isHuman ? '4.0K' : '4096').padStart(gap.length)} `;
      });
      if (!isMarked) text = text.replace(/\/$/, '');
      const [, name] = / (\.\.?)$/.exec(text) ?? [];
      const stat = name && (await shell.files.stat(shell.resolve(`${directory}/${name}`)));
      if (stat) text = text.replace(/\S+ +\S+ +\S+ (?=\.\.?$)/, `${monthAndTime(stat.mtime)} `);
    }
    if (total) total.kibibytes += Math.ceil(Number(/ root root +(\d+) /.exec(text)?.[1] ?? 0) / 4096) * 4;
    shown.push(text);
    if (/^total \d/.test(line)) total = { at: shown.length - 1, kibibytes: 0 };
    if (total && !isHuman) shown[total.at] = `total ${total.kibibytes}`;
  }
  return shown;
}

/** As `ls -l` has the times of the last months. */
const monthAndTime = (time: Date): string =>
  `${time.toUTCString().slice(8, 11)} ${String(time.getUTCDate()).padStart(2)} ${time.toISOString().slice(11, 16)}`;

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

/** Letters of tar that take a value each, in their order. */
const TAR_VALUES = /[bfCTX]/;

/** As just-bash's, but no name in an archive is absolute: `kubectl cp` refuses such archives. */
const tar: Utility = async (context) => {
  const { args, io, shell } = context;
  const [first = '', ...rest] = args;
  const isBundle = !first.startsWith('--');
  const isCreating = args.includes('--create') || (isBundle && first.includes('c'));
  let values = isBundle ? [...first].filter((letter) => TAR_VALUES.test(letter)).length : 0;
  const operands = rest.filter((arg) => {
    if (values > 0) values--;
    else if (!arg.startsWith('-')) return true;
    else if (/^-[bfCTX]$/.test(arg)) values = 1;
    return false;
  });
  if (!isCreating || operands.length === 0 || operands.some((operand) => !operand.startsWith('/')))
    return batch('tar')(context);
  await io.complain(
    shell.container.system === 'debian'
      ? "tar: Removing leading `/' from member names\n"
      : "tar: removing leading '/' from member names\n",
  );
  const options = rest.filter((arg) => !operands.includes(arg));
  const relative = operands.map((operand) => operand.replace(/^\/+/, '') || '.');
  return batch('tar')({ ...context, args: [first, ...options, '-C', '/', ...relative] });
};

export const fileUtilities: Readonly<Record<string, Utility>> = { ls, tar };
