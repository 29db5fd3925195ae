import { ClusterUnavailableError, NotFoundError } from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import type { PodGeneration } from '../pod/pod.mapper.js';
import { templateIdOf } from '../workload/labels.js';
import type { WorkloadWatch } from '../workload/workload.client.js';
import { containersOf, restartsOf } from './container-run.js';
import { holdsControlCharacters } from './control-characters.js';
import { mergeHistories } from './history-merge.js';
import type { LogEventValue } from './log-events.js';
import { LogOutlet, livePatience } from './log-outlet.js';
import { LogProgress } from './log-progress.js';
import type { LogQuery } from './log-query.js';
import { LogSource, type PlacedLine, type SourceMark } from './log-source.js';
import { requireWanted } from './wanted.js';

/** How long one container may hold up the history of the others, to have it in order. */
const historyMilliseconds = 3_000;
const changeMilliseconds = 2_000;
export const maximumContainers = 200;

interface Member {
  readonly key: string;
  readonly pod: string;
  readonly container: string;
  readonly source: LogSource;
  generation: PodGeneration;
  following: boolean;
  finished: boolean;
}

/** What a merged log is read from. */
export interface LogOrigin {
  readonly namespace: string;
  connect(): Promise<KubernetesConnection>;
  watch(changed: () => void): WorkloadWatch;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The merged log of a service: pods join and leave while it runs. */
export class LogStream implements AsyncIterableIterator<LogEventValue> {
  readonly #progress: LogProgress;
  readonly #outlet: LogOutlet;
  readonly #members = new Map<string, Member>();
  readonly #watch: WorkloadWatch;
  #state: 'HISTORY' | 'LIVE' | 'ENDED' = 'HISTORY';
  #tooManyTold = false;
  #waitingForChange: (() => void)[] = [];

  constructor(
    private readonly origin: LogOrigin,
    private readonly query: LogQuery,
  ) {
    this.#progress = new LogProgress(query.cursor, origin.now());
    this.#outlet = new LogOutlet(this.#progress);
    this.#watch = origin.watch(() => this.#podsChanged());
    void this.#run().catch((error) => this.#end(error));
  }

  next(): Promise<IteratorResult<LogEventValue>> {
    return this.take();
  }

  /** The next event, with at most so many lines. */
  async take(mostLines?: number): Promise<IteratorResult<LogEventValue>> {
    const event = await this.#outlet.next(mostLines);
    return event ? { value: event, done: false } : { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<LogEventValue>> {
    this.#outlet.discard();
    this.#end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #run(): Promise<void> {
    await this.#watch.synced();
    if (this.#state === 'ENDED') return;
    this.#watch.requireCluster();
    const { known, observed } = this.#watch.state();
    if (!known) {
      throw new ClusterUnavailableError(
        observed.clusterId,
        observed.error?.message ?? 'The cluster does not answer, so the pods of the service are not known.',
      );
    }
    this.#join(false);
    if (!this.query.cursor) requireWanted(this.query, this.#watch.state().pods, this.#members.size);
    this.#tellOfLostPods();
    await this.#readHistory();
    if (!this.query.follow) this.#complete('This is all there is now.');
  }

  #goLive(members: readonly Member[]): void {
    if (this.#state === 'ENDED' || !this.query.follow) return;
    this.#state = 'LIVE';
    for (const member of members) this.#follow(member);
    // Those that came meanwhile.
    this.#podsChanged();
  }

  /** What all containers have now, in the order of time. The reader's pace holds it back: nothing is dropped. */
  async #readHistory(): Promise<void> {
    const members = [...this.#members.values()];
    const items = mergeHistories(
      members.map((member) => ({ owner: member, items: member.source.history() })),
      { patience: historyMilliseconds, onHead: ({ key }, line) => this.#progress.next(key, line) },
    );
    const done: Member[] = [];
    const failures: unknown[] = [];
    let isRest = false;
    for await (const item of items) {
      if (this.#state === 'ENDED') return;
      switch (item.kind) {
        case 'LINES':
          await this.#push(item.owner, item.lines);
          break;
        case 'MARK':
          this.#mark(item.owner, item.mark);
          break;
        case 'DONE':
          this.#progress.quiet(item.owner.key);
          done.push(item.owner);
          if (item.error !== undefined) {
            failures.push(item.error);
            if (failures.length === members.length) throw item.error;
            this.#tellOfFailure(item.owner, item.error);
          }
          if (isRest) this.#follow(item.owner);
          break;
        case 'REST':
          isRest = true;
          this.#goLive(done);
      }
    }
  }

  #tellOfFailure({ key }: Member, error: unknown): void {
    // Of a container that never was started again there is nothing to tell.
    if (this.query.previous && error instanceof NotFoundError) return;
    const { follow } = this.query;
    const text = error instanceof Error ? error.message : String(error);
    this.#outlet.mark({
      type: 'GAP',
      dropped: follow ? 0 : null,
      reason: `The log of ${key} could not be read${follow ? ' yet' : ''}: ${text}`,
    });
  }

  /** Of containers that the cursor names and that are gone, lines may be missing. */
  #tellOfLostPods(): void {
    for (const key of this.#progress.toldOf) {
      if (this.#members.has(key)) continue;
      const [pod = '', container = ''] = key.split('/', 2);
      this.#outlet.mark({
        type: 'GAP',
        dropped: null,
        reason: `${key} is gone: its last lines may be missing.`,
      });
      const reason = 'The pod was deleted.';
      this.#outlet.mark({ type: 'LEFT', pod, container, reason, gone: true });
    }
  }

  #podsChanged(): void {
    try {
      this.#watch.requireCluster();
    } catch (error) {
      this.#end(error);
    }
    for (const go of this.#waitingForChange.splice(0)) go();
    if (this.#state !== 'LIVE') return;
    this.#join(true);
    if (this.query.pods && this.#members.size === 0) this.#complete('The pods that were asked for are gone.');
  }

  /** Takes in the containers that are not members yet. */
  #join(cameLater: boolean): void {
    const state = this.#watch.state();
    const names = new Set(state.pods.map((pod) => pod.metadata?.name));
    for (const member of this.#members.values()) {
      if (member.finished && !names.has(member.pod)) this.#remove(member);
    }
    for (const pod of state.pods) {
      const name = pod.metadata?.name ?? '';
      if (this.query.pods && !this.query.pods.has(name)) continue;
      if (this.query.deploymentId !== null && templateIdOf(pod) !== this.query.deploymentId) continue;
      const generation: PodGeneration =
        state.templateId === undefined || templateIdOf(pod) === state.templateId ? 'NEW' : 'OLD';
      for (const container of containersOf(pod, this.query.containers)) {
        const known = this.#members.get(`${name}/${container}`);
        if (known) known.generation = generation;
        else if (this.#members.size < maximumContainers) this.#admit(pod, container, generation, cameLater);
        else this.#tellOfTooMany();
      }
    }
  }

  #admit(pod: Pod, container: string, generation: PodGeneration, cameLater: boolean): void {
    const name = pod.metadata?.name ?? '';
    const key = `${name}/${container}`;
    const { namespace } = this.origin;
    const source = new LogSource(
      { namespace, pod: name, container },
      this.query,
      {
        connect: () => this.origin.connect(),
        pod: () => this.#findPod(name),
        change: () => this.#change(),
      },
      this.#progress.begin(key, cameLater),
      this.#progress.openedAt,
    );
    const member = { key, pod: name, container, source, generation, following: false, finished: false };
    this.#members.set(key, member);
    if (!this.#progress.isTold(key)) {
      const restarts = restartsOf(pod, container);
      this.#outlet.mark({ type: 'JOINED', pod: name, container, generation, restarts });
    }
    if (cameLater) this.#follow(member);
  }

  #tellOfTooMany(): void {
    if (this.#tooManyTold) return;
    this.#tooManyTold = true;
    this.#outlet.mark({
      type: 'GAP',
      dropped: null,
      reason: `The service has more than ${maximumContainers} containers, which is the most that one log is merged from: choose some by pods or containers.`,
    });
  }

