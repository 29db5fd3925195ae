import type { Api, KubernetesObject, ResourceName, StoreEvent } from '../storage/api.js';

/** `namespace/name`, or `name` for objects without a namespace. */
export const keyOf = ({ metadata }: Pick<KubernetesObject, 'metadata'>): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;

export const splitKey = (key: string): { namespace: string | undefined; name: string } => {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

type Listener = (event: StoreEvent) => void;

/** All objects of one resource with an index by what `indexedBy` answers; always as current as the store. */
export class ObjectCache {
  private readonly objects = new Map<string, KubernetesObject>();
  private readonly index = new Map<string, Map<string, KubernetesObject>>();
  private readonly listeners = new Set<Listener>();
  private readonly stop: () => void;

  constructor(
    api: Api,
    resource: ResourceName,
    private readonly indexedBy: (object: KubernetesObject) => readonly string[] = () => [],
  ) {
    this.stop = api.watch(resource, (event) => {
      this.apply(event);
      for (const listener of [...this.listeners]) listener(event);
    });
    for (const object of api.list(resource)) this.put(object);
  }

  get(key: string): KubernetesObject | undefined {
    return this.objects.get(key);
  }

  all(): KubernetesObject[] {
    return [...this.objects.values()];
  }

  by(value: string): KubernetesObject[] {
    return [...(this.index.get(value)?.values() ?? [])];
  }

  /** Hears of each change after the cache has it; hears of what is there already as ADDED, at once. */
  subscribe(listener: Listener): void {
    this.listeners.add(listener);
    for (const object of this.all()) listener({ type: 'ADDED', object });
  }

  dispose(): void {
    this.stop();
    this.listeners.clear();
  }

  private apply(event: StoreEvent): void {
    const known = this.objects.get(keyOf(event.object));
    if (known) this.take(known);
    if (event.type !== 'DELETED') this.put(event.object);
  }

  private put(object: KubernetesObject): void {
    const key = keyOf(object);
    this.objects.set(key, object);
    for (const value of this.indexedBy(object)) {
      let entries = this.index.get(value);
      if (!entries) {
        entries = new Map();
        this.index.set(value, entries);
      }
      entries.set(key, object);
    }
  }

  private take(object: KubernetesObject): void {
    const key = keyOf(object);
    this.objects.delete(key);
    for (const value of this.indexedBy(object)) {
      const entries = this.index.get(value);
      entries?.delete(key);
      if (entries?.size === 0) this.index.delete(value);
    }
  }
}
