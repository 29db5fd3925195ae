import type { KubernetesObject, ResourceName, StoreEvent } from './api.js';

/** An event with the revision of its write; a DELETED object carries that revision as its resourceVersion. */
export interface HistoryEntry extends StoreEvent {
  readonly revision: number;
}

/** The revision asked for is older than the history kept: the reader has to list again. */
export class CompactedError extends Error {
  constructor(
    readonly revision: number,
    readonly oldest: number,
  ) {
    super(`revision ${revision} is compacted; the oldest is ${oldest}`);
    this.name = 'CompactedError';
  }
}

interface Table {
  readonly objects: Map<string, KubernetesObject>;
  /** Keys in the order in which lists give them; undefined after a key came or went. */
  sortedKeys: string[] | undefined;
  history: HistoryEntry[];
  /** Revisions up to this one are no longer in the history. */
  compactedAt: number;
  readonly listeners: Set<(entry: HistoryEntry) => void>;
}

export const keyOf = (namespace: string | undefined, name: string): string =>
  namespace ? `${namespace}/${name}` : name;

/**
 * Objects by resource and key, with one revision counter over everything and a bounded history per resource, as
 * etcd and the watch cache give it. Knows nothing of what the objects mean.
 */
export class Store {
  private readonly tables = new Map<ResourceName, Table>();
  private readonly undelivered: { table: Table; entry: HistoryEntry }[] = [];
  private delivering = false;

  constructor(
    /** The revision of the empty store; the next write has the one after it. */
    private current: number,
    private readonly historyLimit: number,
  ) {
    this.firstRevision = current;
  }

  private readonly firstRevision: number;

  get revision(): number {
    return this.current;
  }

  get(resource: ResourceName, key: string): KubernetesObject | undefined {
    return this.table(resource).objects.get(key);
  }

  /** `build` gets the resourceVersion of this write. */
  put(resource: ResourceName, key: string, build: (version: string) => KubernetesObject): KubernetesObject {
    const table = this.table(resource);
    const previous = table.objects.get(key);
    this.current += 1;
    const object = deepFreeze(build(String(this.current)));
    // A key that was put together keeps its parts for as long as it lives; one that was joined does not.
    table.objects.set(previous ? key : key.split('/').join('/'), object);
    if (!previous) table.sortedKeys = undefined;
    this.append(
      table,
      previous
        ? { type: 'MODIFIED', object, previous, revision: this.current }
        : { type: 'ADDED', object, revision: this.current },
    );
    return object;
  }

  delete(
    resource: ResourceName,
    key: string,
    build: (version: string) => KubernetesObject,
  ): KubernetesObject {
    const table = this.table(resource);
    const previous = table.objects.get(key);
    if (!previous) throw new Error(`${resource} ${key} is not stored`);
    this.current += 1;
    const object = deepFreeze(build(String(this.current)));
    table.objects.delete(key);
    table.sortedKeys = undefined;
    this.append(table, { type: 'DELETED', object, previous, revision: this.current });
    return object;
  }

  /** In key order; with `revision`, as the resource was then. Throws CompactedError. */
  list(resource: ResourceName, namespace?: string, revision?: number): KubernetesObject[] {
    const table = this.table(resource);
    if (revision !== undefined && revision < this.current) return this.listAt(table, namespace, revision);
    const keys = sortedKeys(table);
    if (namespace === undefined) return keys.map((key) => table.objects.get(key) as KubernetesObject);
    const prefix = `${namespace}/`;
    const found: KubernetesObject[] = [];
    for (let index = lowerBound(keys, prefix); index < keys.length; index += 1) {
      const key = keys[index] as string;
      if (!key.startsWith(prefix)) break;
      found.push(table.objects.get(key) as KubernetesObject);
    }
    return found;
  }

  /** What was written after `revision`. Throws CompactedError. */
  since(resource: ResourceName, revision: number): HistoryEntry[] {
    const table = this.table(resource);
    if (revision < table.compactedAt) throw new CompactedError(revision, table.compactedAt);
    let start = table.history.length;
    while (start > 0 && (table.history[start - 1] as HistoryEntry).revision > revision) start -= 1;
    return table.history.slice(start);
  }

  /** Listeners hear of writes in order, also when one of them writes. */
  watch(resource: ResourceName, listener: (entry: HistoryEntry) => void): () => void {
    const { listeners } = this.table(resource);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Forgets the history of every resource, as etcd does now and then. */
  compact(): void {
    for (const table of this.tables.values()) {
      table.history = [];
      table.compactedAt = this.current;
    }
  }

  private listAt(table: Table, namespace: string | undefined, revision: number): KubernetesObject[] {
    if (revision < table.compactedAt) throw new CompactedError(revision, table.compactedAt);
    const objects = new Map(table.objects);
    for (let index = table.history.length - 1; index >= 0; index -= 1) {
      const entry = table.history[index] as HistoryEntry;
      if (entry.revision <= revision) break;
      const key = keyOf(entry.object.metadata.namespace, entry.object.metadata.name);
      if (entry.previous) objects.set(key, entry.previous);
      else objects.delete(key);
    }
    const keys = [...objects.keys()].sort();
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    return keys.filter((key) => key.startsWith(prefix)).map((key) => objects.get(key) as KubernetesObject);
  }

  private table(resource: ResourceName): Table {
    let table = this.tables.get(resource);
    if (!table) {
      table = {
        objects: new Map(),
        sortedKeys: [],
        history: [],
        compactedAt: this.firstRevision,
        listeners: new Set(),
      };
      this.tables.set(resource, table);
    }
    return table;
  }

  private append(table: Table, entry: HistoryEntry): void {
    table.history.push(entry);
    // Cut in blocks: shifting one entry for each write would copy the whole history every time.
    if (table.history.length > this.historyLimit * 1.25) {
      const dropped = table.history.splice(0, table.history.length - this.historyLimit);
      table.compactedAt = dropped.at(-1)?.revision ?? table.compactedAt;
    }
    this.undelivered.push({ table, entry });
    if (!this.delivering) this.deliver();
  }

  private deliver(): void {
    this.delivering = true;
    try {
      for (let next = this.undelivered.shift(); next; next = this.undelivered.shift()) {
        for (const listener of [...next.table.listeners]) listener(next.entry);
      }
    } finally {
      this.delivering = false;
    }
  }
}

const sortedKeys = (table: Table): string[] => {
  table.sortedKeys ??= [...table.objects.keys()].sort();
  return table.sortedKeys;
};

const lowerBound = (keys: readonly string[], prefix: string): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
};