  #follow(member: Member): void {
    if (!this.query.follow || member.following) return;
    member.following = true;
    this.#followToEnd(member).catch((error) => this.#end(error));
  }

  async #followToEnd(member: Member): Promise<void> {
    for await (const item of member.source.follow()) {
      if (this.#state === 'ENDED') return;
      if (item.kind === 'LINES') {
        await this.#push(member, item.lines, livePatience);
      } else this.#mark(member, item);
    }
    if (this.#state === 'ENDED') return;
    // A pod that has ended but is still there stays known, or it would join again.
    member.finished = true;
    if (this.#findPod(member.pod)) return;
    this.#remove(member);
    this.#podsChanged();
  }

  #remove({ key }: Member): void {
    this.#members.delete(key);
    this.#progress.forget(key);
  }

  #findPod(name: string): Pod | undefined {
    return this.#watch.state().pods.find((pod) => pod.metadata?.name === name);
  }

  /** Waits for room before each line, in all no longer than `patience`: what came at once may be more than there is room for. */
  async #push(
    member: Member,
    lines: readonly PlacedLine[],
    patience = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const { key, pod, container, generation } = member;
    const { filter } = this.query;
    const until = performance.now() + patience;
    for (const { line, place } of lines) {
      // Again after each wait: others waited for the same room.
      while (this.#outlet.isFull && performance.now() < until) {
        await this.#outlet.room(until - performance.now());
      }
      const { at, text, partial } = line;
      if (filter && !filter(text)) this.#outlet.skip(key, place);
      else {
        const hasControlCharacters = holdsControlCharacters(text);
        this.#outlet.push(key, place, {
          at,
          pod,
          container,
          generation,
          text,
          partial,
          hasControlCharacters,
        });
      }
    }
  }

  #mark({ pod, container, generation }: Member, mark: SourceMark): void {
    const place = { pod, container };
    if (mark.kind === 'GAP') {
      this.#outlet.mark({ type: 'GAP', dropped: mark.dropped, reason: mark.reason });
    } else if (mark.kind === 'BEGAN') {
      this.#outlet.mark({ type: 'JOINED', ...place, generation, restarts: mark.restarts });
    } else {
      const gone = this.#findPod(pod) === undefined;
      this.#outlet.mark({ type: 'LEFT', ...place, reason: mark.reason, gone });
    }
  }

  /** Resolves after the next change of the pods, or a while. */
  #change(): Promise<void> {
    if (this.#state === 'ENDED') return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, changeMilliseconds);
      this.#waitingForChange.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #complete(reason: string): void {
    if (this.#state === 'ENDED') return;
    this.#outlet.mark({ type: 'COMPLETED', reason });
    this.#end();
  }

  /** Closes every upstream connection at once. */
  #end(error?: unknown): void {
    if (this.#state === 'ENDED') return;
    this.#state = 'ENDED';
    for (const { source } of this.#members.values()) source.stop();
    this.#members.clear();
    this.#watch.release();
    for (const go of this.#waitingForChange.splice(0)) go();
    this.#outlet.end(error);
  }
}
