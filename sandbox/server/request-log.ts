import type { IncomingMessage } from 'node:http';

export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

const KEPT = 10_000;

/** What was asked of the sandbox, for tests that say what must not be asked. */
export class RequestLog {
  private readonly requests: LoggedRequest[] = [];
  private readonly open = new Set<LoggedRequest>();

  /** Returns what is to be called when the request is over. */
  begin(request: Pick<IncomingMessage, 'method' | 'url'>): () => void {
    const entry = { method: request.method ?? '', path: request.url ?? '' };
    this.requests.push(entry);
    if (this.requests.length > KEPT * 1.25) this.requests.splice(0, this.requests.length - KEPT);
    this.open.add(entry);
    return () => this.open.delete(entry);
  }

  /** The newest ones, oldest first. */
  list(): readonly LoggedRequest[] {
    return this.requests;
  }

  count(predicate: (request: LoggedRequest) => boolean = () => true): number {
    return this.requests.filter(predicate).length;
  }

  /** How many of the requests under way are such: watches, followed logs, exec sockets and what is just answered. */
  openRequests(predicate: (request: LoggedRequest) => boolean = () => true): number {
    return [...this.open].filter(predicate).length;
  }

  openWatches(): number {
    return this.openRequests(({ path }) => /[?&]watch=(?!0|false)/.test(path));
  }

  clear(): void {
    this.requests.length = 0;
  }
}
