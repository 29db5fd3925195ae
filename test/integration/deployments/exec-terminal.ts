import { expect } from 'vitest';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import { eventually } from '../../kit/wait.js';
import { attempt } from './operations.js';

type Data = any;

const exec = `subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename
  ... on ExecStarted { sessionId pod container command tty recorded } ... on ExecOutput { stream text dataBase64 }
  ... on ExecExited { exitCode reason } } }`;

/** Of numbered input. */
export interface InputPlace {
  readonly writer: string;
  readonly sequence: number;
}

async function* nothing(): AsyncGenerator<Data> {}

/** A session at the front door, as an application has it. */
export class Terminal {
  sessionId = '';
  started: Data;
  /** Everything printed so far. */
  output = Buffer.alloc(0);
  end: { exitCode: number | null; reason: string } | undefined;

  private constructor(
    private readonly client: GraphqlClient,
    readonly events: AsyncGenerator<Data>,
  ) {}

  /** Rejects with the refusal. */
  static async open(client: GraphqlClient, input: object): Promise<Terminal> {
    const terminal = new Terminal(client, client.subscribe(exec, { input }));
    const { value } = await terminal.events.next();
    expect(value).toMatchObject({ __typename: 'ExecStarted' });
    terminal.started = value;
    terminal.sessionId = value.sessionId;
    return terminal;
  }

  /** One that types and does not read. */
  static typing(client: GraphqlClient, sessionId: string): Terminal {
    const terminal = new Terminal(client, nothing());
    terminal.sessionId = sessionId;
    return terminal;
  }

  /** Runs a command to its end. */
  static async run(client: GraphqlClient, input: object): Promise<Terminal> {
    const terminal = await Terminal.open(client, input);
    await terminal.ended();
    return terminal;
  }

  get text(): string {
    return this.output.toString();
  }

  /** @param place its number among those of a writer */
  send(data: string, place?: InputPlace): Promise<Data> {
    return this.#input({ data }, place);
  }

  sendBytes(bytes: Uint8Array): Promise<Data> {
    const dataBase64 = Buffer.from(bytes).toString('base64');
    return this.#input({ dataBase64 });
  }

  endInput(place?: InputPlace): Promise<Data> {
    return this.#input({ end: true }, place);
  }

  resize(columns: number, rows: number): Promise<Data> {
    return attempt(this.client, 'execResize', { sessionId: this.sessionId, columns, rows }, 'sessionId');
  }

  close(): Promise<Data> {
    return attempt(this.client, 'execClose', { sessionId: this.sessionId }, 'sessionId');
  }

  /** Reads until the output so far matches. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      if (await this.#next()) throw new Error(`ended before ${pattern}: ${this.text} ${this.end?.reason}`);
    }
  }

  /** Reads to the end, and gives how it ended. */
  async ended(): Promise<{ exitCode: number | null; reason: string }> {
    while (!(await this.#next()));
    if (!this.end) throw new Error(`the stream ended without ExecExited: ${this.text}`);
    return this.end;
  }

  /** Leaves without a word to the session. */
  async leave(): Promise<void> {
    await this.events.return(undefined);
  }

  #input(input: object, place?: InputPlace): Promise<Data> {
    const selection = place ? 'sessionId nextSequence' : 'sessionId';
    return attempt(this.client, 'execInput', { sessionId: this.sessionId, ...input, ...place }, selection);
  }

  async #next(): Promise<boolean> {
    const { value, done } = await this.events.next();
    if (value?.dataBase64)
      this.output = Buffer.concat([this.output, Buffer.from(value.dataBase64, 'base64')]);
    if (value?.__typename === 'ExecExited') this.end = value;
    return done ?? false;
  }
}

/** Types as the README tells front ends to: all at once, and again what was not handed on. */
export async function typeAtOnce(
  inputs: readonly ((place: InputPlace) => Promise<Data>)[],
  writer: string,
): Promise<void> {
  let next = 1;
  let problem: unknown;
  const send = async (sequence: number): Promise<void> => {
    try {
      const answer = await inputs[sequence - 1]?.({ writer, sequence });
      next = Math.max(next, answer.nextSequence ?? 0);
      problem = answer.userErrors?.[0] ?? problem;
    } catch (error) {
      problem = error;
    }
  };
  const all = inputs.map((_, index) => index + 1);
  await eventually(
    async () => {
      await Promise.all(all.slice(next - 1).map(send));
      return next > inputs.length;
    },
    { seconds: 60 },
  ).catch((error) => {
    throw new Error(`input ${next} was not handed on: ${JSON.stringify(problem)}`, { cause: error });
  });
}

/** The refusal of a session that must not open. */
export async function refusal(
  client: GraphqlClient,
  input: object,
): Promise<{ code: string; message: string }> {
  const opened = await Terminal.open(client, input).then(
    async (terminal) => {
      await terminal.close();
      return terminal;
    },
    (error: unknown) => error as { code: string; errors?: { message: string }[] },
  );
  if (opened instanceof Terminal) throw new Error(`opened: ${JSON.stringify(input)}`);
  return { code: opened.code, message: opened.errors?.[0]?.message ?? String(opened) };
}

const sessionFields = `id pod podUid container command tty debugImage reason state startedAt endedAt exitCode endReason
  bytesIn bytesOut recorded recordsInput recordingComplete replicaId namespace user { login } accessToken { name }
  service { id } cluster { id }`;

export async function sessionRecord(client: GraphqlClient, id: string): Promise<Data> {
  const { execSession } = await client.query(
    `query ($id: ID!) { execSession(id: $id) { ${sessionFields} } }`,
    { id },
  );
  return execSession;
}

export async function sessionRecords(client: GraphqlClient, filter: object): Promise<Data[]> {
  const { execSessions } = await client.query(
    `query ($filter: ExecSessionFilter) { execSessions(filter: $filter, first: 100) { totalCount nodes { ${sessionFields} } } }`,
    { filter },
  );
  return execSessions.nodes;
}

export async function auditAbout(client: GraphqlClient, sessionId: string): Promise<Data[]> {
  const { auditEvents } = await client.query(
    '{ auditEvents(first: 500) { nodes { action result reason targetName targetId actor { login } at changes { path after } } } }',
  );
  return auditEvents.nodes.filter((event: Data) => JSON.stringify(event.changes).includes(sessionId));
}
