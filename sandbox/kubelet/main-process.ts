import type { ExecProcess, LogSource } from '../storage/runtime.js';
import type { ShellProcess } from './shell/shell-process.js';

/** One reader of a main process that others may read, too: it ends with the process, or by leaving. */
export function attachToProcess(
  process: ShellProcess,
  { stdin, closesInput }: { stdin: boolean; closesInput: boolean },
): ExecProcess {
  let stop = (): void => undefined;
  let isInputOpen = stdin;
  const endInput = (): void => {
    if (isInputOpen && closesInput) process.input.end();
    isInputOpen = false;
  };
  return {
    write: async (bytes) => {
      if (isInputOpen) await process.write(bytes);
    },
    endInput,
    resize: (columns, rows) => process.resize(columns, rows),
    kill: () => {
      stop();
      endInput();
    },
    pause: () => process.pause(),
    resume: () => process.resume(),
    onOutput: (listener) => {
      stop = process.onOutput(listener);
    },
    onExit: (listener) => process.onExit(listener),
  };
}

/** A program without input whose output is only known as its log. */
export function attachToLog(log: LogSource, onEnd: (listener: (code: number) => void) => void): ExecProcess {
  let stop = (): void => undefined;
  return {
    write: async () => undefined,
    endInput: () => undefined,
    resize: () => undefined,
    kill: () => stop(),
    pause: () => undefined,
    resume: () => undefined,
    onOutput: (listener) => {
      stop = log.follow(
        ({ stream, text, bytes, partial }) => {
          listener(stream, bytes ?? Buffer.from(text));
          if (!partial) listener(stream, Buffer.from('\n'));
        },
        () => undefined,
      );
    },
    onExit: (listener) => onEnd((code) => listener({ code })),
  };
}
