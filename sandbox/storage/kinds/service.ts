import type { FieldErrors } from '../field-errors.js';
import type { KindRules, RuleContext } from '../kind-rules.js';
import { labelProblems, portNameProblems } from '../validation/names.js';
import { isPort } from './pod-spec-validation.js';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PORT_RANGE = 'must be between 1 and 65535, inclusive';
/** 10.96.0.0/16. */
const SERVICE_NETWORK = '10.96.';
const NODE_PORTS = { first: 30000, last: 32767 };

export const serviceRules: KindRules = {
  setDefaults({ spec }) {
    spec.type ??= 'ClusterIP';
    spec.sessionAffinity ??= 'None';
    if (spec.sessionAffinity === 'ClientIP')
      spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: 10800 } };
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP';
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
        port.targetPort = port.port ?? 0;
    }
    if (hasNodePorts(spec)) spec.externalTrafficPolicy ??= 'Cluster';
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  },
  prepareCreate({ spec }, context, errors) {
    if (errors.list.length > 0) return;
    allocateClusterIp(spec, context, errors);
    allocateNodePorts(spec, [], context, errors);
  },
  prepareUpdate({ spec }, previous, context, errors) {
    const { spec: before } = previous;
    if (spec.type !== 'ExternalName' && before.type !== 'ExternalName') {
      // Whoever names another address in the older field means both.
      if (spec.clusterIP && spec.clusterIP !== before.clusterIP && isSame(spec.clusterIPs, before.clusterIPs))
        spec.clusterIPs = [spec.clusterIP];
      spec.clusterIP ??= before.clusterIP;
      spec.clusterIPs ??= before.clusterIPs;
      spec.ipFamilies ??= before.ipFamilies;
      spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
    }
    if (!hasNodePorts(spec)) {
      delete spec.externalTrafficPolicy;
      for (const port of spec.ports ?? []) delete port.nodePort;
    } else if (hasNodePorts(before)) {
      const known = new Map((before.ports ?? []).map((port: any) => [portKey(port), port.nodePort]));
      for (const port of spec.ports ?? []) port.nodePort ??= known.get(portKey(port));
    }
    if (spec.type !== 'LoadBalancer') delete spec.allocateLoadBalancerNodePorts;
    if (!spec.clusterIP && spec.type !== 'ExternalName') allocateClusterIp(spec, context, errors);
    allocateNodePorts(spec, before.ports ?? [], context, errors);
  },
  validate({ spec }, errors) {
    validatePorts(spec, errors);
    if (!TYPES.includes(spec.type)) errors.notSupported('spec.type', spec.type, TYPES);
    if (spec.type === 'ExternalName' && !spec.externalName) errors.required('spec.externalName');
    if (!['None', 'ClientIP'].includes(spec.sessionAffinity))
      errors.notSupported('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  },
  validateUpdate({ spec }, { spec: before }, errors) {
    if (before.clusterIP && spec.clusterIP !== before.clusterIP && spec.type !== 'ExternalName')
      errors.invalid('spec.clusterIPs[0]', spec.clusterIPs ?? [spec.clusterIP], 'may not change once set');
  },
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const hasNodePorts = (spec: any): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

const portKey = ({ port, protocol }: any): string => `${port}/${protocol}`;

const validatePorts = (spec: any, errors: FieldErrors): void => {
  const ports: any[] = spec.ports ?? [];
  if (ports.length === 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None')
    errors.required('spec.ports');
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    if (!port.name) {
      if (ports.length > 1) errors.required(`${at}.name`);
    } else {
      for (const problem of labelProblems(port.name)) errors.invalid(`${at}.name`, port.name, problem);
      if (names.has(port.name)) errors.duplicate(`${at}.name`, port.name);
      names.add(port.name);
    }
    if (!isPort(port.port)) errors.invalid(`${at}.port`, port.port ?? 0, PORT_RANGE);
    if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol))
      errors.notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']);
    if (typeof port.targetPort === 'number') {
      if (!isPort(port.targetPort)) errors.invalid(`${at}.targetPort`, port.targetPort, PORT_RANGE);
    } else
      for (const problem of portNameProblems(port.targetPort))
        errors.invalid(`${at}.targetPort`, port.targetPort, problem);
    if (!errors.list.length && numbers.has(portKey(port)))
      errors.add(
        'FieldValueDuplicate',
        at,
        `Duplicate value: ${JSON.stringify({ port: port.port, protocol: port.protocol })}`,
      );
    numbers.add(portKey(port));
    if (port.nodePort && !hasNodePorts(spec) && spec.type === 'ClusterIP')
      errors.forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'");
  }
};

const allocateClusterIp = (spec: any, { store, random }: RuleContext, errors: FieldErrors): void => {
  if (spec.type === 'ExternalName') return;
  const taken = new Set(store.list('services').map((service) => service['spec'].clusterIP));
  const wanted = spec.clusterIP ?? spec.clusterIPs?.[0];
  if (wanted && wanted !== 'None') {
    const problem = wanted.startsWith(SERVICE_NETWORK)
      ? taken.has(wanted)
        ? 'provided IP is already allocated'
        : undefined
      : 'the provided network does not match the current range';
    if (problem) errors.invalid('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: ${problem}`);
  }
  spec.clusterIP = wanted ?? freeAddress(taken, random);
  spec.clusterIPs = [spec.clusterIP];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
};

const freeAddress = (taken: ReadonlySet<string>, random: () => number): string => {
  for (;;) {
    const address = `${SERVICE_NETWORK}${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}`;
    if (!taken.has(address)) return address;
  }
};

const allocateNodePorts = (
  spec: any,
  kept: any[],
  { store, random }: RuleContext,
  errors: FieldErrors,
): void => {
  if (!hasNodePorts(spec)) return;
  if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return;
  const own = new Set(kept.map(({ nodePort }) => nodePort));
  const taken = new Set(
    store
      .list('services')
      .flatMap((service) => (service['spec'].ports ?? []).map(({ nodePort }: any) => nodePort)),
  );
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const at = `spec.ports[${index}].nodePort`;
    if (!port.nodePort) port.nodePort = freeNodePort(taken, random);
    else if (port.nodePort < NODE_PORTS.first || port.nodePort > NODE_PORTS.last)
      errors.invalid(
        at,
        port.nodePort,
        `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.last}`,
      );
    else if (taken.has(port.nodePort) && !own.has(port.nodePort))
      errors.invalid(at, port.nodePort, 'provided port is already allocated');
    taken.add(port.nodePort);
  }
};

const freeNodePort = (taken: ReadonlySet<number>, random: () => number): number => {
  for (;;) {
    const port = NODE_PORTS.first + Math.floor(random() * (NODE_PORTS.last - NODE_PORTS.first + 1));
    if (!taken.has(port)) return port;
  }
};
