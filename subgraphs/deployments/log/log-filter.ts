import { RE2JS, RE2JSSyntaxException } from 're2js';
import { BadUserInputError } from '../../shared/errors.js';

export const filterKinds = ['TEXT', 'REGULAR_EXPRESSION'] as const;
export type LogFilterKind = (typeof filterKinds)[number];

/** Says whether a line, or a piece of a long one, is wanted. */
export type LineFilter = (text: string) => boolean;

const longest = 1_000;
/** Measured: an expression of this size takes at most 0.4 s for a piece of 64 KiB made to be slow, 1 ms for a line. */
const mostInstructions = 300;
const field = ['input', 'filter'];

/**
 * A substring, or a regular expression in the syntax of RE2, which needs time linear in the text whatever the
 * expression. Throws BadUserInputError that says what is wrong with the expression and where.
 */
export function lineFilter(filter: string, kind: LogFilterKind): LineFilter {
  if (filter.length > longest) {
    throw BadUserInputError.at(field, `filter has ${filter.length} characters: use at most ${longest}.`);
  }
  if (kind === 'TEXT') return (text) => text.includes(filter);
  const expression = compile(filter);
  const instructions = expression.programSize();
  if (instructions > mostInstructions) {
    throw BadUserInputError.at(
      field,
      `filter compiles to ${instructions} instructions, more than the ${mostInstructions} allowed: write it shorter, or repeat less.`,
    );
  }
  return (text) => expression.test(text);
}

function compile(filter: string): RE2JS {
  try {
    return RE2JS.compile(filter);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw BadUserInputError.at(
      field,
      `filter is no regular expression of RE2: ${error.getDescription()} at ${JSON.stringify(error.getPattern())}. Lookaround and back-references do not exist there; (?i) ignores case.`,
    );
  }
}
