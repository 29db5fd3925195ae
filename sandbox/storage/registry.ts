import type { Admission } from './admission/admission.js';
import { type Api, type Draft, type KubernetesObject, type ResourceName, type StoreEvent } from './api.js';
import { conflict, internalError, notFound } from './api-errors.js';
import { CheckedWrites } from './checked-writes.js';
import { applyPropagation, deletionStep } from './deletion.js';
import { applyConfig, trackUpdate } from './fields/managed-fields.js';
import { isEqual } from './fields/typed-walk.js';
import { KindDecoder } from './kind-decoder.js';
import type { KindRules, RuleContext } from './kind-rules.js';
import { apiVersionOf, type Resource } from './resource.js';
import { getResource } from './resources.js';
import { keyOf, type Store } from './store.js';
import { timestamp } from './timestamp.js';
import { carryOver, checkIdentity, checkPreconditions, type RemoveOptions } from './write-checks.js';
import type { UpdateOptions, WriteOptions } from './write-options.js';

export interface Removed {
  readonly object: KubernetesObject;
  /** False while finalizers or a grace period keep it. */
  readonly isGone: boolean;
}

const DEFAULT_MANAGER = 'kube-controller-manager';

/** All writes go through here, whoever makes them: defaults, admission, validation, ownership, versions. */
export class Registry implements Api {
  private readonly decoder: KindDecoder;
  private readonly writes: CheckedWrites;

  constructor(
    private readonly context: RuleContext,
    private readonly rules: Readonly<Record<ResourceName, KindRules>>,
    private readonly admission: readonly Admission[],
    private readonly manager: string = DEFAULT_MANAGER,
    /** The object created last, by resource and manager. */
    private readonly latest = new Map<string, KubernetesObject>(),
  ) {
    this.decoder = new KindDecoder(rules);
    this.writes = new CheckedWrites(context, rules, admission, this.decoder, manager, latest);
  }

  get store(): Store {
    return this.context.store;
  }

  as(manager: string): Registry {
    return new Registry(this.context, this.rules, this.admission, manager, this.latest);
  }

  /** The same, with one more check of writes. */
  admitting(plugin: Admission): Registry {
    return new Registry(this.context, this.rules, [...this.admission, plugin], this.manager);
  }

  get(resource: ResourceName, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.store.get(resource, keyOf(getResource(resource).namespaced ? namespace : undefined, name));
  }

