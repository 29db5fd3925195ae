import { BadUserInputError } from '../../shared/errors.js';

const longest = 100_000;
const mostPositions = 1_000;

/**
 * A cursor of a merged log: for each `pod/container` the time of the last line sent. One time for all would lose lines
 * of a container that is read more slowly than the others.
 */
export const encodePositions = (positions: ReadonlyMap<string, string>): string =>
  Buffer.from(JSON.stringify([...positions])).toString('base64url');

export function decodePositions(cursor: string): Map<string, string> {
  try {
    const value: unknown =
      cursor.length <= longest ? JSON.parse(Buffer.from(cursor, 'base64url').toString()) : undefined;
    if (
      Array.isArray(value) &&
      value.length <= mostPositions &&
      value.every(
        (pair): pair is [string, string] =>
          Array.isArray(pair) &&
          pair.length === 2 &&
          pair.every((part) => typeof part === 'string') &&
          !Number.isNaN(Date.parse(String(pair[1]))),
      )
    ) {
      return new Map(value);
    }
  } catch {
    // Not JSON: the same answer as for any other foreign text.
  }
  throw BadUserInputError.at(['input', 'after'], 'after is not a cursor of a log: take it from an event.');
}
