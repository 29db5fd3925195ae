import { parse, serialize } from 'just-bash';
import { readFile } from './redirections.js';
import type { Shell } from './shell.js';

/** Whether more lines have to follow before the script can run. */
export function isIncomplete(script: string): boolean {
  if (/(?:^|[^\\])(?:\\\\)*\\\n?$/.test(script) || /(\||&&)\s*$/.test(script)) return true;
  try {
    serialize(parse(script));
    return /<<-?\s*['"\\]?\w/.test(script) && hasOpenHereDocument(parse(script));
  } catch (error) {
    const { message, token } = error as { message: string; token?: { type: string } };
    return token?.type === 'EOF' || /unexpected EOF|unterminated here-document/.test(message);
  }
}

const hasOpenHereDocument = (node: unknown): boolean =>
  typeof node === 'object' &&
  node !== null &&
  ((node as any).terminated === false || Object.values(node).some(hasOpenHereDocument));

/** What `sh` does with its arguments: a script as text, a file, or its input line by line. */
export async function runShell(shell: Shell, args: readonly string[]): Promise<number> {
  let index = 0;
  let isText = false;
  for (; /^[-+]./.test(args[index] ?? ''); index++) {
    const flags = args[index] ?? '';
    if (flags === '--') {
      index += 1;
      break;
    }
    if (flags.startsWith('--')) continue;
    if (flags.includes('o')) index += 1;
    for (const flag of flags.slice(1)) {
      if (flag === 'c') isText = true;
      else if ('euxfa'.includes(flag)) shell.options.add(flag);
    }
  }
  const [operand, ...rest] = args.slice(index);
  if (isText) {
    if (rest[0] !== undefined) shell.name = rest[0];
    shell.positional = rest.slice(1);
    return shell.runText(operand ?? '');
  }
  if (operand !== undefined && operand !== '-') {
    shell.name = operand;
    shell.positional = rest;
    return shell.runText(await readFile(shell, operand));
  }
  return runInput(shell);
}

async function runInput(shell: Shell): Promise<number> {
  const { input } = shell.io;
  const { signal } = shell.task;
  let script = '';
  for (let line = await input.readLine(signal); line !== ''; line = await input.readLine(signal)) {
    script += line;
    if (isIncomplete(script)) continue;
    await shell.runText(script);
    script = '';
  }
  if (script) await shell.runText(script);
  return shell.lastCode;
}
