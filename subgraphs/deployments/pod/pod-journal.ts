import { createHash } from 'node:crypto';
import type { PodValue } from './pod.mapper.js';

export type PodChangeValue =
  | { readonly type: 'ADDED' | 'CHANGED'; readonly cursor: string; readonly pod: PodValue }
  | { readonly type: 'REMOVED'; readonly cursor: string; readonly name: string; readonly uid: string };

/** A pod as it is, and what stands for everything that can be seen of it. */
interface Known {
  readonly pod: PodValue;
  readonly mark: bigint;
}

/** One step from a set of pods to the next. */
interface Step {
  readonly uid: string;
  readonly name: string;
  /** What stood for the pod before; undefined when it came. */
  readonly before: bigint | undefined;
  /** What stands for all pods after the step. */
  readonly digest: bigint;
}

/** Steps kept for whoever comes back: at least these, and some for each pod. */
const leastSteps = 1_000;
const stepsForEachPod = 4;

/**
 * The pods of a service and how they came to be as they are. What a reader has seen is named by a digest of it, not by
 * a place in a list: so it means the same in another process, and after a restart. From a digest that is still in the
 * journal, the reader goes on with what is different now; each pod once, as it is now.
 */
export class PodJournal {
  readonly #pods = new Map<string, Known>();
  #steps: Step[] = [];
  /** Steps that were dropped: the position before the first that is kept. */
  #dropped = 0;
  /** Before the first step that is kept. */
  #base = 0n;
  #digest = 0n;

  /** Where the newest step ends. */
  get position(): number {
    return this.#dropped + this.#steps.length;
  }

  /** Names the pods as they are now. */
  get cursor(): string {
    return cursorOf(this.#digest);
  }

  /** In the order of the last update. */
  get pods(): PodValue[] {
    return [...this.#pods.values()].map(({ pod }) => pod);
  }

  /** Takes in how the pods are now; a value that is the same object as before is known to be the same. */
  update(pods: readonly PodValue[]): void {
    const now = new Map(pods.map((pod) => [pod.uid, pod]));
    for (const [uid, { pod, mark }] of this.#pods) {
      if (!now.has(uid)) this.#step(pod, mark, undefined);
    }
    for (const pod of pods) {
      const known = this.#pods.get(pod.uid);
      const mark = known?.pod === pod ? known.mark : markOf(pod);
      if (known?.mark !== mark) this.#step(pod, known?.mark, mark);
      // Set anew for the order.
      this.#pods.delete(pod.uid);
      this.#pods.set(pod.uid, { pod, mark });
    }
    this.#forget();
  }

  /** The last place where the pods were as the cursor says; undefined when that is not known. */
  positionOf(cursor: string): number | undefined {
    for (let index = this.#steps.length; index > 0; index--) {
      if (cursorOf((this.#steps[index - 1] as Step).digest) === cursor) return this.#dropped + index;
    }
    return cursorOf(this.#base) === cursor ? this.#dropped : undefined;
  }

  /**
   * What is different since then, each pod once; undefined when that is too long ago. After an event that stands for
   * several steps the reader has what no cursor names: such events carry the cursor from before, all but the last, so
   * that whoever breaks off between them gets them again.
   */
  changesSince(position: number): PodChangeValue[] | undefined {
    if (position < this.#dropped) return undefined;
    const steps = this.#steps.slice(position - this.#dropped);
    const first = new Map<string, Step>();
    const last = new Map<string, Step>();
    for (const step of steps) {
      if (!first.has(step.uid)) first.set(step.uid, step);
      last.delete(step.uid);
      last.set(step.uid, step);
    }
    const each = last.size === steps.length;
    const before = cursorOf(this.#digestAt(position));
    const changes = [...last.values()].flatMap(({ uid, name, digest }): PodChangeValue[] => {
      const was = first.get(uid)?.before;
      const now = this.#pods.get(uid);
      if (was === now?.mark) return [];
      const cursor = each ? cursorOf(digest) : before;
      if (!now) return [{ type: 'REMOVED', cursor, name, uid }];
      return [{ type: was === undefined ? 'ADDED' : 'CHANGED', cursor, pod: now.pod }];
    });
    const end = changes.pop();
    return end ? [...changes, { ...end, cursor: this.cursor }] : [];
  }

  #step({ uid, name }: PodValue, before: bigint | undefined, after: bigint | undefined): void {
    // Of a set it doesn't matter in which order it was put together.
    this.#digest ^= (before ?? 0n) ^ (after ?? 0n);
    if (after === undefined) this.#pods.delete(uid);
    this.#steps.push({ uid, name, before, digest: this.#digest });
  }

  #digestAt(position: number): bigint {
    return this.#steps[position - this.#dropped - 1]?.digest ?? this.#base;
  }

  #forget(): void {
    const most = Math.max(leastSteps, stepsForEachPod * this.#pods.size);
    if (this.#steps.length <= most) return;
    const dropped = this.#steps.splice(0, this.#steps.length - Math.ceil(most * 0.75));
    this.#dropped += dropped.length;
    this.#base = (dropped.at(-1) as Step).digest;
  }
}

/** 128 bits of everything that can be seen of a pod. */
function markOf(pod: PodValue): bigint {
  const hash = createHash('sha256').update(JSON.stringify(pod)).digest('hex');
  return BigInt(`0x${hash.slice(0, 32)}`);
}

const cursorOf = (digest: bigint): string =>
  Buffer.from(digest.toString(16).padStart(32, '0'), 'hex').toString('base64url');
