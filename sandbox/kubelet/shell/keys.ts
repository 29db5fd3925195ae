/** Escape sequences and control characters of keys, by what they do to a line. */
export const KEYS: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[C': 'right',
  '\u001bOC': 'right',
  '\u001b[D': 'left',
  '\u001bOD': 'left',
  '\u001b[1;5C': 'word-right',
  '\u001b[1;3C': 'word-right',
  '\u001b[5C': 'word-right',
  '\u001bf': 'word-right',
  '\u001b[1;5D': 'word-left',
  '\u001b[1;3D': 'word-left',
  '\u001b[5D': 'word-left',
  '\u001bb': 'word-left',
  '\u001b[H': 'home',
  '\u001bOH': 'home',
  '\u001b[1~': 'home',
  '\u001b[7~': 'home',
  '\u001b[F': 'end',
  '\u001bOF': 'end',
  '\u001b[4~': 'end',
  '\u001b[8~': 'end',
  '\u001b[3~': 'delete',
  '\u001bd': 'delete-word',
  '\u001b\u007f': 'kill-word',
  '\u0001': 'home',
  '\u0002': 'left',
  '\u0003': 'interrupt',
  '\u0004': 'end-of-input',
  '\u0005': 'end',
  '\u0006': 'right',
  '\u0007': 'cancel',
  '\u0008': 'backspace',
  '\t': 'complete',
  '\u000b': 'kill-to-end',
  '\u000c': 'clear',
  '\n': 'enter',
  '\r': 'enter',
  '\u000e': 'down',
  '\u0010': 'up',
  '\u0012': 'search',
  '\u0014': 'transpose',
  '\u0015': 'kill-to-start',
  '\u0017': 'kill-word',
  '\u0019': 'yank',
  '\u001a': 'stop',
  '\u001c': 'quit',
  '\u007f': 'backspace',
};

const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(`^${ESCAPE}(\\[[0-9;?]*[ -/]*[@-~]|O[@-~]|[^[O])`, 's');

/** Takes one key from the front; undefined while the rest of an escape sequence is still under way. */
export function takeKey(typed: string, isRaw = false): string | undefined {
  const sequence = SEQUENCE.exec(typed)?.[0];
  // A full-screen program takes the escape key itself.
  if (!sequence && typed.startsWith(ESCAPE)) return isRaw && typed === ESCAPE ? ESCAPE : undefined;
  if (sequence && isRaw && !/^.[[O]/s.test(sequence)) return ESCAPE;
  return sequence ?? String.fromCodePoint(typed.codePointAt(0) ?? 0);
}
