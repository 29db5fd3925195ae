import { containerCommands, STREAMED } from './commands.js';
import { Interpreter } from './interpreter.js';
import { shellDialect } from './shell-dialect.js';
import type { ShellProcess } from './shell-process.js';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs the process's command in the in-memory shell and answers its exit code. */
export async function runCommand(process: ShellProcess): Promise<number> {
  const { instance, request, input, signal } = process;
  const files = await instance.files.open();
  const dialect = shellDialect(instance.program.system, request.command[0] ?? 'sh');
  const printError = (bytes: string) => process.print('stderr', dialect.errors(bytes));
  const base = `/proc/${process.pid}/fd`;
  const detach = [
    files.attach(`${base}/0`, { read: () => input.readAll() }),
    files.attach(`${base}/line`, { read: () => input.readLine() }),
    files.attach(`${base}/stream`, { read: async () => STREAMED }),
    files.attach(`${base}/1`, { read: async () => '', write: (bytes) => process.print('stdout', bytes) }),
    files.attach(`${base}/2`, { read: async () => '', write: printError }),
  ];
  const hasInput = request.stdin;
  const interpreter = new Interpreter({
    files,
    environment: {
      PATH,
      HOSTNAME: instance.context.pod.name,
      ...(request.tty && { TERM: 'xterm' }),
      HOME: '/root',
      ...instance.context.environment,
    },
    directory: instance.spec.workingDir ?? '/',
    pid: process.pid,
    streams: {
      input: hasInput ? `${base}/0` : undefined,
      inputLine: hasInput ? `${base}/line` : undefined,
      inputStream: hasInput ? `${base}/stream` : undefined,
      output: `${base}/1`,
      errors: `${base}/2`,
    },
    commands: containerCommands({
      instance,
      pid: process.pid,
      command: request.command.join(' '),
      size: () => process.size,
      readInput: () => input.readChunk(),
      write: (bytes) => process.print('stdout', bytes),
      killSelf: () => process.kill(),
      sleep: (ms) => process.sleep(ms),
    }),
    sleep: (ms) => process.sleep(ms),
    writeError: printError,
  });
  try {
    const [, ...args] = request.command;
    if (!process.isShell) return await runOnce(process, interpreter, quote(request.command));
    const flag = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
    if (flag >= 0) return await runOnce(process, interpreter, args[flag + 1] ?? '');
    if (process.terminal) return await converse(process, interpreter, dialect);
    return await runInput(process, interpreter);
  } finally {
    if (!signal.aborted) for (const each of detach) each();
  }
}

async function runOnce(process: ShellProcess, interpreter: Interpreter, script: string): Promise<number> {
  interpreter.set('COLUMNS', String(process.size.columns));
  interpreter.set('LINES', String(process.size.rows));
  const { signal, done } = interruptible(process);
  const { code } = await interpreter.run(script, signal);
  done();
  return code;
}

/** A shell without a terminal reads its script from its input. */
async function runInput(process: ShellProcess, interpreter: Interpreter): Promise<number> {
  let script = '';
  for (let line = await process.input.readLine(); line !== ''; line = await process.input.readLine()) {
    script += line;
    if (interpreter.isIncomplete(script)) continue;
    const { code, isExit } = await interpreter.run(script, process.signal);
    if (isExit || process.signal.aborted) return code;
    script = '';
    interpreter.set('?', String(code));
  }
  return Number(interpreter.variable('?') ?? 0);
}

async function converse(
  process: ShellProcess,
  interpreter: Interpreter,
  dialect: ReturnType<typeof shellDialect>,
): Promise<number> {
  const { terminal } = process;
  if (!terminal) return 126;
  if (dialect.banner) process.print('stdout', dialect.banner);
  const home = interpreter.variable('HOME') ?? '/root';
  let script = '';
  let last = 0;
  while (!process.signal.aborted) {
    const prompt = script
      ? '> '
      : dialect.prompt(interpreter.directory, home, process.instance.context.pod.name);
    const line = await terminal.readLine(prompt);
    if (line === undefined && !script) return last;
    if (line === undefined) {
      script = '';
      continue;
    }
    script = script ? `${script}\n${line}` : line;
    if (script.trim() === '' || interpreter.isIncomplete(script)) {
      if (line.trim() === '') script = '';
      continue;
    }
    interpreter.set('COLUMNS', String(process.size.columns));
    interpreter.set('LINES', String(process.size.rows));
    const { signal, done } = interruptible(process);
    const { code, isExit } = await interpreter.run(script, signal);
    done();
    terminal.commandInput.reopen();
    script = '';
    last = code;
    if (isExit) return code;
  }
  return 137;
}

/** Aborted by Ctrl-C, and with the process. */
function interruptible(process: ShellProcess): { signal: AbortSignal; done: () => void } {
  const command = new AbortController();
  const abort = () => command.abort();
  process.signal.addEventListener('abort', abort, { once: true });
  if (process.terminal) process.terminal.onInterrupt = abort;
  return {
    signal: command.signal,
    done: () => {
      process.signal.removeEventListener('abort', abort);
      if (process.terminal) process.terminal.onInterrupt = () => undefined;
    },
  };
}

const quote = (command: readonly string[]): string =>
  command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
