import { type KubernetesObject, keyOf } from './wire.js';

export type IndexFunction<T> = (object: T) => readonly string[];

/** Objects by key, and by values that index functions give. */
export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  readonly #functions = new Map<string, IndexFunction<T>>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor() {
    this.addIndex('namespace', (object) => [object.metadata?.namespace ?? '']);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** A name that is there already keeps its function. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#functions.has(name)) return;
    this.#functions.set(name, values);
    this.#indexes.set(name, new Map());
    for (const [key, object] of this.#objects) this.#enter(name, values, key, object);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  listBy(index: string, value: string): T[] {
    const entries = this.#indexes.get(index);
    if (!entries) throw new Error(`there is no index ${JSON.stringify(index)}`);
    return [...(entries.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  put(object: T): void {
    const key = keyOf(object);
    this.delete(key);
    this.#objects.set(key, object);
    for (const [name, values] of this.#functions) this.#enter(name, values, key, object);
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    for (const [name, values] of this.#functions) {
      const entries = this.#indexes.get(name);
      for (const value of values(object)) {
        const keys = entries?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) entries?.delete(value);
      }
    }
  }

  #enter(name: string, values: IndexFunction<T>, key: string, object: T): void {
    const entries = this.#indexes.get(name);
    for (const value of values(object)) {
      const keys = entries?.get(value);
      if (keys) keys.add(key);
      else entries?.set(value, new Set([key]));
    }
  }
}
