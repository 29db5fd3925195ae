/** What a line under edit needs of its terminal. */
export interface LineHost {
  write(text: string): void;
  columns(): number;
}

export interface Completion {
  /** Replaces the text before the cursor from here on. */
  readonly start: number;
  readonly choices: readonly string[];
}

export type Complete = (line: string, cursor: number) => Promise<Completion>;

const BEFORE_WORD = /\w*\W*$/;
const NEXT_WORD = /^\W*\w*/;

/** A line as readline edits it. */
export class LineEditor {
  line = '';
  cursor = 0;
  private recalled: number;
  private unsent = '';
  private killed = '';
  /** The text that is looked for in the history, and the line it came from. */
  private search: { text: string; found: string } | undefined;

  constructor(
    private readonly host: LineHost,
    private readonly prompt: string,
    private readonly history: readonly string[],
  ) {
    this.recalled = history.length;
  }

  /** Types text at the cursor. */
  insert(text: string): void {
    if (this.search) {
      this.find(this.search.text + text);
      return;
    }
    const { line, cursor } = this;
    if (cursor === line.length) {
      this.line += text;
      this.cursor += text.length;
      this.host.write(text);
    } else this.replace(line.slice(0, cursor) + text + line.slice(cursor), cursor + text.length);
  }

  /** False when the action is none of an editor. */
  act(action: string): boolean {
    if (this.search && this.actInSearch(action)) return true;
    const { line, cursor } = this;
    const before = line.slice(0, cursor);
    const after = line.slice(cursor);
    switch (action) {
      case 'left':
        this.replace(line, Math.max(0, cursor - 1));
        return true;
      case 'right':
        this.replace(line, Math.min(line.length, cursor + 1));
        return true;
      case 'word-left':
        this.replace(line, cursor - (BEFORE_WORD.exec(before)?.[0].length ?? 0));
        return true;
      case 'word-right':
        this.replace(line, cursor + (NEXT_WORD.exec(after)?.[0].length ?? 0));
        return true;
      case 'home':
        this.replace(line, 0);
        return true;
      case 'end':
        this.replace(line, line.length);
        return true;
      case 'backspace':
        if (cursor > 0)
          this.replace([...before].slice(0, -1).join('') + after, [...before].slice(0, -1).join('').length);
        return true;
      case 'delete':
        this.replace(before + [...after].slice(1).join(''), cursor);
        return true;
      case 'kill-to-end':
        this.kill(after, before, cursor);
        return true;
      case 'kill-to-start':
        this.kill(before, after, 0);
        return true;
      case 'kill-word': {
        const kept = before.replace(/\S*\s*$/, '');
        this.kill(before.slice(kept.length), kept + after, kept.length);
        return true;
      }
      case 'delete-word': {
        const word = NEXT_WORD.exec(after)?.[0] ?? '';
        this.kill(word, before + after.slice(word.length), cursor);
        return true;
      }
      case 'yank':
        this.insert(this.killed);
        return true;
      case 'transpose':
        if (cursor > 0 && line.length > 1) {
          const at = Math.min(cursor, line.length - 1);
          this.replace(line.slice(0, at - 1) + line[at] + line[at - 1] + line.slice(at + 1), at + 1);
        }
        return true;
      case 'up':
      case 'down':
        this.recall(action === 'up' ? -1 : 1);
        return true;
      case 'search':
        this.search = { text: '', found: '' };
        this.showSearch();
        return true;
      case 'clear':
        this.host.write('\u001b[H\u001b[J');
        this.redraw();
        return true;
      default:
        return false;
    }
  }

  /** Ends a search so that the line found is the line. */
  settle(): void {
    if (!this.search) return;
    const { found } = this.search;
    this.search = undefined;
    this.replace(found, found.length);
  }

  async complete(complete: Complete): Promise<void> {
    const { line, cursor } = this;
    const { start, choices } = await complete(line, cursor);
    if (this.line !== line || this.cursor !== cursor || choices.length === 0) return;
    const typed = line.slice(start, cursor);
    const common = commonStart(choices);
    if (common.length > typed.length || choices.length === 1) {
      const text = choices.length === 1 && !common.endsWith('/') ? `${common} ` : common;
      this.replace(line.slice(0, start) + text + line.slice(cursor), start + text.length);
      return;
    }
    const names = choices.map((choice) => choice.replace(/^.*\/(?=.)/, ''));
    const width = Math.max(...names.map((name) => name.length)) + 2;
    const perRow = Math.max(1, Math.floor(this.host.columns() / width));
    let list = '';
    for (const [index, name] of names.entries())
      list +=
        index % perRow === perRow - 1 || index === names.length - 1 ? `${name}\r\n` : name.padEnd(width);
    this.host.write(`\r\n${list}`);
    this.redraw();
  }

  redraw(): void {
    this.replace(this.line, this.cursor);
  }

  private kill(removed: string, line: string, cursor: number): void {
    this.killed = removed;
    this.replace(line, cursor);
  }

  private replace(line: string, cursor: number): void {
    this.line = line;
    this.cursor = cursor;
    const back = line.length - cursor;
    this.host.write(`\r${this.prompt}${line}\u001b[J${back > 0 ? `\u001b[${back}D` : ''}`);
  }

  private recall(step: number): void {
    if (this.recalled === this.history.length) this.unsent = this.line;
    const next = Math.min(Math.max(0, this.recalled + step), this.history.length);
    this.recalled = next;
    const line = this.history[next] ?? this.unsent;
    this.replace(line, line.length);
  }

  private actInSearch(action: string): boolean {
    if (!this.search) return false;
    if (action === 'backspace') this.find(this.search.text.slice(0, -1));
    else if (action === 'search')
      this.find(this.search.text, this.history.lastIndexOf(this.search.found) - 1);
    else if (action === 'cancel') {
      this.search = undefined;
      this.redraw();
    } else {
      this.settle();
      return false;
    }
    return true;
  }

  private find(text: string, from = this.history.length - 1): void {
    const found =
      from < 0 ? undefined : this.history.slice(0, from + 1).findLast((line) => line.includes(text));
    this.search = { text, found: found ?? this.search?.found ?? '' };
    this.showSearch();
  }

  private showSearch(): void {
    if (!this.search) return;
    this.host.write(`\r(reverse-i-search)\`${this.search.text}': ${this.search.found}\u001b[J`);
  }
}

function commonStart(choices: readonly string[]): string {
  let common = choices[0] ?? '';
  for (const choice of choices) while (!choice.startsWith(common)) common = common.slice(0, -1);
  return common;
}
