import { BreakLoop, ContinueLoop, ExitShell, ReturnFromFunction } from './control.js';
import { declarations } from './declarations.js';
import type { Descriptors } from './descriptors.js';
import { directories } from './directories.js';
import { jobControl } from './job-control.js';
import { formatted } from './printf.js';
import { read } from './read.js';
import { readFile } from './redirections.js';
import type { Shell } from './shell.js';
import { test } from './test-command.js';

export interface BuiltinContext {
  readonly shell: Shell;
  readonly name: string;
  readonly args: readonly string[];
  readonly io: Descriptors;
}

/** A command of the shell itself: it can change the shell, and needs no process. */
export type Builtin = (context: BuiltinContext) => Promise<number>;

const codeFrom = (shell: Shell, text: string | undefined): number =>
  text === undefined ? shell.lastCode : Number.parseInt(text, 10) & 255;

const flow: Record<string, Builtin> = {
  ':': async () => 0,
  true: async () => 0,
  false: async () => 1,
  break: async ({ args }) => {
    throw new BreakLoop(Number(args[0] ?? 1));
  },
  continue: async ({ args }) => {
    throw new ContinueLoop(Number(args[0] ?? 1));
  },
  return: async ({ shell, args }) => {
    throw new ReturnFromFunction(codeFrom(shell, args[0]));
  },
  exit: async ({ shell, args }) => {
    throw new ExitShell(codeFrom(shell, args[0]));
  },
  eval: async ({ shell, args, io }) => (args.length === 0 ? 0 : shell.runText(args.join(' '), io)),
  source,
  '.': source,
  command: runCommandBuiltin,
  builtin: async ({ shell, args: [name = '', ...args], io }) =>
    (await builtins[name]?.({ shell, name, args, io })) ?? 1,
};

async function source({ shell, args: [path = '', ...args], io }: Parameters<Builtin>[0]): Promise<number> {
  const script = await readFile(shell, path);
  const { positional } = shell;
  if (args.length > 0) shell.positional = args;
  try {
    return await shell.runText(script, io);
  } catch (error) {
    if (error instanceof ReturnFromFunction) return error.code;
    throw error;
  } finally {
    shell.positional = positional;
  }
}

async function runCommandBuiltin({ shell, args, io }: Parameters<Builtin>[0]): Promise<number> {
  const [flag] = args;
  if (flag === '-v' || flag === '-V') {
    const [, name = ''] = args;
    const place =
      builtins[name] || shell.functions.has(name) ? name : await shell.programs.locate(shell, name);
    if (place === undefined) return flag === '-v' ? 127 : 1;
    await io.print(flag === '-v' ? `${place}\n` : `${name} is ${place}\n`);
    return 0;
  }
  const [name = '', ...rest] = args.filter((arg, index) => index > 0 || arg !== '-p');
  const builtin = builtins[name];
  if (builtin) return builtin({ shell, name, args: rest, io });
  const { runProgram } = await import('./simple-command.js');
  return name ? runProgram(shell, [name, ...rest], io, {}) : 0;
}

const output: Record<string, Builtin> = {
  echo: async ({ args, io, shell }) => {
    let index = 0;
    let newline = true;
    let escapes = shell.dialect.name === 'dash';
    for (; /^-[neE]+$/.test(args[index] ?? ''); index++) {
      const flags = args[index] ?? '';
      if (shell.dialect.name === 'dash' && flags !== '-n') break;
      if (flags.includes('n')) newline = false;
      if (flags.includes('e')) escapes = true;
    }
    const text = args.slice(index).join(' ');
    const { text: shown, isCut } = escapes ? formatted('%b', [text]) : { text, isCut: false };
    await io.print(shown + (newline && !isCut ? '\n' : ''));
    return 0;
  },
  printf: async ({ shell, args, io }) => {
    const [option, target] = args;
    const rest = option === '-v' ? args.slice(2) : option === '--' ? args.slice(1) : args;
    if (rest[0] === undefined) {
      await io.complain('printf: usage: printf [-v var] format [arguments]\n');
      return 2;
    }
    const { text, problem } = formatted(rest[0], rest.slice(1));
    if (option === '-v') shell.variables.set(target ?? '', text);
    else await io.print(text);
    if (problem) await shell.complain(`printf: ${problem}`, io);
    return problem ? 1 : 0;
  },
  times: async ({ io }) => {
    await io.print('0m0.004s 0m0.002s\n0m0.000s 0m0.000s\n');
    return 0;
  },
  help: async ({ io }) => {
    await io.print(`${Object.keys(builtins).sort().join(' ')}\n`);
    return 0;
  },
  history: async ({ shell, io }) => {
    const lines = shell.terminal?.history ?? [];
    await io.print(lines.map((line, index) => `${String(index + 1).padStart(5)}  ${line}\n`).join(''));
    return 0;
  },
};

export const builtins: Readonly<Record<string, Builtin | undefined>> = Object.assign(Object.create(null), {
  ...flow,
  ...output,
  ...declarations,
  ...directories,
  ...jobControl,
  read,
  test,
  '[': test,
});
