import type { FieldChangeValue } from '../../shared/changed-fields.js';
import { readQuantity } from '../../shared/kubernetes/quantity.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { hiddenValue, looksSecret, withoutSecrets } from '../workload/redaction.js';

/** Such as `Deployment/web`: unique among the objects of a service, and how its drift begins. */
export const kindAndName = ({ kind, metadata }: KubernetesObject): string =>
  `${kind}/${metadata?.name ?? ''}`;

/**
 * What others changed of what Meridian applied: the fields of `wanted` that are not so in `live`, by kind and name.
 * `before` is what Meridian applied, `after` what is there. What others added beside that is theirs, and what
 * Kubernetes itself writes differently (quantities, what is empty or 0) is the same.
 */
export function driftOf(
  wanted: readonly KubernetesObject[],
  live: ReadonlyMap<string, KubernetesObject>,
): FieldChangeValue[] {
  const scaled = new Set(
    wanted
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ metadata }) => metadata?.name ?? ''),
  );
  return wanted.flatMap((object) => {
    const path = kindAndName(object);
    const found = live.get(path);
    if (!found || found.metadata?.deletionTimestamp) return [{ path, before: 'applied', after: null }];
    const isScaled = object.kind === 'Deployment' && scaled.has(object.metadata?.name ?? '');
    return differences(withoutIdentity(object), found, path).filter(
      (change) => !(isScaled && change.path === `${path}.spec.replicas`),
    );
  });
}

/** Of an object only what can change. */
const withoutIdentity = ({ apiVersion: _, kind: __, metadata, ...rest }: KubernetesObject): object => ({
  metadata: { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} },
  ...rest,
});

type Fields = Readonly<Record<string, unknown>>;

function differences(wanted: unknown, live: unknown, path: string, inName = ''): FieldChangeValue[] {
  if (isEmpty(wanted) && isEmpty(live)) return [];
  if (isFields(wanted) && (isFields(live) || live === undefined)) {
    const name = typeof wanted['name'] === 'string' ? wanted['name'] : inName;
    return Object.entries(wanted).flatMap(([field, value]) =>
      differences(value, live?.[field], `${path}.${field}`, field === 'value' ? name : field),
    );
  }
  if (Array.isArray(wanted) && Array.isArray(live)) return listDifferences(wanted, live, path);
  if (wanted === live || (isAmount(path) && isSameAmount(wanted, live))) return [];
  return [{ path, before: shown(wanted, inName), after: shown(live, inName) }];
}

/** What names an item of a list, as Kubernetes merges them; a list without such a name is one value. */
const mergeKeys: readonly (readonly string[])[] = [
  ['mountPath'],
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
  ['name'],
];

function listDifferences(
  wanted: readonly unknown[],
  live: readonly unknown[],
  path: string,
): FieldChangeValue[] {
  const keys = mergeKeys.find((names) =>
    wanted.every((item) => isFields(item) && names.every((name) => name in item)),
  );
  if (keys) {
    const nameOf = (item: unknown): string =>
      keys.map((key) => String((isFields(item) ? item[key] : undefined) ?? '')).join('/');
    return wanted.flatMap((item) => {
      const name = (item as Fields)['name'];
      const itemPath = `${path}.${typeof name === 'string' ? name : nameOf(item)}`;
      const found = live.find((other) => nameOf(other) === nameOf(item));
      return found === undefined
        ? [{ path: itemPath, before: 'applied', after: null }]
        : differences(item, found, itemPath);
    });
  }
  if (wanted.length !== live.length) return [{ path, before: shown(wanted, ''), after: shown(live, '') }];
  return wanted.flatMap((item, index) => differences(item, live[index], `${path}.${index}`));
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kubernetes leaves out what is empty, 0 or false. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0);

const isAmount = (path: string): boolean => /\.resources\.(requests|limits)\./.test(path);

function isSameAmount(wanted: unknown, live: unknown): boolean {
  const [one, other] = [quantityOf(wanted), quantityOf(live)];
  return one !== undefined && one === other;
}

/** `1000m` is written back as `1`. */
const quantityOf = (value: unknown): bigint | undefined =>
  typeof value === 'string' || typeof value === 'number' ? readQuantity(value)?.nanos : undefined;

const longestShown = 1_000;

function shown(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return null;
  if (looksSecret(name)) return hiddenValue;
  const clean = withoutSecrets(value);
  return typeof clean === 'string' && clean.length > longestShown
    ? `${clean.slice(0, longestShown)}…`
    : clean;
}

/** For a line of a log or a status. */
export function driftText(changes: readonly FieldChangeValue[]): string {
  const most = 5;
  const named = changes
    .slice(0, most)
    .map(({ path, after }) => (after === null ? `${path} (gone)` : path))
    .join(', ');
  return changes.length > most ? `${named} and ${changes.length - most} more` : named;
}
