import type { Admission } from './admission/admission.js';
import { type Api, type Draft, type KubernetesObject, type ResourceName, type StoreEvent } from './api.js';
import { alreadyExists, conflict, internalError, notFound } from './api-errors.js';
import { decodeKind } from './decode.js';
import { applyPropagation, deletionStep } from './deletion.js';
import { FieldErrors } from './field-errors.js';
import { applyConfig, trackUpdate, withoutManagerTimes } from './fields/managed-fields.js';
import { isEqual } from './fields/typed-walk.js';
import type { KindRules, RuleContext } from './kind-rules.js';
import { randomSuffix, randomUid } from './random.js';
import { apiVersionOf, getResource, type Resource } from './resources.js';
import { keyOf, type Store } from './store.js';
import { timestamp } from './timestamp.js';
import { validateMetadata, validateMetadataUpdate } from './validation/metadata.js';
import { carryOver, checkIdentity, checkPreconditions, type RemoveOptions } from './write-checks.js';

export interface WriteOptions {
  /** Named in managedFields. */
  readonly manager?: string;
  /** Everything but the write itself. */
  readonly dryRun?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: string;
}

export interface Removed {
  readonly object: KubernetesObject;
  /** False while finalizers or a grace period keep it. */
  readonly isGone: boolean;
}

const MAX_GENERATED_BASE = 58;
const DEFAULT_MANAGER = 'kube-controller-manager';

/** All writes go through here, whoever makes them: defaults, admission, validation, ownership, versions. */
export class Registry implements Api {
  constructor(
    private readonly context: RuleContext,
    private readonly rules: Readonly<Record<ResourceName, KindRules>>,
    private readonly admission: readonly Admission[],
    private readonly manager: string = DEFAULT_MANAGER,
  ) {}

  get store(): Store {
    return this.context.store;
  }

  as(manager: string): Registry {
    return new Registry(this.context, this.rules, this.admission, manager);
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
    const decoded = this.decode(kind, draft);
    rules.setDefaults?.(decoded);
    const empty = this.decode(kind, { metadata: {} });
    const object = trackUpdate(kind.model, empty, decoded, this.writer(kind, options));
    return this.insert(kind, object, options);
  }

  update(
    resource: ResourceName,
    draft: Draft,
    options: 'status' | 'finalize' | UpdateOptions | undefined = {},
  ): KubernetesObject {
    const kind = getResource(resource);
    const settings: UpdateOptions = typeof options === 'string' ? { subresource: options } : options;
    const { metadata } = draft;
    const previous = this.getExisting(kind, metadata['namespace'], metadata.name ?? '');
    const decoded = this.decode(kind, draft);
    this.of(resource).rules.setDefaults?.(decoded);
    checkIdentity(kind, decoded.metadata, previous);
    const object = carryOver(kind, decoded, previous, settings.subresource);
    const owned = trackUpdate(kind.model, previous, object, this.writer(kind, settings));
    return this.replace(kind, owned, previous, settings);
  }

