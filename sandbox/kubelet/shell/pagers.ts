import { openInput, readFile } from './redirections.js';
import type { Terminal } from './terminal.js';
import type { Utility, UtilityContext } from './utility.js';

const TEXT_BYTES = 16 << 20;

/** Shows text screen by screen; without a terminal, all of it. */
const less: Utility = async (context) => {
  const { args, io, shell, task } = context;
  const path = args.find((arg) => !arg.startsWith('-'));
  const input = path === undefined ? io.input : await openInput(shell, path, io);
  const text = await input.readAll(task.signal, TEXT_BYTES);
  const { terminal } = shell;
  if (!terminal || !io.output(1).isTerminal) {
    await io.print(text);
    return 0;
  }
  const lines = text.replace(/\n$/, '').split('\n');
  const keys = terminal.openKeys();
  try {
    for (let first = 0; ; ) {
      const page = Math.max(1, terminal.size.rows - 1);
      const last = Math.max(0, lines.length - page);
      first = Math.min(Math.max(0, first), last);
      const shown = lines.slice(first, first + page).map((line) => line.slice(0, terminal.size.columns));
      const status = first >= last ? '(END)' : (path ?? ':');
      await io.print(`\u001b[H\u001b[J${shown.join('\n')}\n\u001b[7m${status}\u001b[m`);
      const key = await task.during(keys.next(task.signal));
      if (key === 'q' || key === 'Q') break;
      first += STEPS[key]?.(page, lines.length) ?? 0;
    }
    await io.print('\r\u001b[K');
    return 0;
  } finally {
    keys.close();
  }
};

const STEPS: Readonly<Record<string, (page: number, all: number) => number>> = {
  ' ': (page) => page,
  f: (page) => page,
  '\u001b[6~': (page) => page,
  b: (page) => -page,
  '\u001b[5~': (page) => -page,
  j: () => 1,
  '\r': () => 1,
  '\u001b[B': () => 1,
  k: () => -1,
  '\u001b[A': () => -1,
  g: (_, all) => -all,
  G: (_, all) => all,
};

/** A text under edit, as vi's user sees it. */
class Editor {
  lines: string[];
  row = 0;
  column = 0;
  isInserting = false;
  isChanged = false;
  command: string | undefined;
  message = '';
  private before = '';

  constructor(
    text: string,
    private readonly path: string,
    private readonly save: (text: string) => Promise<void>,
  ) {
    this.lines = text.replace(/\n$/, '').split('\n');
    this.message = `'${path}' ${this.lines.length} lines`;
  }

  /** True when the editor is left. */
  async press(key: string): Promise<boolean> {
    this.message = '';
    if (this.command !== undefined) return this.typeCommand(key);
    if (this.isInserting) this.insert(key);
    else this.act(key);
    this.row = Math.min(Math.max(0, this.row), this.lines.length - 1);
    this.column = Math.min(Math.max(0, this.column), this.line.length);
    return false;
  }

  render({ rows, columns }: { rows: number; columns: number }): string {
    const page = Math.max(1, rows - 1);
    const first = Math.max(0, Math.min(this.row - Math.floor(page / 2), this.lines.length - page));
    const shown = Array.from({ length: page }, (_, index) =>
      (this.lines[first + index] ?? '~').slice(0, columns),
    );
    const status =
      this.command === undefined
        ? this.message || (this.isInserting ? '-- INSERT --' : '')
        : `:${this.command}`;
    return `\u001b[H\u001b[J${shown.join('\r\n')}\r\n${status}\u001b[${this.row - first + 1};${this.column + 1}H`;
  }

  private get line(): string {
    return this.lines[this.row] ?? '';
  }

  private edit(line: string, column: number): void {
    this.lines[this.row] = line;
    this.column = column;
    this.isChanged = true;
  }

