import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '../../../sandbox/controllers/manual-clock.js';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { type Answer, open, readAll, requestToken } from './connection.js';
import { firstDifference, normalise } from './normalise.js';
import type { Exchange } from './recording.js';
import { replayCommand } from './replay-command.js';
import { OpenStream } from './replay-watch.js';
import type { Scenario } from './scenarios.js';
import { withoutRepetitions } from './strip.js';
import { Translation } from './translation.js';
import { compareStates } from './watch-states.js';

export interface Outcome {
  readonly index: number;
  readonly note: string;
  /** Where the sandbox differs from the recording; undefined when it agrees. */
  readonly difference: string | undefined;
}

interface OpenWatch {
  readonly index: number;
  readonly exchange: Exchange;
  readonly stream: OpenStream;
}

const START = Date.parse('2026-11-22T18:00:00.000Z');
const TURNS = 50;
const TURN_MS = 4;
const HELD_BACK = Symbol('held back');

/** Turns instead of one timer: after a stall of the machine, what has arrived meanwhile is still read first. */
const manyTurns = async (): Promise<typeof HELD_BACK> => {
  for (let turns = 0; turns < TURNS; turns += 1) await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  return HELD_BACK;
};

/** Makes the recorded requests in their order and at their times, and compares each answer. */
export const replay = async (
  scenario: Scenario,
  exchanges: readonly Exchange[],
  trace?: (line: string) => void,
): Promise<Outcome[]> => {
  const clock = new ManualClock(START);
  const sandbox = await startSandbox({
    name: 'replay',
    seed: 1,
    nodes: scenario.nodes ?? 1,
    clock,
    latency: scenario.latency ?? 1,
    controllers: scenario.controllers ?? true,
    tls: scenario.tls ?? false,
    // The recorded cluster had no metrics-server.
    metrics: false,
  });
  const outcomes: Outcome[] = [];
  try {
    await clock.advance(1000);
    await scenario.prepare?.(sandbox, (ms) => clock.advance(ms));
    await settle(clock);
    const replayer = new Replayer(sandbox, clock, scenario);
    for (const [index, exchange] of exchanges.entries()) {
      trace?.(`${index} ${exchange.note}`);
      const difference = await replayer.run(index, exchange);
      if (difference !== 'later') outcomes.push({ index, note: exchange.note, difference });
    }
    outcomes.push(...(await replayer.finish()));
  } finally {
    await sandbox.dispose();
  }
  return outcomes.sort((a, b) => a.index - b.index);
};

const settle = async (clock: ManualClock): Promise<void> => {
  for (let round = 0; round < 5; round += 1) {
    await turn();
    await clock.advance(1);
  }
};

/** Some JSON is declared to be plain text. */
const parseText = (body: unknown): unknown => {
  if (typeof body !== 'string' || !body.startsWith('{')) return body;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
};

class Replayer {
  private readonly translation: Translation;
  private readonly watches: OpenWatch[] = [];
  private readonly follows: OpenWatch[] = [];
  private readonly done: Outcome[] = [];
  private readonly tokens = new Map<string, string>();
  private startedAt: number;

  constructor(
    private readonly sandbox: Sandbox,
    private readonly clock: ManualClock,
    private readonly scenario: Scenario,
  ) {
    this.translation = new Translation(() => this.currentVersion());
    this.startedAt = clock.now();
  }

