import type { FormattedExecutionResult } from 'graphql';
import type { MaskedResult } from '../../subgraphs/shared/masked-result.js';

/** What clients get: masked, with the extensions that were asked for. */
export type SentResult = MaskedResult & Pick<FormattedExecutionResult, 'extensions'>;

/** One event as clients get it: masked, and made into text once for all of them. */
export class Payload {
  #text: string | undefined;

  constructor(readonly result: SentResult) {}

  /** The result as JSON. */
  get text(): string {
    this.#text ??= JSON.stringify(this.result);
    return this.#text;
  }
}