  private insert(key: string): void {
    const { line, column } = this;
    if (key === '\u001b') this.isInserting = false;
    else if (key === '\r' || key === '\n') {
      this.lines.splice(this.row, 1, line.slice(0, column), line.slice(column));
      this.row += 1;
      this.edit(this.line, 0);
    } else if (key === '\u007f' || key === '\b') {
      if (column > 0) this.edit(line.slice(0, column - 1) + line.slice(column), column - 1);
    } else if (key >= ' ' && !key.startsWith('\u001b'))
      this.edit(line.slice(0, column) + key + line.slice(column), column + key.length);
    else this.move(key);
  }

  private act(key: string): void {
    const { line, column } = this;
    const chord = this.before + key;
    this.before = '';
    if (chord === 'dd') {
      this.lines.splice(this.row, 1);
      if (this.lines.length === 0) this.lines.push('');
      this.isChanged = true;
    } else if (key === 'd' || (key === 'g' && chord !== 'gg')) this.before = key;
    else if (chord === 'gg') this.row = 0;
    else if (key === 'G') this.row = this.lines.length - 1;
    else if (key === 'x') this.edit(line.slice(0, column) + line.slice(column + 1), column);
    else if (key === ':') this.command = '';
    else if ('iaAIoO'.includes(key)) {
      this.isInserting = true;
      if (key === 'a') this.column += 1;
      if (key === 'A') this.column = line.length;
      if (key === 'I') this.column = 0;
      if (key === 'o' || key === 'O') {
        this.row += key === 'o' ? 1 : 0;
        this.lines.splice(this.row, 0, '');
        this.edit('', 0);
      }
    } else this.move(key);
  }

  private move(key: string): void {
    if (key === 'j' || key === '\u001b[B') this.row += 1;
    else if (key === 'k' || key === '\u001b[A') this.row -= 1;
    else if (key === 'h' || key === '\u001b[D') this.column -= 1;
    else if (key === 'l' || key === '\u001b[C') this.column += 1;
    else if (key === '0' || key === '\u001b[H') this.column = 0;
    else if (key === '$' || key === '\u001b[F') this.column = this.line.length;
  }

  private async typeCommand(key: string): Promise<boolean> {
    const { command = '' } = this;
    if (key === '\u001b') this.command = undefined;
    else if (key === '\u007f') this.command = command === '' ? undefined : command.slice(0, -1);
    else if (key !== '\r' && key !== '\n') this.command = command + key;
    else {
      this.command = undefined;
      return this.obey(command);
    }
    return false;
  }

  private async obey(command: string): Promise<boolean> {
    if (!/^(w|q|wq|x|q!|wq!|w!|\d+)$/.test(command)) this.message = `Not implemented: ${command}`;
    else if (/^\d+$/.test(command)) this.row = Number(command) - 1;
    else {
      if (/[wx]/.test(command)) {
        try {
          await this.save(`${this.lines.join('\n')}\n`);
        } catch {
          this.message = `'${this.path}': Read-only file system`;
          return false;
        }
        this.isChanged = false;
        this.message = `'${this.path}' ${this.lines.length} lines written`;
      }
      if (command === 'q' && this.isChanged) this.message = 'No write since last change (:q! overrides)';
      else return /[qx]/.test(command);
    }
    return false;
  }
}

const vi: Utility = async (context) => {
  const { args, io, shell } = context;
  const path = args.find((arg) => !arg.startsWith('-')) ?? 'noname';
  const { terminal } = shell;
  if (!terminal) throw new Error('Output is not to a terminal');
  const text = await readFile(shell, path).catch(() => '');
  const save = (content: string) => shell.files.writeFile(shell.resolve(path), content, 'binary');
  return edit(context, terminal, new Editor(text, path, save), (screen) => io.print(screen));
};

async function edit(
  { task }: UtilityContext,
  terminal: Terminal,
  editor: Editor,
  show: (screen: string) => Promise<void>,
): Promise<number> {
  const keys = terminal.openKeys({ isRaw: true });
  try {
    do await show(editor.render(terminal.size));
    while (!(await editor.press(await task.during(keys.next(task.signal)))));
    await show('\u001b[H\u001b[J');
    return 0;
  } finally {
    keys.close();
  }
}

export const pagers: Readonly<Record<string, Utility>> = { less, more: less, vi, vim: vi };
