/** The signals that scripts and terminals use, by number. */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  WINCH: 28,
};

const NAMES = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name]));

/** Signals that a process does not notice unless it asks for them. */
export const HARMLESS: ReadonlySet<string> = new Set(['CHLD', 'CONT', 'WINCH']);

/** Of `TERM`, `SIGTERM`, `15`, `EXIT` or `0`; undefined when there is no such signal. */
export function signalName(text: string): string | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (name === 'EXIT' || name === '0') return 'EXIT';
  if (/^\d+$/.test(name)) return NAMES.get(Number(name));
  return name in NUMBERS ? name : undefined;
}

export const signalNames = (): string[] => [...NAMES.values()];

/** How a shell tells the end by a signal. */
export const signalCode = (name: string): number => 128 + (NUMBERS[name] ?? 0);

/** Thrown in a process that a signal ends. */
export class Killed extends Error {
  constructor(readonly signal: string) {
    super(`killed by ${signal}`);
  }
}

/** Thrown by a write that nobody will read. */
export class BrokenPipe extends Error {}
