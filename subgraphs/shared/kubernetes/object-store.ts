import { standardIndexes } from './object-indexes.js';
import { shareParts } from './shared-parts.js';
import { type KubernetesObject, keyOf } from './wire.js';

export type IndexFunction<T> = (object: T) => readonly string[];

/** Objects by key, and by values that index functions give. */
export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  readonly #functions = new Map<string, IndexFunction<T>>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  /** In a list, pods of one template follow each other. */
  #latest: T | undefined;

  constructor() {
    for (const [name, values] of Object.entries(standardIndexes)) this.addIndex(name, values);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** A name that is there already keeps its function. The index is built when it is first asked for. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#functions.has(name)) return;
    this.#functions.set(name, values);
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
    const entries = this.#indexes.get(index) ?? this.#build(index);
    return [...(entries.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Takes the object over: parts of it are replaced by equal ones of other objects in the store. */
  put(object: T): void {
    const key = keyOf(object);
    const alike = this.#objects.get(key) ?? this.#latest;
    if (alike && alike !== object) shareParts(object, alike);
    this.#latest = object;
    this.delete(key);
    this.#objects.set(key, object);
    for (const [name, entries] of this.#indexes) this.#enter(name, entries, key, object);
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    for (const [name, entries] of this.#indexes) {
      for (const value of this.#functions.get(name)?.(object) ?? []) {
        const keys = entries.get(value);
        keys?.delete(key);
        if (keys?.size === 0) entries.delete(value);
      }
    }
  }

  #build(name: string): Map<string, Set<string>> {
    if (!this.#functions.has(name)) throw new Error(`there is no index ${JSON.stringify(name)}`);
    const entries = new Map<string, Set<string>>();
    for (const [key, object] of this.#objects) this.#enter(name, entries, key, object);
    this.#indexes.set(name, entries);
    return entries;
  }

  #enter(name: string, entries: Map<string, Set<string>>, key: string, object: T): void {
    for (const value of this.#functions.get(name)?.(object) ?? []) {
      const keys = entries.get(value);
      if (keys) keys.add(key);
      else entries.set(value, new Set([key]));
    }
  }
}
