/** Name formats of Kubernetes. Each answers what is wrong, in the words of the real server. */

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const PORT_NAME_CHARACTERS = 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';

const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const qualifiedPattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

export const tooLong = (limit: number, unit = 'bytes'): string => `must be no more than ${limit} ${unit}`;

export const subdomainProblems = (name: string): string[] => [
  ...(name.length > 253 ? [tooLong(253, 'characters')] : []),
  ...(subdomainPattern.test(name) ? [] : [SUBDOMAIN]),
];

export const labelProblems = (name: string): string[] => [
  ...(name.length > 63 ? [tooLong(63, 'characters')] : []),
  ...(labelPattern.test(name) ? [] : [LABEL]),
];

/** Keys of labels and annotations: an optional DNS prefix, a slash, a name. */
export const qualifiedNameProblems = (key: string): string[] => {
  const parts = key.split('/');
  if (parts.length > 2)
    return [
      `a qualified name ${QUALIFIED.replace('name part ', '')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const problems: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...subdomainProblems(prefix).map((problem) => `prefix part ${problem}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${tooLong(63)}`);
  if (!qualifiedPattern.test(name)) problems.push(QUALIFIED);
  return problems;
};

export const labelValueProblems = (value: string): string[] => [
  ...(value.length > 63 ? [tooLong(63)] : []),
  ...(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) ? [] : [LABEL_VALUE]),
];

export const configKeyProblems = (key: string): string[] => [
  ...(key.length > 253 ? [tooLong(253)] : []),
  ...(/^[-._a-zA-Z0-9]+$/.test(key) ? [] : [CONFIG_KEY]),
  ...(key === '.' ? ["must not be '.'"] : []),
  ...(key === '..' ? ["must not be '..'"] : key.startsWith('..') ? ["must not start with '..'"] : []),
];

export const portNameProblems = (name: string): string[] => [
  ...(name.length > 15 ? [tooLong(15, 'characters')] : []),
  ...(/^[-a-z0-9]+$/.test(name) ? [] : [PORT_NAME_CHARACTERS]),
  ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
  ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(name.startsWith('-') || name.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
];

/** What may be a segment of a path. */
export const pathSegmentProblems = (name: string): string[] => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return [...name].flatMap((character) =>
    character === '/' || character === '%' ? [`may not contain '${character}'`] : [],
  );
};
