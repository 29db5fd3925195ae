import type { FieldErrors } from '../field-errors.js';
import { quantity } from '../quantity.js';
import { labelProblems, portNameProblems, subdomainProblems } from '../validation/names.js';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const PORT_RANGE = 'must be between 1 and 65535, inclusive';

export const validatePodSpec = (
  spec: any,
  errors: FieldErrors,
  path: string,
  restartPolicies = RESTART_POLICIES,
): void => {
  const volumes = validateVolumes(spec.volumes ?? [], errors, `${path}.volumes`);
  validateContainers(spec.containers, volumes, errors, `${path}.containers`);
  if ((spec.initContainers ?? []).length > 0)
    validateContainers(spec.initContainers, volumes, errors, `${path}.initContainers`, spec.containers ?? []);
  if (!restartPolicies.includes(spec.restartPolicy))
    errors.notSupported(`${path}.restartPolicy`, spec.restartPolicy, restartPolicies);
  if (!['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'].includes(spec.dnsPolicy))
    errors.notSupported(`${path}.dnsPolicy`, spec.dnsPolicy, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]);
  if (spec.terminationGracePeriodSeconds < 0)
    errors.invalid(
      `${path}.terminationGracePeriodSeconds`,
      spec.terminationGracePeriodSeconds,
      'must be greater than or equal to 0',
    );
  for (const field of ['serviceAccountName', 'nodeName']) {
    if (spec[field])
      for (const problem of subdomainProblems(spec[field]))
        errors.invalid(`${path}.${field}`, spec[field], problem);
  }
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1)
    errors.invalid(
      `${path}.activeDeadlineSeconds`,
      spec.activeDeadlineSeconds,
      'must be between 1 and 2147483647, inclusive',
    );
};

const validateVolumes = (volumes: any[], errors: FieldErrors, path: string): Set<string> => {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    if (!volume.name) errors.required(`${at}.name`);
    else for (const problem of labelProblems(volume.name)) errors.invalid(`${at}.name`, volume.name, problem);
    if (names.has(volume.name)) errors.duplicate(`${at}.name`, volume.name);
    names.add(volume.name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.sort((a, b) => sourceOrder(a) - sourceOrder(b)).slice(1))
      errors.forbidden(`${at}.${extra}`, 'may not specify more than 1 volume type');
    if (sources.length === 0) errors.required(at, 'must specify a volume type');
    if (volume.configMap && !volume.configMap.name) errors.required(`${at}.configMap.name`);
    if (volume.secret && !volume.secret.secretName) errors.required(`${at}.secret.secretName`);
    if (volume.persistentVolumeClaim && !volume.persistentVolumeClaim.claimName)
      errors.required(`${at}.persistentVolumeClaim.claimName`);
  }
  return names;
};

/** The order in which the real server looks at volume sources; the second one found is the wrong one. */
const SOURCES = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'secret',
  'nfs',
  'iscsi',
  'persistentVolumeClaim',
  'downwardAPI',
  'configMap',
  'projected',
  'csi',
  'ephemeral',
  'image',
];
const sourceOrder = (name: string): number => SOURCES.indexOf(name);

const validateContainers = (
  containers: any[] | null,
  volumes: Set<string>,
  errors: FieldErrors,
  path: string,
  others: any[] = [],
): void => {
  if (!containers || containers.length === 0) {
    errors.required(path);
    return;
  }
  const names = new Set<string>(others.map(({ name }) => name));
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    validateContainer(container, volumes, errors, at);
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    names.add(container.name);
  }
};

const validateContainer = (container: any, volumes: Set<string>, errors: FieldErrors, at: string): void => {
  if (!container.name) errors.required(`${at}.name`);
  else
    for (const problem of labelProblems(container.name))
      errors.invalid(`${at}.name`, container.name, problem);
  if (!container.image) errors.required(`${at}.image`);
  else if (container.image !== container.image.trim())
    errors.invalid(`${at}.image`, container.image, 'must not have leading or trailing whitespace');
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[name]) validateProbe(container[name], errors, `${at}.${name}`);
  }
  validatePorts(container.ports ?? [], errors, `${at}.ports`);
  for (const [index, variable] of (container.env ?? []).entries()) {
    if (!variable.name) errors.required(`${at}.env[${index}].name`);
    else if (!/^[ -<>-~]+$/.test(variable.name))
      errors.invalid(
        `${at}.env[${index}].name`,
        variable.name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      );
    if (variable.value !== undefined && variable.valueFrom)
      errors.invalid(`${at}.env[${index}].valueFrom`, '', 'may not be specified when `value` is not empty');
  }
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    if (!mount.name) errors.required(`${at}.volumeMounts[${index}].name`);
    else if (!volumes.has(mount.name)) {
      errors.add(
        'FieldValueNotFound',
        `${at}.volumeMounts[${index}].name`,
        `Not found: ${JSON.stringify(mount.name)}`,
      );
    }
    if (!mount.mountPath) errors.required(`${at}.volumeMounts[${index}].mountPath`);
  }
  if (!PULL_POLICIES.includes(container.imagePullPolicy))
    errors.notSupported(`${at}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES);
  validateResources(container.resources, errors, `${at}.resources`);
};

const validateProbe = (probe: any, errors: FieldErrors, at: string): void => {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((name) => probe[name]);
  if (handlers.length === 0) errors.required(at, 'must specify a handler type');
  for (const extra of handlers.slice(1))
    errors.forbidden(`${at}.${extra}`, 'may not specify more than 1 handler type');
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    if ((probe[field] ?? 0) < 0)
      errors.invalid(`${at}.${field}`, probe[field], 'must be greater than or equal to 0');
  }
};

const validatePorts = (ports: any[], errors: FieldErrors, path: string): void => {
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`;
    if (port.name) {
      for (const problem of portNameProblems(port.name)) errors.invalid(`${at}.name`, port.name, problem);
      if (names.has(port.name)) errors.duplicate(`${at}.name`, port.name);
      names.add(port.name);
    }
    if (port.containerPort === undefined || port.containerPort === 0) errors.required(`${at}.containerPort`);
    else if (!isPort(port.containerPort))
      errors.invalid(`${at}.containerPort`, port.containerPort, PORT_RANGE);
    if (port.hostPort && !isPort(port.hostPort)) errors.invalid(`${at}.hostPort`, port.hostPort, PORT_RANGE);
    if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol))
      errors.notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']);
  }
};

export const isPort = (port: unknown): boolean =>
  Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65535;

const validateResources = (resources: any, errors: FieldErrors, at: string): void => {
  const { limits = {}, requests = {} } = resources ?? {};
  for (const [kind, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries<string>(amounts)) {
      if (!isStandardResource(name))
        errors.invalid(`${at}.${kind}`, name, 'must be a standard resource type or fully qualified');
      if (quantity(amount).nano < 0n)
        errors.invalid(`${at}.${kind}[${name}]`, amount, 'must be greater than or equal to 0');
    }
  }
  for (const [name, request] of Object.entries<string>(requests)) {
    const limit = limits[name];
    if (limit !== undefined && quantity(request).nano > quantity(limit).nano)
      errors.invalid(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`);
  }
};

const isStandardResource = (name: string): boolean =>
  ['cpu', 'memory', 'ephemeral-storage'].includes(name) ||
  name.startsWith('hugepages-') ||
  name.includes('/');
