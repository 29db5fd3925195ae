import { Agent } from 'undici';
import type { Caller } from '../../shared/caller.js';
import { callerContextHeader, signCallerContext } from '../../shared/caller-context.js';
import type { UserErrorValue } from '../../shared/errors.js';
import type { AnyResult } from '../../shared/masked-result.js';
import { requestBody } from '../../shared/subgraph-execution.js';
import { SubgraphStreams } from '../../shared/subgraph-streams.js';
import { ForwardedError, HolderSilentError, HolderUnknownError, SessionEndedError } from './exec-errors.js';
import type { ExecEventValue } from './exec-reader.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import type { ExecSessionRepository } from './exec-session.repository.js';
import { ForwardedExec } from './forwarded-exec.js';

/** What became of a mutation, at whichever process. */
export interface ExecAnswer {
  readonly sessionId: string | null;
  /** Of input. */
  readonly nextSequence?: number | null;
  readonly userErrors?: UserErrorValue[];
}

const answerMilliseconds = 5_000;

const mutation = (name: string, inputType: string, more = ''): string =>
  `mutation ($input: ${inputType}!) { ${name}(input: $input) { sessionId ${more} userErrors { code field message } } }`;

const mutations = {
  execInput: mutation('execInput', 'ExecInputInput', 'nextSequence'),
  execResize: mutation('execResize', 'ExecResizeInput'),
  execClose: mutation('execClose', 'ExecCloseInput'),
} as const;

const reattach = `subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename
  ... on ExecStarted { sessionId pod container command tty recorded } ... on ExecOutput { stream text dataBase64 }
  ... on ExecExited { exitCode reason } } }`;

/**
 * Hands requests for a session to the process that holds it, when a load balancer has brought them here. That process
 * gets them as from the gateway: signed, in the name of the same caller, and it checks every right itself. It does
 * not hand them on again.
 */
export class ExecForwarding {
  readonly #agent = new Agent({ connections: 16, connect: { timeout: answerMilliseconds } });
  readonly #open = new Set<ForwardedExec>();

  constructor(
    private readonly sessions: ExecSessionRepository,
    /** 32 bytes: `deriveKey(secretKey, 'caller-context')`. */
    private readonly key: Uint8Array,
    private readonly leaseMilliseconds: number,
  ) {}

  /** Rejects with HolderSilentError when there is no answer in time: whether it was done is unknown then. */
  async ask(
    name: keyof typeof mutations,
    input: object,
    caller: Caller,
    row: ExecSessionEntity,
  ): Promise<ExecAnswer> {
    const url = await this.#requireUrl(row);
    const { data, errors } = await this.#post(
      url,
      { query: mutations[name], variables: { input } },
      caller,
    ).catch((error) => {
      throw Object.assign(new HolderSilentError(row.id), { cause: error });
    });
    const answer = data?.[name] as ExecAnswer | null | undefined;
    if (!answer) throw ForwardedError.of(errors?.[0]);
    return answer;
  }

  /** Comes back to the session there; the pace of the reader is that of the holder. */
  async watch(caller: Caller, row: ExecSessionEntity): Promise<AsyncIterableIterator<ExecEventValue>> {
    const url = await this.#requireUrl(row);
    const streams = new SubgraphStreams({ name: 'deployments', url, key: this.key, sockets: 1 });
    const request = { query: reattach, variables: { input: { sessionId: row.id } } };
    const controller = new AbortController();
    const scope = { caller: forwarded(caller), signal: controller.signal };
    const forwardedExec = new ForwardedExec(
      await streams.subscribe(request, scope),
      row.id,
      this.sessions,
      () => {
        this.#open.delete(forwardedExec);
        streams.dispose();
      },
    );
    this.#open.add(forwardedExec);
    return forwardedExec;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#open].map((stream) => stream.cut()));
    await this.#agent.destroy();
  }

  async #post(
    url: string,
    request: { readonly query: string; readonly variables: Readonly<Record<string, unknown>> },
    caller: Caller,
  ): Promise<AnyResult> {
    const body = requestBody(request);
    const token = signCallerContext(forwarded(caller), {
      key: this.key,
      audience: 'deployments',
      body,
    });
    const { origin, pathname } = new URL(url);
    const response = await this.#agent.request({
      origin,
      path: pathname,
      method: 'POST',
      headers: { 'content-type': 'application/json', [callerContextHeader]: token },
      body,
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new Error(`the holder answered ${response.statusCode}`);
    return JSON.parse(text) as AnyResult;
  }

  async #requireUrl(row: ExecSessionEntity): Promise<string> {
    const field = ['input', 'sessionId'];
    const replica = await this.sessions.findReplica(row.replicaId, this.leaseMilliseconds);
    // Its record will say so within a third of the lease.
    if (!replica?.alive)
      throw new SessionEndedError(row.id, 'the process of Meridian that held it is gone', field);
    if (replica.url === null) throw new HolderUnknownError(row.id, row.replicaId, field);
    return replica.url;
  }
}

/** Signed with the rest of the caller: nobody but us can say it. */
const forwarded = (caller: Caller): Caller => ({ ...caller, forwarded: true });
