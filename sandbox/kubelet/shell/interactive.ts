import { completeWord } from './completion.js';
import { ExitShell, isControl } from './control.js';
import { isIncomplete } from './run-shell.js';
import type { Shell } from './shell.js';
import { Killed, signalCode } from './signals.js';
import { bytesOf, textOf } from './streams.js';
import type { Terminal } from './terminal.js';

/** A conversation at a prompt; ends with `exit` or Ctrl-D. */
export async function runInteractive(shell: Shell, terminal: Terminal): Promise<number> {
  const { dialect, io } = shell;
  shell.isInteractive = true;
  terminal.onSignal = (signal) => {
    shell.isInterrupted = signal === 'INT';
    if (shell.foreground.length > 0) for (const task of shell.foreground) task.killAll(signal);
    else if (signal === 'INT') shell.task.kill(signal);
  };
  await io.print(dialect.banner);
  let script = '';
  while (true) {
    try {
      script = await converse(shell, terminal, script);
    } catch (error) {
      script = '';
      await recover(shell, error);
    }
  }
}

/** Reads a line and runs it; when more lines have to follow, gives what there is so far. */
async function converse(shell: Shell, terminal: Terminal, before: string): Promise<string> {
  const { dialect, io } = shell;
  for (const news of shell.jobs.news()) await io.complain(news);
  const line = await shell.task.during(
    terminal.readLine(before ? '> ' : promptOf(shell), {
      asksCursor: dialect.asksCursor,
      complete: (text, cursor) => completeWord(shell, text, cursor),
    }),
  );
  if (line === undefined && before === '') {
    if (dialect.name === 'bash') await io.print('exit\n');
    throw new ExitShell(shell.lastCode);
  }
  if (line === undefined || (line.trim() === '' && !/<</.test(before))) return '';
  const script = `${before}${bytesOf(line)}\n`;
  if (isIncomplete(script)) return script;
  shell.lastCode = await shell.runText(script);
  return '';
}

/** Goes on after what only ends a line; throws what ends the shell. */
async function recover(shell: Shell, error: unknown): Promise<void> {
  if (error instanceof ExitShell) throw error;
  if (error instanceof Killed) {
    if (error.signal !== 'INT') throw error;
    shell.task.revive();
    shell.foreground = [];
    shell.conditions = 0;
    shell.lastCode = signalCode('INT');
  } else if (!isControl(error)) await shell.complain(error instanceof Error ? error.message : String(error));
}

/** `PS1` where the user has set it, else what the shell of the image shows. */
function promptOf(shell: Shell): string {
  const home = shell.variables.get('HOME') ?? '/root';
  const host = shell.container.podName;
  const own = shell.variables.get('PS1');
  if (own === undefined) return shell.dialect.prompt(shell.directory, home, host);
  const now = new Date(shell.container.now()).toISOString();
  const values: Record<string, string> = {
    u: 'root',
    h: host.split('.')[0] ?? host,
    H: host,
    w: shell.directory === home ? '~' : shell.directory,
    W: shell.directory === home ? '~' : (shell.directory.split('/').at(-1) ?? '') || '/',
    $: '#',
    t: now.slice(11, 19),
    n: '\r\n',
    e: '\u001b',
    '[': '',
    ']': '',
    '\\': '\\',
  };
  return textOf(own)
    .replaceAll(/\\(0?33|x1[bB])/g, '\u001b')
    .replaceAll(/\\([uhHwW$tne[\]\\])/g, (_, letter) => values[letter] ?? '');
}
