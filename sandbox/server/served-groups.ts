import { type Review, reviews } from '../storage/reviewed-kinds.js';
import { type ServedKind, servedKinds } from './served-kinds.js';

/** A kind that is stored or only answered, under its group and version. */
export interface Entry {
  readonly group: string;
  readonly version: string;
  readonly kind: ServedKind | Review;
}

export const entries: readonly Entry[] = [
  ...servedKinds.map((kind): Entry => ({ group: kind.group, version: kind.version, kind })),
  ...reviews.map((kind): Entry => ({ group: kind.group, version: kind.version, kind })),
];

/** Groups in the order in which the real server lists them. */
const GROUP_ORDER = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
];

export const servedGroups = (): string[] => GROUP_ORDER.filter(isServedGroup);

export const versionsOf = (group: string): string[] => [
  ...new Set(entries.filter((entry) => entry.group === group).map(({ version }) => version)),
];

/** Every group with its versions, in the order of the discovery documents. */
export const servedVersions = (): { group: string; version: string }[] =>
  ['', ...servedGroups()].flatMap((group) => versionsOf(group).map((version) => ({ group, version })));

export const isServedGroup = (group: string): boolean => entries.some((entry) => entry.group === group);
export const isServedVersion = (group: string, version: string): boolean =>
  entries.some((entry) => entry.group === group && entry.version === version);

export const entriesOf = (group: string, version: string): readonly Entry[] =>
  entries.filter((entry) => entry.group === group && entry.version === version);