  async run(index: number, exchange: Exchange): Promise<string | undefined> {
    await this.advanceTo(exchange.atMs);
    await this.closeEnded(exchange.atMs);
    const before = this.clock.now();
    await this.scenario.before?.[index]?.(this.sandbox, (ms) => this.clock.advance(ms));
    this.startedAt += this.clock.now() - before;
    const aliases = this.scenario.aliases?.[index]?.(this.sandbox) ?? {};
    for (const [recorded, actual] of Object.entries(aliases)) this.translation.alias(recorded, actual);
    const { request, response } = exchange;
    const path = this.translation.path(request.path);
    const token = await this.tokenOf(request.identity);
    if (request.headers['upgrade']) return replayCommand(this.sandbox, this.clock, exchange, path, token);
    await this.learnUnrecordedRead(exchange, path, token);
    const body = await this.withToken(index, this.translation.body(request.body));
    const message = await this.whileTimePasses(
      open(this.sandbox, this.translation.request(request), path, body, token),
    );
    if (exchange.events && (response?.status ?? 200) === 200) {
      if (message.statusCode !== 200)
        return `expected a stream, got ${message.statusCode} ${(await readAll(message)).text.slice(0, 300)}`;
      this.watches.push({ index, exchange, stream: new OpenStream(message) });
      await settle(this.clock);
      return 'later' as never;
    }
    if (exchange.frames) {
      this.follows.push({ index, exchange, stream: new OpenStream(message) });
      return 'later' as never;
    }
    const answer = await this.whileTimePasses(readAll(message));
    await turn();
    return this.compare(index, exchange, answer);
  }

  async finish(): Promise<Outcome[]> {
    await this.scenario.after?.(this.sandbox, (ms) => this.clock.advance(ms));
    const last = Math.max(
      0,
      ...[...this.watches, ...this.follows].map(({ exchange }) => exchange.atMs + (exchange.endAtMs ?? 0)),
    );
    await this.advanceTo(last);
    await this.closeEnded(Number.POSITIVE_INFINITY);
    for (const { index, exchange, stream } of this.follows) {
      const wanted = (exchange.frames ?? []).map(({ text }) => text ?? '').join('');
      const difference = firstDifference(normalise(wanted), normalise(stream.text));
      const ended = String(exchange.end).startsWith('server');
      const wrongEnd = ended && !stream.isEnded ? 'the stream was not ended' : undefined;
      this.done.push({ index, note: exchange.note, difference: difference ?? wrongEnd });
      stream.close();
    }
    return this.done;
  }

  /** A replace may carry a version that its client had read without recording it. */
  private async learnUnrecordedRead(
    { request, response }: Exchange,
    path: string,
    token: string | undefined,
  ): Promise<void> {
    const version = (request.body as { metadata?: { resourceVersion?: string } } | undefined)?.metadata
      ?.resourceVersion;
    if (request.method !== 'PUT' || !version || response?.status !== 200 || this.translation.knows(version))
      return;
    const read = { method: 'GET', path, headers: { accept: 'application/json' } };
    const answer = await readAll(
      await open(this.sandbox, read, path.split('?')[0] ?? path, undefined, token),
    );
    this.translation.learnVersion(version, JSON.parse(answer.text).metadata.resourceVersion);
  }

  /** Undefined for requests without credentials. */
  private async tokenOf(identity: string | undefined): Promise<string | undefined> {
    if (identity === undefined) return this.sandbox.token;
    if (identity === 'no credentials') return undefined;
    const account = this.scenario.accounts?.[identity];
    if (!account) return 'not-a-token';
    let token = this.tokens.get(identity);
    if (!token) {
      token = await requestToken(this.sandbox, account);
      this.tokens.set(identity, token);
    }
    return token;
  }

  /** The recorder took tokens out of bodies. */
  private async withToken(index: number, body: unknown): Promise<unknown> {
    const account = this.scenario.tokens?.[index];
    if (!account) return body;
    return JSON.parse(
      JSON.stringify(body).replaceAll('REDACTED-TOKEN', await requestToken(this.sandbox, account)),
    );
  }

  private strip(value: unknown): unknown {
    return this.scenario.strip ? this.scenario.strip(value) : value;
  }

  private currentVersion(): string {
    const { registry } = { registry: this.sandbox.api as unknown as { store: { revision: number } } };
    return String(registry.store.revision);
  }

  private async advanceTo(atMs: number): Promise<void> {
    const target = this.startedAt + atMs;
    while (this.clock.now() < target) {
      await this.clock.advance(Math.min(50, target - this.clock.now()));
      if (this.scenario.runsScripts) await new Promise((resolve) => setTimeout(resolve, 1));
      else await turn();
    }
  }

