import { bytesOf, textOf } from './streams.js';
import type { Utility, UtilityContext } from './utility.js';

const INPUT_BYTES = 16 << 20;

const READERS = new Set(
  'wc sort sed awk grep egrep fgrep uniq cut paste comm join rev tac nl fold expand unexpand column strings split base64 md5sum sha1sum sha256sum od jq yq diff gzip gunzip zcat tar'.split(
    ' ',
  ),
);

/** How many operands come before those that name files. */
const OPERANDS: Record<string, number> = { grep: 1, egrep: 1, fgrep: 1, sed: 1, awk: 1, jq: 1, yq: 1 };

/** Whether the command reads its input: no operand names a file instead, or one is `-`. */
function readsInput(name: string, args: readonly string[]): boolean {
  if (!READERS.has(name)) return false;
  if (args.includes('-')) return true;
  const given = args.some((arg) => /^-[ef]$/.test(arg)) ? 0 : 1;
  const flags =
    name === 'cut' || name === 'sort' ? /^-[dfcbkt]$/ : name === 'awk' ? /^-[vF]$/ : /^-[ABCemf]$/;
  const operands = args.filter((arg, index) => !arg.startsWith('-') && !flags.test(args[index - 1] ?? ''));
  if (name === 'tar') return !args.some((arg) => arg.includes('f'));
  if (name === 'grep' && args.some((arg) => /^-[a-zA-Z]*[rR]/.test(arg))) return false;
  return operands.length <= (OPERANDS[name] ?? 0) * given;
}

async function execute(
  { shell, task, environment }: UtilityContext,
  name: string,
  args: readonly string[],
  stdin: string,
) {
  // What exec answers was read as UTF-8, which spoils archives; a redirection writes the bytes.
  const output = `/dev/.output-${task.pid}`;
  const { files } = shell;
  files.collect(output);
  const running = shell.container.bash.exec(`${name} > ${output}`, {
    args: args.map(textOf),
    stdin,
    stdinKind: 'bytes',
    env: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, textOf(value)])),
    replaceEnv: true,
    cwd: shell.directory,
    rawScript: true,
    signal: task.signal,
  });
  let stdout = '';
  const result = await task.during(running).finally(() => {
    stdout = files.take(output).toString('latin1');
  });
  return {
    stdout,
    stderr: bytesOf(result.stderr).replaceAll(/^bash: (line \d+: )?/gm, ''),
    code: result.exitCode,
  };
}

/** A tool of just-bash: reads everything, then writes everything. */
export const batch =
  (name: string): Utility =>
  async (context) => {
    const { io, args, task } = context;
    const stdin = readsInput(name, args) ? await io.input.readAll(task.signal, INPUT_BYTES) : '';
    const { stdout, stderr, code } = await execute(context, name, args, stdin);
    await io.print(stdout);
    await io.complain(stderr);
    return code;
  };

/** Options with which a tool treats every line alike, so that lines can be passed on as they come. */
const LINEWISE: Readonly<Record<string, (args: readonly string[]) => boolean>> = {
  grep: (args) =>
    args
      .filter((arg) => arg.startsWith('-'))
      .every((arg) => /^-[ivEFowxPhs]+$|^-e$|^--(color|line-buffered).*$/.test(arg)),
  cut: () => true,
  sed: (args) =>
    args.filter((arg) => arg.startsWith('-')).every((arg) => /^-[Ereu]+$/.test(arg)) &&
    args.filter((arg) => !arg.startsWith('-')).every((arg) => /^s(.).*\1[gi]*$/.test(arg)),
};

/** As batch, but line by line where the arguments allow it, so that what never ends can be filtered. */
export const streamedBatch = (name: string): Utility => {
  const whole = batch(name);
  const isLinewise = LINEWISE[name.replace(/^[ef]grep$/, 'grep')] ?? (() => false);
  return async (context) => {
    const { io, args, task } = context;
    if (!readsInput(name, args) || !isLinewise(args)) return whole(context);
    const shown = name.endsWith('grep') ? args.filter((arg) => arg !== '--line-buffered') : args;
    let code = name.endsWith('grep') ? 1 : 0;
    let rest = '';
    for (let piece = await io.input.read(task.signal); ; piece = await io.input.read(task.signal)) {
      const text = rest + piece;
      const end = piece === '' ? text.length : text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      if (end > 0) {
        const result = await execute(context, name, shown, text.slice(0, end));
        await io.print(result.stdout);
        await io.complain(result.stderr);
        if (result.code > 1) return result.code;
        if (name.endsWith('grep')) code = Math.min(code, result.code);
        else code = Math.max(code, result.code);
      }
      if (piece === '') return code;
      await task.check();
    }
  };
};
