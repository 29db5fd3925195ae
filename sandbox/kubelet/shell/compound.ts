import { evaluateCondition } from './conditions.js';
import { BreakLoop, ContinueLoop } from './control.js';
import type { Descriptors } from './descriptors.js';
import type { Shell } from './shell.js';

/** Loops, conditions, groups and subshells. */
export async function runCompound(shell: Shell, command: any, io: Descriptors): Promise<number> {
  switch (command.type) {
    case 'Group':
      return shell.run(command.body, io);
    case 'Subshell': {
      const child = shell.fork();
      child.io = io.copy();
      const done = child.runToEnd(() => child.run(command.body, child.io));
      return shell.awaitJob([child.task], done, '( … )');
    }
    case 'If':
      return runIf(shell, command, io);
    case 'While':
    case 'Until':
      return runWhile(shell, command, io);
    case 'For':
      return runFor(shell, command, io);
    case 'CStyleFor':
      return runArithmeticFor(shell, command, io);
    case 'Case':
      return runCase(shell, command, io);
    case 'ArithmeticCommand':
      return Number((await shell.expansion.arithmetic(command.expression)) === 0);
    case 'ConditionalCommand':
      return Number(!(await evaluateCondition(shell, command.expression)));
    default:
      throw new Error(`syntax error: ${command.type}`);
  }
}

async function condition(shell: Shell, statements: readonly any[], io: Descriptors): Promise<boolean> {
  shell.conditions += 1;
  try {
    return (await shell.run(statements, io)) === 0;
  } finally {
    shell.conditions -= 1;
  }
}

async function runIf(shell: Shell, { clauses, elseBody }: any, io: Descriptors): Promise<number> {
  for (const clause of clauses)
    if (await condition(shell, clause.condition, io)) return body(shell, clause.body, io);
  return elseBody ? body(shell, elseBody, io) : 0;
}

async function body(shell: Shell, statements: readonly any[], io: Descriptors): Promise<number> {
  shell.lastCode = 0;
  return shell.run(statements, io);
}

async function runWhile(shell: Shell, command: any, io: Descriptors): Promise<number> {
  const wanted = command.type === 'While';
  let code = 0;
  while (true) {
    await shell.checkpoint();
    const outcome = await turn(async () => {
      if ((await condition(shell, command.condition, io)) !== wanted) return undefined;
      return shell.run(command.body, io);
    }, code);
    if (outcome === undefined) return code;
    if (typeof outcome === 'object') return outcome.code;
    code = outcome;
  }
}

async function runFor(shell: Shell, command: any, io: Descriptors): Promise<number> {
  const values = command.words === null ? shell.positional : await shell.expansion.words(command.words);
  let code = 0;
  for (const value of values) {
    shell.variables.set(command.variable, value);
    await shell.checkpoint();
    const outcome = await turn(() => shell.run(command.body, io), code);
    if (typeof outcome === 'object') return outcome.code;
    code = outcome ?? code;
  }
  return code;
}

async function runArithmeticFor(shell: Shell, command: any, io: Descriptors): Promise<number> {
  const evaluate = (node: any) => (node ? shell.expansion.arithmetic(node) : Promise.resolve(1));
  let code = 0;
  for (
    await evaluate(command.init);
    (await evaluate(command.condition)) !== 0;
    await evaluate(command.update)
  ) {
    await shell.checkpoint();
    const outcome = await turn(() => shell.run(command.body, io), code);
    if (typeof outcome === 'object') return outcome.code;
    code = outcome ?? code;
  }
  return code;
}

/** One round of a loop: its code; an object when the loop is left. */
async function turn(
  work: () => Promise<number | undefined>,
  code: number,
): Promise<number | undefined | { code: number }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BreakLoop) {
      if (error.levels > 1) throw new BreakLoop(error.levels - 1);
      return { code: 0 };
    }
    if (error instanceof ContinueLoop) {
      if (error.levels > 1) throw new ContinueLoop(error.levels - 1);
      return code;
    }
    throw error;
  }
}

async function runCase(shell: Shell, { word, items }: any, io: Descriptors): Promise<number> {
  const text = await shell.expansion.text(word);
  let isFalling = false;
  for (const item of items) {
    const matches = isFalling || (await matchesAny(shell, item.patterns, text));
    if (!matches) continue;
    const code = await body(shell, item.body, io);
    if (item.terminator === ';;') return code;
    isFalling = item.terminator === ';&';
  }
  return isFalling ? shell.lastCode : 0;
}

async function matchesAny(shell: Shell, patterns: readonly any[], text: string): Promise<boolean> {
  for (const pattern of patterns)
    if (new RegExp(`^(?:${await shell.expansion.pattern(pattern)})$`).test(text)) return true;
  return false;
}