  /** Server-side apply of a configuration that was checked to name this object. */
  apply(
    resource: ResourceName,
    namespace: string | undefined,
    config: Draft,
    options: WriteOptions & { force: boolean },
  ): { object: KubernetesObject; isNew: boolean } {
    const kind = getResource(resource);
    const { rules } = this.of(resource);
    const name = config.metadata.name ?? '';
    const previous = this.get(resource, namespace, name);
    const complete = (merged: any): any => {
      const decoded = this.decode(kind, merged);
      rules.setDefaults?.(decoded);
      return previous ? carryOver(kind, decoded, previous, undefined) : decoded;
    };
    const live = previous ?? this.decode(kind, { metadata: {} });
    if (previous) checkIdentity(kind, config.metadata, previous);
    else if (config.metadata['uid'])
      throw conflict(
        kind,
        name,
        `uid mismatch: the provided object specified uid ${config.metadata['uid']}, and no existing object was found`,
      );
    const owned = applyConfig(kind.model, live, config, this.writer(kind, options), options.force, complete);
    if (previous) return { object: this.replace(kind, owned, previous, options), isNew: false };
    owned.metadata = { ...owned.metadata, name, ...(kind.namespaced ? { namespace } : {}) };
    return { object: this.insert(kind, owned, options), isNew: true };
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
        kind.name === 'pods' && !isEqual(step.object, previous) ? this.write(kind, step.object) : step.object;
      const key = keyOf(previous.metadata.namespace, name);
      if (this.store.get(kind.name, key)?.metadata.uid === previous.metadata.uid) this.erase(kind, last);
      return { object: last, isGone: true };
    }
    if (isEqual(step.object, previous) || dryRun) return { object: step.object, isGone: false };
    return { object: this.write(kind, step.object), isGone: false };
  }

  private of(resource: ResourceName): { rules: KindRules } {
    return { rules: this.rules[resource] ?? {} };
  }

  private decode(kind: Resource, draft: unknown): any {
    const { object } = decodeKind(kind.kind, kind.version, kind.model, draft);
    return { kind: kind.kind, ...object, apiVersion: apiVersionOf(kind) };
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

  private insert(kind: Resource, object: any, options: WriteOptions): KubernetesObject {
    const { rules } = this.of(kind.name);
    const { metadata } = object;
    const generateName: string | undefined = metadata.generateName;
    if (!metadata.name && generateName)
      metadata.name = `${generateName.slice(0, MAX_GENERATED_BASE)}${randomSuffix(this.context.random)}`;
    if (!kind.namespaced) delete metadata.namespace;
    for (const plugin of this.admission) plugin.mutateCreate?.(kind, object);

    for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'selfLink'])
      delete metadata[field];
    metadata.uid = randomUid(this.context.random);
    metadata.creationTimestamp = timestamp(this.context.now());
    if (kind.hasGeneration) metadata.generation = 1;
    if (kind.hasStatus) object.status = this.decode(kind, {}).status;

    const errors = new FieldErrors();
    validateMetadata(kind, metadata, errors);
    rules.validate?.(object, errors);
    rules.prepareCreate?.(object, this.context, errors);
    errors.throwIfAny({ ...kind, name: metadata.name ?? '' });

    const existing = this.get(kind.name, metadata.namespace, metadata.name);
    for (const plugin of this.admission)
      plugin.validateCreate?.(kind, object, { dryRun: (options.dryRun ?? false) || existing !== undefined });
    if (existing) throw alreadyExists(kind, metadata.name, existing.metadata.deletionTimestamp !== undefined);
    return options.dryRun ? object : this.write(kind, object);
  }

  private replace(
    kind: Resource,
    object: any,
    previous: KubernetesObject,
    options: UpdateOptions,
  ): KubernetesObject {
    const { rules } = this.of(kind.name);
    const isWhole = options.subresource === undefined || options.subresource === 'scale';
    const errors = new FieldErrors();
    if (isWhole) {
      for (const plugin of this.admission) plugin.mutateUpdate?.(kind, object, previous);
      rules.prepareUpdate?.(object, previous, this.context, errors);
      if (kind.hasGeneration && this.isNewGeneration(rules, object, previous))
        object.metadata = { ...object.metadata, generation: (previous.metadata.generation ?? 0) + 1 };
      validateMetadata(kind, object.metadata, errors);
      validateMetadataUpdate(object.metadata, previous.metadata, errors);
      rules.validate?.(object, errors);
      rules.validateUpdate?.(object, previous, errors);
      errors.throwIfAny({ ...kind, name: object.metadata.name });
      for (const plugin of this.admission)
        plugin.validateUpdate?.(kind, object, previous, { dryRun: options.dryRun ?? false });
    }
    if (isEqual(withoutManagerTimes(object), withoutManagerTimes(previous))) return previous;
    const isLast =
      object.metadata.deletionTimestamp !== undefined &&
      (object.metadata.finalizers ?? []).length === 0 &&
      (object.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
      (kind.name !== 'namespaces' || (object.spec.finalizers ?? []).length === 0);
    if (options.dryRun) return object;
    if (!isLast) return this.write(kind, object);
    // Watchers see the state before this write, the writer sees the one after it.
    this.erase(kind, previous);
    return withVersion(object, previous.metadata.resourceVersion);
  }

  private isNewGeneration(rules: KindRules, object: any, previous: any): boolean {
    return rules.isNewGeneration?.(object, previous) ?? !isEqual(object.spec, previous.spec);
  }

  private write(kind: Resource, object: any): KubernetesObject {
    const { namespace, name } = object.metadata;
    return this.store.put(kind.name, keyOf(namespace, name), (version) => withVersion(object, version));
  }

  private erase(kind: Resource, object: any): KubernetesObject {
    const { namespace, name } = object.metadata;
    return this.store.delete(kind.name, keyOf(namespace, name), (version) => withVersion(object, version));
  }
}

const withVersion = (object: any, resourceVersion: string): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});