  /** Lets the clock run while an answer is held back for simulated seconds. */
  private async whileTimePasses<T>(promise: Promise<T>): Promise<T> {
    for (let waited = 0; ; waited += 1) {
      const result = await Promise.race([promise, manyTurns()]);
      if (result !== HELD_BACK) return result as T;
      if (waited > 10) throw new Error('no answer within 10 simulated seconds');
      await this.clock.advance(1000);
    }
  }

  /** Judges the watches that the recorder had closed by then. */
  private async closeEnded(atMs: number): Promise<void> {
    for (const watch of this.watches.filter(
      ({ exchange }) => exchange.atMs + (exchange.endAtMs ?? Number.MAX_SAFE_INTEGER) <= atMs,
    )) {
      this.watches.splice(this.watches.indexOf(watch), 1);
      await watch.stream.settle();
      this.done.push({
        index: watch.index,
        note: watch.exchange.note,
        difference: this.compareEvents(watch),
      });
      watch.stream.close();
    }
  }

  private compareEvents({ index: position, exchange, stream }: OpenWatch): string | undefined {
    const expected = (exchange.events ?? [])
      .map(({ line }) => (typeof line === 'string' ? JSON.parse(line) : line))
      .filter(({ object }) => !this.scenario.ignores?.test(object.message ?? ''));
    const actual = stream.lines.map((line) => JSON.parse(line));
    const { comparesStates = [] } = this.scenario;
    if (comparesStates === true || comparesStates.includes(position)) {
      for (const [index, event] of expected.entries()) this.translation.learn(event, actual[index]);
      return compareStates(expected, actual);
    }
    const summary = (events: any[]): string =>
      events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.kind}`).join(', ');
    for (const [index, event] of expected.entries()) {
      this.translation.learn(event, actual[index]);
      const difference = firstDifference(
        this.strip(normalise(event)),
        this.strip(normalise(actual[index])),
        `event ${index}`,
      );
      if (difference)
        return `${difference}\n      expected events: ${summary(expected)}\n      got: ${summary(actual)}`;
    }
    if (actual.length > expected.length)
      return `${actual.length - expected.length} events too many: ${summary(actual.slice(expected.length))}`;
    const ended = String(exchange.end).startsWith('server');
    if (ended !== stream.isEnded) return `expected the stream to be ${ended ? 'ended' : 'open'}`;
    return undefined;
  }

  private withoutIgnored(body: any): unknown {
    const { ignores } = this.scenario;
    if (!ignores || body?.kind !== 'EventList') return body;
    return { ...body, items: body.items.filter(({ message }: any) => !ignores.test(message ?? '')) };
  }

  private compare(index: number, exchange: Exchange, answer: Answer): string | undefined {
    const { response } = exchange;
    const wanted = this.withoutIgnored(parseText(response?.body));
    const isJson = typeof wanted === 'object' && wanted !== null;
    const given = parseText(answer.text);
    this.translation.learn(wanted, given);
    this.translation.learn({ etag: response?.headers['etag'] }, { etag: answer.headers['etag'] });
    if (response?.status !== answer.status)
      return `expected status ${response?.status}, got ${answer.status} ${JSON.stringify(given).slice(0, 300)}`;
    for (const name of ['content-type', 'retry-after', 'warning']) {
      const expected = response.headers[name];
      const actual = answer.headers[name]?.toString();
      if (expected !== undefined && expected !== actual)
        return `header ${name}: expected ${expected}, got ${actual}`;
      if (name !== 'content-type' && expected === undefined && actual !== undefined)
        return `header ${name}: unexpected ${actual}`;
    }
    if (wanted === undefined || wanted === null)
      return answer.text === '' ? undefined : `expected no body, got ${answer.text.slice(0, 200)}`;
    if (!isJson) {
      if (typeof wanted === 'string' && typeof given === 'string') this.translation.learnTimes(wanted, given);
      return firstDifference(normalise(wanted), normalise(given));
    }
    const expected = this.scenario.narrow ? this.scenario.narrow(wanted, given, exchange) : wanted;
    const isUncounted = this.scenario.uncounted?.includes(index) ?? false;
    const shown = (value: unknown): unknown =>
      this.strip(isUncounted ? withoutRepetitions(normalise(value)) : normalise(value));
    return firstDifference(shown(expected), shown(given));
  }
}
