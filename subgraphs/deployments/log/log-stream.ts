import { ClusterUnavailableError, NotFoundError } from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { LogLine } from '../../shared/kubernetes/log-lines.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import type { PodGeneration } from '../pod/pod.mapper.js';
import { templateIdOf } from '../workload/labels.js';
import type { WorkloadWatch } from '../workload/workload.client.js';
import type { LogEventValue, LogQuery } from './log-events.js';
import { LogOutlet } from './log-outlet.js';
import { LogSource } from './log-source.js';

/** How long the history of slow containers is waited for, to have it in order. */
const historyMilliseconds = 3_000;
const changeMilliseconds = 2_000;
export const maximumContainers = 200;
/** What comes beyond is sent as it comes. */
const maximumGathered = 50_000;

interface Member {
  readonly key: string;
  readonly pod: string;
  readonly container: string;
  readonly source: LogSource;
  generation: PodGeneration;
  /** Settles when what was there at the beginning has been read. */
  history: Promise<void>;
  finished: boolean;
}

/** The merged log of a service: pods join and leave while it runs. */
export class LogStream implements AsyncIterableIterator<LogEventValue> {
  readonly #outlet: LogOutlet;
  readonly #members = new Map<string, Member>();
  readonly #watch: WorkloadWatch;
  /** While history is gathered, lines wait here to be sorted. */
  #gathered: { member: Member; line: LogLine }[] | undefined = [];
  #ended = false;
  #waitingForChange: (() => void)[] = [];

  constructor(
    private readonly connection: KubernetesConnection,
    private readonly namespace: string,
    private readonly query: LogQuery,
    watch: (changed: () => void) => WorkloadWatch,
  ) {
    this.#outlet = new LogOutlet(query.positions ?? new Map());
    this.#watch = watch(() => this.#podsChanged());
    void this.#run().catch((error) => this.#end(error));
  }

  async next(): Promise<IteratorResult<LogEventValue>> {
    const event = await this.#outlet.next();
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
    if (this.#ended) return;
    const { known, observed } = this.#watch.state();
    if (!known) {
      throw new ClusterUnavailableError(
        observed.clusterId,
        observed.error?.message ?? 'The cluster does not answer, so the pods of the service are not known.',
      );
    }
    this.#join();
    this.#tellOfLostPods();
    await this.#gatherHistory();
    if (this.#ended) return;
    if (!this.query.follow) {
      this.#outlet.mark({ type: 'COMPLETED', reason: 'This is all there is now.' });
      this.#end();
      return;
    }
    for (const member of this.#members.values()) this.#follow(member);
    // Those that came meanwhile.
    this.#join();
  }

  /** What all containers have now, in the order of time. */
  async #gatherHistory(): Promise<void> {
    const members = [...this.#members.values()];
    for (const member of members) member.history = member.source.history();
    const all = Promise.allSettled(members.map(({ history }) => history));
    const results = this.query.follow ? await Promise.race([all, inTime(historyMilliseconds)]) : await all;
    const failures = (results ?? []).filter((result) => result.status === 'rejected');
    if (failures[0] && failures.length === members.length) throw failures[0].reason;
    if (this.query.previous && members.length === 0) {
      throw new NotFoundError('Earlier run of a container', 'previous', ['input', 'previous']);
    }
    const gathered = this.#gathered ?? [];
    this.#gathered = undefined;
    gathered.sort((a, b) => a.line.at.getTime() - b.line.at.getTime());
    for (const { member, line } of gathered) {
      if (this.#ended) return;
      await this.#outlet.room();
      this.#push(member, line);
    }
  }

  /** Of containers that the cursor names and that are gone, lines may be missing. */
  #tellOfLostPods(): void {
    for (const key of this.query.positions?.keys() ?? []) {
      if (this.#members.has(key)) continue;
      this.#outlet.forget(key);
      this.#outlet.mark({
        type: 'GAP',
        dropped: null,
        reason: `${key} is gone: its last lines may be missing.`,
      });
    }
  }

  #podsChanged(): void {
    for (const go of this.#waitingForChange.splice(0)) go();
    if (!this.#ended && this.query.follow && this.#gathered === undefined) this.#join();
  }

  /** Takes in the containers that are not members yet. */
  #join(): void {
    const state = this.#watch.state();
    const names = new Set(state.pods.map((pod) => pod.metadata?.name));
    for (const member of this.#members.values()) {
      if (member.finished && !names.has(member.pod)) this.#members.delete(member.key);
    }
    for (const pod of state.pods) {
      const name = pod.metadata?.name ?? '';
      if (this.query.pods && !this.query.pods.has(name)) continue;
      const generation: PodGeneration =
        state.templateId === undefined || templateIdOf(pod) === state.templateId ? 'NEW' : 'OLD';
      for (const container of pod.spec?.containers ?? []) {
        if (this.query.containers && !this.query.containers.has(container.name)) continue;
        const known = this.#members.get(`${name}/${container.name}`);
        if (known) known.generation = generation;
        else if (this.#members.size < maximumContainers) this.#admit(name, container.name, generation);
      }
    }
  }

  #admit(pod: string, container: string, generation: PodGeneration): void {
    const key = `${pod}/${container}`;
    const source = new LogSource(this.connection, { namespace: this.namespace, pod, container }, this.query, {
      pod: () => this.#findPod(pod),
      lines: (lines) => this.#takeIn(member, lines),
      gap: (reason) => this.#outlet.mark({ type: 'GAP', dropped: null, reason }),
      change: () => this.#change(),
    });
    const member: Member = {
      key,
      pod,
      container,
      source,
      generation,
      history: Promise.resolve(),
      finished: false,
    };
    this.#members.set(key, member);
    this.#outlet.mark({ type: 'JOINED', pod, container, generation });
    if (this.#gathered === undefined) this.#follow(member);
  }

  #follow(member: Member): void {
    const left = async (): Promise<void> => {
      await member.history.catch(() => undefined);
      const reason = await member.source.follow();
      if (this.#ended) return;
      // A pod that has ended but is still there stays known, or it would join again.
      member.finished = true;
      this.#outlet.mark({ type: 'LEFT', pod: member.pod, container: member.container, reason });
      if (this.#findPod(member.pod)) return;
      this.#members.delete(member.key);
      this.#outlet.forget(member.key);
    };
    left().catch((error) => this.#end(error));
  }

  #findPod(name: string): Pod | undefined {
    return this.#watch.state().pods.find((pod) => pod.metadata?.name === name);
  }

  async #takeIn(member: Member, lines: readonly LogLine[]): Promise<void> {
    for (const line of lines) {
      if (this.query.filter !== null && !line.text.includes(this.query.filter)) continue;
      if (this.#gathered && this.#gathered.length < maximumGathered) this.#gathered.push({ member, line });
      else this.#push(member, line);
    }
    await this.#outlet.room();
  }

  #push({ key, pod, container, generation }: Member, { at, time, text, partial }: LogLine): void {
    this.#outlet.push(key, time, { at, pod, container, generation, text, partial });
  }

  /** Resolves after the next change of the pods, or a while. */
  #change(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, changeMilliseconds);
      this.#waitingForChange.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Closes every upstream connection at once. */
  #end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { source } of this.#members.values()) source.stop();
    this.#members.clear();
    this.#watch.release();
    for (const go of this.#waitingForChange.splice(0)) go();
    this.#outlet.end(error);
  }
}

const inTime = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), milliseconds).unref();
  });
