/** What a download needs of the events of `serviceLogs`. */
export type LogTextEvent =
  | { readonly __typename: 'LogLines'; readonly lines: readonly LogTextLine[] }
  | { readonly __typename: 'LogGap'; readonly reason: string }
  | { readonly __typename: 'LogPodJoined' | 'LogPodLeft' | 'LogCompleted' };

export interface LogTextLine {
  readonly at: string;
  readonly pod: string;
  readonly container: string;
  readonly text: string;
  readonly partial: boolean;
}

/**
 * Events of a merged log as plain text: `time pod/container text` for each line. The pieces of a long line make one
 * line again, unless another container wrote meanwhile. What is missing is told in lines that begin with `---`.
 */
export class LogText {
  /** Where the piece came from whose line is not ended yet. */
  #open: string | undefined;

  /** Of one event; may be empty. */
  of(event: LogTextEvent): string {
    if (event.__typename === 'LogLines') return event.lines.map((line) => this.#line(line)).join('');
    if (event.__typename === 'LogGap') return this.note(event.reason);
    return '';
  }

  note(text: string): string {
    return `${this.#endOfLine()}--- ${text}\n`;
  }

  #line({ at, pod, container, text, partial }: LogTextLine): string {
    const origin = `${pod}/${container}`;
    const goesOn = this.#open === `${origin} ${at}`;
    const start = goesOn ? '' : `${this.#endOfLine()}${at} ${origin} `;
    this.#open = partial ? `${origin} ${at}` : undefined;
    return `${start}${text}${partial ? '' : '\n'}`;
  }

  #endOfLine(): string {
    const end = this.#open === undefined ? '' : '\n';
    this.#open = undefined;
    return end;
  }
}
