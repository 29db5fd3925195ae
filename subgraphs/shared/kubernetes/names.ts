import { BadUserInputError } from '../errors.js';

/**
 * The one place where names of Kubernetes objects are judged (RFC 1123, as Kubernetes reads it). No name reaches a
 * URL without having passed here: `..` as a pod name would delete the namespace around it.
 */
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const serviceLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const labelLength = 63;
const subdomainLength = 253;

/** RFC 1123 label: namespaces, containers, ports by name. */
export const isLabelName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= labelLength && label.test(value);

/** RFC 1123 subdomain: most objects (pods, deployments, secrets, ingresses). */
export const isValidName = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= subdomainLength &&
  value.split('.').every((part) => label.test(part));

/** RFC 1035 label: Kubernetes Services, whose names are host names. */
export const isServiceName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= labelLength && serviceLabel.test(value);

/** A name of most objects, such as a pod's. `what` is the noun of the message: "pod", "ingress". */
export const requireName = (value: unknown, field: readonly string[], what: string): string =>
  required(isValidName, value, field, what, () => nameRule(value, '"-" and "."', subdomainLength));

/** A namespace's, container's or named port's name. */
export const requireLabelName = (value: unknown, field: readonly string[], what: string): string =>
  required(isLabelName, value, field, what, () => nameRule(value, '"-"', labelLength));

export const requireNamespace = (value: unknown, field: readonly string[] = ['namespace']): string =>
  requireLabelName(value, field, 'namespace');

export const requireContainer = (value: unknown, field: readonly string[] = ['container']): string =>
  requireLabelName(value, field, 'container');

/** A Kubernetes Service's name, which other pods use as a host name; shorter where others put something behind it. */
export const requireServiceName = (
  value: unknown,
  field: readonly string[],
  what = 'service',
  length = labelLength,
): string =>
  required(
    (given): given is string => isServiceName(given) && given.length <= length,
    value,
    field,
    what,
    () => nameRule(value, '"-"', length, 'start with a letter'),
  );

function required(
  accepts: (value: unknown) => value is string,
  value: unknown,
  field: readonly string[],
  what: string,
  remedy: () => string,
): string {
  if (accepts(value)) return value;
  throw BadUserInputError.at(field, `${quoted(value)} is not a name for ${withArticle(what)}: ${remedy()}`);
}

const withArticle = (noun: string): string => `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;

function nameRule(
  value: unknown,
  marks: string,
  length: number,
  start = 'start with a letter or digit',
): string {
  if (value === '' || value === undefined || value === null) return 'give one.';
  if (typeof value === 'string' && value.length > length) {
    return `it has ${value.length} characters; use at most ${length}.`;
  }
  return `use lower-case letters a-z, digits and ${marks}; ${start} and end with a letter or digit.`;
}

/** The value for a message: escaped, and cut so that a megabyte of input is no megabyte of error. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