  list(
    resource: ResourceName,
    options: { namespace?: string; labels?: Readonly<Record<string, string>> } = {},
  ): KubernetesObject[] {
    const objects = this.store.list(getResource(resource).name, options.namespace);
    const labels = Object.entries(options.labels ?? {});
    if (labels.length === 0) return objects;
    return objects.filter(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value));
  }

  watch(resource: ResourceName, listener: (event: StoreEvent) => void): () => void {
    return this.store.watch(getResource(resource).name, listener);
  }

  warnings(object: KubernetesObject, resource: ResourceName): string[] {
    return this.of(resource).rules.warnings?.(object) ?? [];
  }

  create(resource: ResourceName, draft: Draft, options: WriteOptions = {}): KubernetesObject {
    const kind = getResource(resource);
    const { rules } = this.of(resource);
    if (draft.metadata?.['resourceVersion'])
      throw internalError('resourceVersion should not be set on objects to be created');
    const decoded = this.decoder.decode(kind, draft);
    rules.setDefaults?.(decoded);
    const object = trackUpdate(kind.model, this.decoder.empty(kind), decoded, this.writer(kind, options));
    return this.writes.insert(kind, object, options);
  }

  update(
    resource: ResourceName,
    draft: Draft,
    options: 'status' | 'finalize' | 'binding' | UpdateOptions | undefined = {},
  ): KubernetesObject {
    const kind = getResource(resource);
    const settings: UpdateOptions = typeof options === 'string' ? { subresource: options } : options;
    const { metadata } = draft;
    const previous = this.getExisting(kind, metadata['namespace'], metadata.name ?? '');
    const decoded = this.decoder.decodeUpdate(kind, draft, previous, settings.subresource);
    checkIdentity(kind, decoded.metadata, previous);
    const object = carryOver(kind, decoded, previous, settings.subresource);
    const owned =
      settings.subresource === 'binding'
        ? object
        : trackUpdate(kind.model, previous, object, this.writer(kind, settings));
    return this.writes.replace(kind, owned, previous, settings);
  }

  /** Server-side apply of a configuration that was checked to name this object. */
  apply(
    resource: ResourceName,
    namespace: string | undefined,
    config: Draft,
    options: UpdateOptions & { force: boolean },
  ): { object: KubernetesObject; isNew: boolean } {
    const kind = getResource(resource);
    const { rules } = this.of(resource);
    const name = config.metadata.name ?? '';
    const previous = this.get(resource, namespace, name);
    const complete = (merged: any): any => {
      const decoded = this.decoder.decode(kind, merged);
      rules.setDefaults?.(decoded);
      return previous ? carryOver(kind, decoded, previous, undefined) : decoded;
    };
    const live = previous ?? this.decoder.empty(kind);
    if (previous) checkIdentity(kind, config.metadata, previous);
    else if (config.metadata['uid'])
      throw conflict(
        kind,
        name,
        `uid mismatch: the provided object specified uid ${config.metadata['uid']}, and no existing object was found`,
      );
    const owned = applyConfig(kind.model, live, config, this.writer(kind, options), options.force, complete);
    if (previous) return { object: this.writes.replace(kind, owned, previous, options), isNew: false };
    owned.metadata = { ...owned.metadata, name, ...(kind.namespaced ? { namespace } : {}) };
    return { object: this.writes.insert(kind, owned, options), isNew: true };
  }

  remove(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options: RemoveOptions = {},
  ): KubernetesObject | undefined {
    if (!this.get(resource, namespace, name)) return undefined;
    return this.delete(resource, namespace, name, options).object;
  }

  delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options: RemoveOptions = {},
  ): Removed {
    const kind = getResource(resource);
    const previous = this.getExisting(kind, namespace, name);
    checkPreconditions(kind, previous, options);
    const dryRun = options.dryRun ?? false;
    for (const plugin of this.admission) plugin.admitDelete?.(kind, previous);
    const marked = applyPropagation(previous, options.propagationPolicy);
    const step = deletionStep(kind, marked, options.gracePeriodSeconds, this.context.now());
    if (step.isGone) {
      if (dryRun) return { object: step.object, isGone: true };
      // A pod is seen as being deleted before it is gone, also when that takes no time.
      const last =
        kind.name === 'pods' && !isEqual(step.object, previous)
          ? this.writes.write(kind, step.object)
          : step.object;
      const key = keyOf(previous.metadata.namespace, name);
      if (this.store.get(kind.name, key)?.metadata.uid === previous.metadata.uid)
        this.writes.erase(kind, last);
      return { object: last, isGone: true };
    }
    if (isEqual(step.object, previous) || dryRun) return { object: step.object, isGone: false };
    return { object: this.writes.write(kind, step.object), isGone: false };
  }

  private of(resource: ResourceName): { rules: KindRules } {
    return { rules: this.rules[resource] ?? {} };
  }

  private writer(kind: Resource, options: UpdateOptions) {
    return {
      name: options.manager ?? this.manager,
      apiVersion: apiVersionOf(kind),
      time: options.subresource === 'scale' ? '' : timestamp(this.context.now()),
      ...(options.subresource ? { subresource: options.subresource } : {}),
    };
  }

  private getExisting(kind: Resource, namespace: string | undefined, name: string): KubernetesObject {
    const object = this.get(kind.name, namespace, name);
    if (!object) throw notFound(kind, name);
    return object;
  }
}
