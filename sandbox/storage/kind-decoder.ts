import type { Draft, KubernetesObject, ResourceName } from './api.js';
import { decodeKind } from './decode.js';
import type { KindRules } from './kind-rules.js';
import { apiVersionOf, type Resource } from './resource.js';

const empties = new Map<ResourceName, object>();

/** Not only its status or its finalizers are written. */
export const isWhole = (subresource: string | undefined): boolean =>
  subresource === undefined || subresource === 'scale' || subresource === 'ephemeralcontainers';

/** Reads what clients and controllers send as objects of a kind. */
export class KindDecoder {
  constructor(private readonly rules: Readonly<Record<ResourceName, KindRules>>) {}

  decode(kind: Resource, draft: unknown, known?: object): any {
    const { object } = decodeKind(kind.kind, kind.version, kind.model, draft, known);
    return { kind: kind.kind, ...object, apiVersion: apiVersionOf(kind) };
  }

  /** What a new object is compared with. */
  empty(kind: Resource): any {
    let empty: any = empties.get(kind.name);
    if (!empty) {
      empty = this.decode(kind, { metadata: {} });
      empties.set(kind.name, empty);
    }
    return empty;
  }

  /** Defaults and rules change the fields of a whole update in place; the other updates share them with what is stored. */
  decodeUpdate(
    kind: Resource,
    draft: Draft,
    previous: KubernetesObject,
    subresource: string | undefined,
  ): any {
    if (!isWhole(subresource)) return this.decode(kind, draft, previous);
    const { managedFields } = previous.metadata;
    const decoded = this.decode(kind, draft, { metadata: { managedFields } });
    this.rules[kind.name]?.setDefaults?.(decoded);
    return decoded;
  }
}
