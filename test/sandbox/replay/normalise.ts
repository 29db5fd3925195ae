/** Makes what differs between any two clusters the same: identifiers, versions, times, addresses, hashes. */
export const normalise = (value: unknown, key = ''): unknown => {
  if (Array.isArray(value)) return normaliseList(value, key);
  if (typeof value === 'object' && value !== null) return normaliseObject(value as Record<string, unknown>);
  if (typeof value === 'string') return normaliseText(value, key);
  if (key === 'nodePort') return '<nodePort>';
  return value;
};

const HASH_KEYS = new Set(['pod-template-hash', 'controller-revision-hash', 'controller.kubernetes.io/hash']);
const CHARACTERS = '[bcdfghjklmnpqrstvwxz2456789]';
const patterns: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\?hash=[0-9A-F]{128}/g, '?hash=<hash>'],
  [/X509SHA256=\w+/g, 'X509SHA256=<digest>'],
  [/resourceVersion: "\d+"/g, 'resourceVersion: <version>'],
  [/\b(\d{1,3}\.){3}\d{1,3}:\d+\b/g, '<address>'],
  [/^(g{58})[a-z0-9]{5}$/, '$1<suffix>'],
  [/"(g{58})[a-z0-9]{5}"/g, '"$1<suffix>"'],
  [/\.[0-9a-f]{16}$/, '.<event>'],
  [/start exec \\*"[0-9a-f]{64}\\*"/g, 'start exec <exec>'],
  [/\b(registry\.example|docker\.io)\//g, '<registry>/'],
  // The recorder's node knew one image by two names.
  [/library\/(alpine:3\.20|busybox:1\.36)/g, 'library/busybox:1.36'],
  // The recorded runtime asked a mirror and named the registry that it stood for.
  [/\?ns=%5BREDACTED%5D/g, ''],
  [/containerd:\/\/[0-9a-f]+/g, '<container>'],
  [/sha256:[0-9a-f]+/g, '<digest>'],
  [/\b10\.(?!0\.0\.)\d+\.\d+\.\d+/g, '<ip>'],
  [/\bdefault-scheduler-\S+/g, 'default-scheduler-<host>'],
  [/credential-id/g, '<credential>'],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<suffix>'],
  [/resource version: \d+, current: \d+/g, 'resource version: <future>, current: <version>'],
  [/current: \d+/g, 'current: <version>'],
  [/in record \(\d+\)/g, 'in record (<version>)'],
  [/too old resource version: (\d+) \(\d+\)/g, 'too old resource version: $1 (<version>)'],
  [new RegExp(`-${CHARACTERS}{7,10}-${CHARACTERS}{5}(?![a-z0-9])`, 'g'), '-<hash>-<suffix>'],
  [new RegExp(`-${CHARACTERS}{8,10}\\b`, 'g'), '-<hash>'],
];

const normaliseText = (given: string, key: string): string => {
  let text = given;
  if (
    key === 'resourceVersion' ||
    key === 'gitVersion' ||
    key === 'gitCommit' ||
    key === 'buildDate' ||
    key === 'serverAddress'
  )
    return text === '' ? text : `<${key}>`;
  if (HASH_KEYS.has(key)) return '<hash>';
  if (key === 'name' || key === 'generateName')
    text = text.replace(new RegExp(`-${CHARACTERS}{8,10}(-?)$`), '-<hash>$1');
  if (key === 'continue') return text === '' ? text : normaliseToken(text);
  if (key === 'token' && text.length > 12) return '<token>';
  if (key === 'ca.crt') return '<certificate>';
  return patterns.reduce((result, [pattern, by]) => result.replace(pattern, by), text);
};

const normaliseToken = (token: string): string => {
  const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  return JSON.stringify({ v, rv: rv === -1 ? rv : '<version>', start });
};

const normaliseList = (list: readonly unknown[], key: string): unknown => {
  const items = list.map((item) => normalise(item, key === 'cells' ? 'cell' : key));
  if (key === 'managedFields') return items.sort((a: any, b: any) => (orderOf(a) < orderOf(b) ? -1 : 1));
  if (key === 'conditions') return sorted(items, ({ type }) => type);
  // Names of lists end in something random, by which the lists are sorted.
  if (key === 'items' && items.some((item: any) => /<\w+>/.test(item?.metadata?.name ?? '')))
    return sorted(items, (item) => `${item.metadata.name} ${JSON.stringify(item, Object.keys(item).sort())}`);
  if (key === 'cells')
    return items.map((cell) => (typeof cell === 'string' ? cell.replace(/^(\d+[smhdy])+$/, '<age>') : cell));
  return items;
};

const sorted = (items: any[], by: (item: any) => string): any[] =>
  [...items].sort((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0));

const orderOf = ({ operation, manager, subresource }: any): string =>
  `${operation} ${manager} ${subresource ?? ''}`;

const normaliseObject = (object: Record<string, unknown>): Record<string, unknown> => {
  const entries = Object.entries(object).map(([key, value]): [string, unknown] => [
    normaliseText(key, ''),
    normalise(value, key),
  ]);
  const result = Object.fromEntries(entries);
  if (
    typeof result['generateName'] === 'string' &&
    typeof result['name'] === 'string' &&
    result['name'].startsWith(result['generateName'])
  )
    nameBySuffix(result as { generateName: string; labels?: Record<string, unknown> });
  // Columns are documented with the text of the API reference, which the sandbox does not repeat.
  if ('priority' in result && 'format' in result) delete result['description'];
  return result;
};

const nameBySuffix = (metadata: {
  name?: string;
  generateName: string;
  labels?: Record<string, unknown>;
}): void => {
  const label = metadata.labels?.['kubernetes.io/metadata.name'];
  metadata.name = `${metadata.generateName}<suffix>`;
  if (label !== undefined && metadata.labels) metadata.labels['kubernetes.io/metadata.name'] = metadata.name;
};

/** Where two values first differ, or undefined when they do not. */
export const firstDifference = (expected: unknown, actual: unknown, path = ''): string | undefined => {
  if (Object.is(expected, actual)) return undefined;
  const areObjects =
    typeof expected === 'object' && typeof actual === 'object' && expected !== null && actual !== null;
  if (!areObjects || Array.isArray(expected) !== Array.isArray(actual))
    return `${path || 'body'}: expected ${show(expected)}, got ${show(actual)}`;
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of keys) {
    const [a, b] = [(expected as any)[key], (actual as any)[key]];
    const difference = firstDifference(a, b, Array.isArray(expected) ? `${path}[${key}]` : `${path}.${key}`);
    if (difference) return difference;
  }
  return undefined;
};

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
};
