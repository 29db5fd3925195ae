import type { Admission } from './admission/admission.js';
import type { KubernetesObject, ResourceName } from './api.js';
import { alreadyExists } from './api-errors.js';
import { copyJson } from './decode.js';
import { FieldErrors } from './field-errors.js';
import { isSameButTimes } from './fields/managed-fields.js';
import { isEqual } from './fields/typed-walk.js';
import { isWhole, type KindDecoder } from './kind-decoder.js';
import type { KindRules, RuleContext } from './kind-rules.js';
import { randomSuffix, randomUid } from './random.js';
import type { Resource } from './resource.js';
import { share } from './share.js';
import { keyOf, type Store } from './store.js';
import { timestamp } from './timestamp.js';
import { validateMetadata, validateMetadataUpdate } from './validation/metadata.js';
import type { UpdateOptions, WriteOptions } from './write-options.js';

const MAX_GENERATED_BASE = 58;

/** Admission, validation, generation and version of whatever is stored. */
export class CheckedWrites {
  constructor(
    private readonly context: RuleContext,
    private readonly rules: Readonly<Record<ResourceName, KindRules>>,
    private readonly admission: readonly Admission[],
    private readonly decoder: KindDecoder,
    private readonly manager: string,
    /** The object created last, by resource and manager. */
    private readonly latest: Map<string, KubernetesObject>,
  ) {}

  private get store(): Store {
    return this.context.store;
  }

  /** Names, dates and checks a new object, and stores it. */
  insert(kind: Resource, object: any, options: WriteOptions): KubernetesObject {
    const rules = this.rules[kind.name] ?? {};
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
    if (kind.hasStatus) object.status = copyJson(this.decoder.empty(kind).status);

    const errors = new FieldErrors();
    validateMetadata(kind, metadata, errors);
    rules.validate?.(object, errors);
    rules.prepareCreate?.(object, this.context, errors);
    errors.throwIfAny({ ...kind, name: metadata.name ?? '' });

    const existing = this.store.get(kind.name, keyOf(metadata.namespace, metadata.name));
    for (const plugin of this.admission)
      plugin.validateCreate?.(kind, object, { dryRun: (options.dryRun ?? false) || existing !== undefined });
    if (existing) throw alreadyExists(kind, metadata.name, existing.metadata.deletionTimestamp !== undefined);
    return options.dryRun ? object : this.write(kind, this.shareWithSibling(kind, object, options));
  }

  /** Pods of one template, and events of one source, keep once what they have in common with the one before. */
  private shareWithSibling(kind: Resource, object: any, { manager = this.manager }: WriteOptions): any {
    const group = `${kind.name} ${manager}`;
    const sibling = this.latest.get(group);
    this.latest.set(group, object);
    return share(object, sibling);
  }

  /** Checks what the object is to become, and stores it; erases it when nothing keeps it any more. */
  replace(kind: Resource, object: any, previous: KubernetesObject, options: UpdateOptions): KubernetesObject {
    const rules = this.rules[kind.name] ?? {};
    const errors = new FieldErrors();
    if (isWhole(options.subresource)) {
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
    if (isSameButTimes(object, previous)) return previous;
    const isLast =
      object.metadata.deletionTimestamp !== undefined &&
      (object.metadata.finalizers ?? []).length === 0 &&
      (object.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
      (kind.name !== 'namespaces' || (object.spec.finalizers ?? []).length === 0);
    if (options.dryRun) return object;
    if (!isLast) return this.write(kind, share(object, previous));
    // Watchers see the state before this write, the writer sees the one after it.
    this.erase(kind, previous);
    return withVersion(object, previous.metadata.resourceVersion);
  }

  private isNewGeneration(rules: KindRules, object: any, previous: any): boolean {
    return rules.isNewGeneration?.(object, previous) ?? !isEqual(object.spec, previous.spec);
  }

  write(kind: Resource, object: any): KubernetesObject {
    const { namespace, name } = object.metadata;
    return this.store.put(kind.name, keyOf(namespace, name), (version) => withVersion(object, version));
  }

  erase(kind: Resource, object: any): KubernetesObject {
    const { namespace, name } = object.metadata;
    return this.store.delete(kind.name, keyOf(namespace, name), (version) => withVersion(object, version));
  }
}

const withVersion = (object: any, resourceVersion: string): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});
