import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A string was sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Who asked, when it was not the admin. */
  readonly identity?: string;
}

export interface Exchange {
  readonly note: string;
  /** Since the start of the scenario. */
  readonly atMs: number;
  readonly endAtMs?: number;
  readonly request: RecordedRequest;
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: any;
  };
  readonly events?: readonly { readonly atMs: number; readonly line: any }[];
  readonly frames?: readonly Frame[];
  readonly end?: unknown;
}

export interface Frame {
  readonly atMs: number;
  readonly dir: 'client' | 'server';
  readonly channel?: number;
  readonly text?: string;
  readonly base64?: string;
  readonly type?: string;
  readonly raw?: string;
}

const folder = join(import.meta.dirname, '..', 'captures');

/** What was recorded against a real Kubernetes v1.36.2, as it was handed to the project. */
export const loadRecording = (scenario: string): readonly Exchange[] =>
  JSON.parse(gunzipSync(readFileSync(join(folder, `${scenario}.json.gz`))).toString('utf8')).exchanges;
