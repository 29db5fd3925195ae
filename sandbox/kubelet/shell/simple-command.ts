import type { WordNode } from 'just-bash';
import { builtins } from './builtins.js';
import { tellErrors } from './command-errors.js';
import { runCompound } from './compound.js';
import { ExitShell, ReturnFromFunction } from './control.js';
import type { Descriptors } from './descriptors.js';
import { openScript } from './open-script.js';
import { redirect } from './redirections.js';
import type { Shell } from './shell.js';
import { runUtility, type Utility } from './utility.js';

const DECLARATIONS = new Set(['export', 'local', 'readonly', 'declare', 'typeset']);
const DEPTH = 500;

/** Assignments, then a function, a builtin or a program with its arguments. */
export function runSimple(shell: Shell, command: any, given: Descriptors): Promise<number> {
  return tellErrors(shell, given, async () => {
    const words = withAlias(shell, await expandArguments(shell, command));
    const [name, ...args] = words;
    if (name === undefined) {
      shell.substitutionCode = undefined;
      await assign(shell, command.assignments);
      await redirect(shell, command.redirections, given);
      return shell.substitutionCode ?? 0;
    }
    if (shell.options.has('x')) await given.complain(`+ ${words.join(' ')}\n`);
    const io = await redirect(shell, command.redirections, given);
    const builtin = builtins[name];
    const definition = shell.functions.get(name);
    if (name === 'exec') return runExec(shell, args, io, given);
    if (!definition && !builtin)
      return runProgram(shell, words, io, await temporary(shell, command.assignments));
    return withAssignments(shell, command.assignments, () =>
      definition
        ? callFunction(shell, definition, args, io)
        : (builtin?.({ shell, args, io, name }) ?? Promise.resolve(0)),
    );
  });
}

async function expandArguments(shell: Shell, { name, args }: any): Promise<string[]> {
  if (!name) return [];
  const isDeclaration = DECLARATIONS.has(name.parts[0]?.value);
  if (!isDeclaration) return shell.expansion.words([name, ...args]);
  const expanded = [name.parts[0].value];
  for (const word of args as WordNode[]) {
    const [first] = word.parts;
    const isAssignment = first?.type === 'Literal' && /^\w+\+?=/.test(first.value);
    if (isAssignment) expanded.push(await shell.expansion.text(word));
    else expanded.push(...(await shell.expansion.words([word])));
  }
  return expanded;
}

function withAlias(shell: Shell, words: string[]): string[] {
  const alias = shell.aliases.get(words[0] ?? '');
  if (alias === undefined) return words;
  const own = alias.split(/\s+/).filter((word) => word !== '');
  return [...own, ...words.slice(1)];
}

async function assign(shell: Shell, assignments: readonly any[]): Promise<void> {
  for (const { name, value, append, array } of assignments) {
    if (array) {
      shell.variables.setArray(name, await shell.expansion.words(array), { append });
      continue;
    }
    const subscript = /^(\w+)\[(.+)\]$/.exec(name);
    const target = subscript
      ? `${subscript[1]}[${await shell.expansion.arithmetic(shell.expansion.variables.parse(subscript[2] ?? ''))}]`
      : name;
    const text = value ? await shell.expansion.text(value) : '';
    shell.variables.set(target, append ? (shell.variables.get(target) ?? '') + text : text);
    if (shell.options.has('a')) shell.variables.mark(target, { isExported: true });
  }
}

async function temporary(shell: Shell, assignments: readonly any[]): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const { name, value } of assignments) values[name] = value ? await shell.expansion.text(value) : '';
  return values;
}

/** `A=1 command`: the assignment holds for this command. */
async function withAssignments(
  shell: Shell,
  assignments: readonly any[],
  work: () => Promise<number>,
): Promise<number> {
  if (assignments.length === 0) return work();
  const before = assignments.map(({ name }): [string, string | undefined] => [
    name,
    shell.variables.get(name),
  ]);
  await assign(shell, assignments);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) shell.variables.unset(name);
      else shell.variables.set(name, value);
    }
  }
}

let depth = 0;

async function callFunction(shell: Shell, definition: any, args: string[], io: Descriptors): Promise<number> {
  if (depth >= DEPTH) throw new Error('maximum function nesting level exceeded');
  const { positional } = shell;
  shell.positional = args;
  shell.variables.enterFunction();
  depth += 1;
  try {
    const inner = await redirect(
      shell,
      [...(definition.redirections ?? []), ...definition.body.redirections],
      io,
    );
    return await runCompound(shell, definition.body, inner);
  } catch (error) {
    if (error instanceof ReturnFromFunction) return error.code;
    throw error;
  } finally {
    depth -= 1;
    shell.variables.leaveFunction();
    shell.positional = positional;
  }
}

async function runExec(shell: Shell, args: string[], io: Descriptors, given: Descriptors): Promise<number> {
  if (args.length === 0) {
    given.replaceBy(io);
    return 0;
  }
  throw new ExitShell(await runProgram(shell, args, io, {}));
}

/** A program by name or path, or a script; 127 when there is none. */
export async function runProgram(
  shell: Shell,
  words: readonly string[],
  io: Descriptors,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const [name = '', ...args] = words;
  const found: Utility | 'denied' | undefined =
    shell.programs.find(shell, name) ?? (await openScript(shell, name));
  if (found === undefined) {
    await shell.complain(shell.dialect.notFound(name), io);
    return 127;
  }
  if (found === 'denied') {
    await shell.complain(`${name}: Permission denied`, io);
    return 126;
  }
  return runUtility(shell, found, { name, args, io, environment });
}
