import { BadUserInputError } from '../../shared/errors.js';

const maximumInputBytes = 64 * 1024;
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
        : undefined;
  if (problem) throw BadUserInputError.at(['input', 'command'], problem);
}

export function inputBytes({
  data,
  dataBase64,
}: {
  data?: string | null;
  dataBase64?: string | null;
}): Uint8Array {
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
