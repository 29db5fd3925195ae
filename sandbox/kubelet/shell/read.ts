import type { Builtin } from './builtins.js';
import { splitFields } from './fields.js';
import { signalCode } from './signals.js';

interface ReadOptions {
  isRaw: boolean;
  prompt?: string;
  characters?: number;
  seconds?: number;
  isSilent: boolean;
  array?: string;
  names: string[];
}

/** `read`: one line of the input into variables; 1 at the end of the input. */
export const read: Builtin = async ({ shell, args, io }) => {
  const options = readOptions(args);
  if (options.prompt && io.input.isTerminal) await io.complain(options.prompt);
  const { signal } = shell.task;
  const trapped = new Promise<'trapped'>((resolve) => {
    shell.task.onTrap = () => resolve('trapped');
  });
  const late =
    options.seconds === undefined ? undefined : shell.container.sleep(options.seconds * 1000, signal);
  const reading = readLine(
    options,
    (line) => (line ? io.input.readLine(signal) : io.input.read(signal)),
    (rest) => io.input.unread(rest),
  );
  reading.catch(() => undefined);
  const race: Promise<string | 'trapped' | undefined>[] = [reading, trapped.then(() => undefined)];
  if (late) race.push(late.then(() => undefined));
  const line = await shell.task.during(Promise.race(race));
  shell.task.onTrap = () => undefined;
  if (line === undefined)
    return shell.task.pending.length > 0 ? signalCode(shell.task.pending[0] ?? '') : 142;
  const text = line.replace(/\n$/, '');
  store(text);
  return line.endsWith('\n') || (options.characters !== undefined && text !== '') ? 0 : 1;

  function store(value: string): void {
    const separators = shell.variables.get('IFS') ?? ' \t\n';
    if (options.array) {
      shell.variables.setArray(options.array, splitFields(value, separators).fields);
      return;
    }
    const names = options.names.length > 0 ? options.names : ['REPLY'];
    let rest = options.names.length > 0 ? trim(value, separators) : value;
    for (const [index, name] of names.entries()) {
      if (index === names.length - 1) {
        shell.variables.set(name, rest);
        break;
      }
      const end = [...rest].findIndex((character) => separators.includes(character));
      shell.variables.set(name, end < 0 ? rest : rest.slice(0, end));
      rest = end < 0 ? '' : trim(rest.slice(end).replace(/^[^\s]/, ''), separators);
    }
  }
};

const trim = (text: string, separators: string): string => {
  const blanks = [...separators].filter((character) => /\s/.test(character)).join('');
  if (blanks === '') return text;
  return text.replace(new RegExp(`^[${blanks}]+`), '').replace(new RegExp(`[${blanks}]+$`), '');
};

async function readLine(
  { isRaw, characters }: ReadOptions,
  next: (isLine: boolean) => Promise<string>,
  unread: (rest: string) => void,
): Promise<string> {
  if (characters !== undefined) {
    let text = '';
    while (text.length < characters) {
      const piece = await next(false);
      if (piece === '') return text;
      text += piece;
    }
    unread(text.slice(characters));
    return text.slice(0, characters);
  }
  let line = await next(true);
  if (isRaw) return line;
  while (/(?:^|[^\\])(?:\\\\)*\\\n$/.test(line)) line = line.slice(0, -2) + (await next(true));
  return line.replaceAll(/\\([\s\S])/g, '$1');
}

function readOptions(args: readonly string[]): ReadOptions {
  const options: ReadOptions = { isRaw: false, isSilent: false, names: [] };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (!/^-./.test(arg)) {
      options.names.push(arg);
      continue;
    }
    for (const [place, letter] of [...arg.slice(1)].entries()) {
      const value = () => arg.slice(place + 2) || (args[++index] ?? '');
      if (letter === 'r') options.isRaw = true;
      else if (letter === 's') options.isSilent = true;
      else if ('pntNad'.includes(letter)) {
        const given = value();
        if (letter === 'p') options.prompt = given;
        else if (letter === 't') options.seconds = Number(given);
        else if (letter === 'a') options.array = given;
        else if (letter === 'n' || letter === 'N') options.characters = Number(given);
        break;
      }
    }
  }
  return options;
}
