import { BadUserInputError } from '../../shared/errors.js';
import type { InputPlace } from './input-order.js';

const maximumInputBytes = 64 * 1024;
const longestWriter = 64;
const largestSize = 1_000;

export function requireSize(columns: number, rows: number): { columns: number; rows: number } {
  for (const [field, value] of [
    ['columns', columns],
    ['rows', rows],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > largestSize) {
      throw BadUserInputError.at(['input', field], `${field} is ${value}: use 1 to ${largestSize}.`);
    }
  }
  return { columns, rows };
}

export function requireCommand(command: readonly string[] | null): void {
  if (command === null) return;
  const bytes = command.reduce((sum, argument) => sum + Buffer.byteLength(argument), 0);
  const problem =
    command.length === 0 || command[0] === ''
      ? 'command is empty: name a program, or leave it out for a shell.'
      : command.length > 100 || bytes > 16 * 1024
        ? 'command is longer than 100 arguments or 16 KiB.'
        : command.some((argument) => argument.includes('\0'))
          ? 'command contains a NUL character.'
          : undefined;
  if (problem) throw BadUserInputError.at(['input', 'command'], problem);
}

export interface InputOfSession {
  readonly sessionId: string;
  readonly data?: string | null;
  readonly dataBase64?: string | null;
  readonly end?: boolean | null;
  readonly writer?: string | null;
  readonly sequence?: number | null;
}

/** The bytes to send; none when the input only ends. */
export function inputBytes({ data, dataBase64, end }: InputOfSession): Uint8Array {
  if (data == null && dataBase64 == null && end) return new Uint8Array();
  if ((data == null) === (dataBase64 == null)) {
    throw BadUserInputError.at(['input', 'data'], 'Give either data or dataBase64.');
  }
  const bytes = dataBase64 == null ? Buffer.from(data ?? '') : Buffer.from(dataBase64, 'base64');
  if (dataBase64 != null && bytes.toString('base64').replace(/=+$/, '') !== dataBase64.replace(/=+$/, '')) {
    throw BadUserInputError.at(['input', 'dataBase64'], 'dataBase64 is not base64.');
  }
  if (bytes.length > maximumInputBytes) {
    throw BadUserInputError.at(
      ['input', dataBase64 == null ? 'data' : 'dataBase64'],
      `The input has ${bytes.length} bytes: send at most ${maximumInputBytes} at once.`,
    );
  }
  return bytes;
}

/** Undefined for input that is not numbered. */
export function inputPlace({ writer, sequence }: InputOfSession): InputPlace | undefined {
  if (writer == null && sequence == null) return undefined;
  if (writer == null || sequence == null) {
    throw BadUserInputError.at(
      ['input', writer == null ? 'writer' : 'sequence'],
      'Give writer and sequence together: who types, and the number of this input among those of the same writer.',
    );
  }
  if (writer === '' || writer.length > longestWriter) {
    throw BadUserInputError.at(['input', 'writer'], `writer is a name of 1 to ${longestWriter} characters.`);
  }
  if (sequence < 1) throw BadUserInputError.at(['input', 'sequence'], 'sequence counts from 1.');
  return { writer, sequence };
}
