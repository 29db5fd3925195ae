import type { FieldErrors } from '../field-errors.js';
import type { KindRules } from '../kind-rules.js';
import { labelProblems, portNameProblems, subdomainProblems } from '../validation/names.js';

const WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const wildcardPattern = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export const ingressRules: KindRules = {
  warnings: ({ metadata, spec }) =>
    metadata.annotations?.[CLASS_ANNOTATION] !== undefined && spec.ingressClassName === undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  validate({ spec }, errors) {
    for (const [index, { hosts = [] }] of (spec.tls ?? []).entries()) {
      for (const [position, host] of hosts.entries())
        validateHost(host, errors, `spec.tls[${index}].hosts[${position}]`);
    }
    if ((spec.rules ?? []).length === 0 && !spec.defaultBackend)
      errors.invalid('spec', null, 'either `defaultBackend` or `rules` must be specified');
    if (spec.defaultBackend) validateBackend(spec.defaultBackend, errors, 'spec.defaultBackend');
    for (const [index, rule] of (spec.rules ?? []).entries())
      validateRule(rule, errors, `spec.rules[${index}]`);
    if (spec.ingressClassName)
      for (const problem of subdomainProblems(spec.ingressClassName))
        errors.invalid('spec.ingressClassName', spec.ingressClassName, problem);
  },
};

const validateRule = (rule: any, errors: FieldErrors, at: string): void => {
  if (rule.host) {
    if (/^\d+(\.\d+){3}$/.test(rule.host))
      errors.invalid(`${at}.host`, rule.host, 'must be a DNS name, not an IP address');
    else validateHost(rule.host, errors, `${at}.host`);
  }
  if (!rule.http) return;
  if ((rule.http.paths ?? []).length === 0) errors.required(`${at}.http.paths`);
  for (const [index, path] of (rule.http.paths ?? []).entries())
    validatePath(path, errors, `${at}.http.paths[${index}]`);
};

const validateHost = (host: string, errors: FieldErrors, field: string): void => {
  if (host.includes('*')) {
    if (!wildcardPattern.test(host)) errors.invalid(field, host, WILDCARD);
    return;
  }
  for (const problem of subdomainProblems(host)) errors.invalid(field, host, problem);
};

const validatePath = ({ path = '', pathType, backend }: any, errors: FieldErrors, at: string): void => {
  if (pathType === undefined) errors.required(`${at}.pathType`, 'pathType must be specified');
  else if (!PATH_TYPES.includes(pathType)) errors.notSupported(`${at}.pathType`, pathType, PATH_TYPES);
  else if (pathType !== 'ImplementationSpecific') {
    if (!path.startsWith('/')) errors.invalid(`${at}.path`, path, 'must be an absolute path');
    for (const part of FORBIDDEN_IN_PATHS)
      if (path.includes(part)) errors.invalid(`${at}.path`, path, `must not contain '${part}'`);
  } else if (path !== '' && !path.startsWith('/'))
    errors.invalid(`${at}.path`, path, 'must be an absolute path');
  validateBackend(backend, errors, `${at}.backend`);
};

const validateBackend = (backend: any, errors: FieldErrors, at: string): void => {
  const { service, resource } = backend ?? {};
  if (service && resource) errors.invalid(at, '', 'cannot set both resource and service backends');
  if (resource) return;
  if (!service?.name) {
    errors.required(`${at}.service.name`);
    return;
  }
  for (const problem of labelProblems(service.name))
    errors.invalid(`${at}.service.name`, service.name, problem);
  const { name, number } = service.port ?? {};
  if (!name && !number) errors.required(at, 'port name or number is required');
  if (name)
    for (const problem of portNameProblems(name)) errors.invalid(`${at}.service.port.name`, name, problem);
  if (number && (number < 1 || number > 65535))
    errors.invalid(`${at}.service.port.number`, number, 'must be between 1 and 65535, inclusive');
};
