import { age, type Column, count, formatLabels, NONE, plain, shortList, UNSET, wide } from './column.js';

export const networkColumns: Readonly<Record<string, readonly Column[]>> = {
  services: [
    plain('Type', ({ spec }) => spec.type),
    plain('Cluster-IP', ({ spec }) => spec.clusterIP ?? NONE),
    plain('External-IP', ({ spec, status }) => externalAddress(spec, status)),
    plain('Port(s)', ({ spec }) => servicePorts(spec.ports ?? [])),
    age,
    wide('Selector', ({ spec }) => formatLabels(spec.selector)),
  ],
  endpoints: [plain('Endpoints', ({ subsets }) => shortList((subsets ?? []).flatMap(subsetAddresses))), age],
  endpointslices: [
    plain('AddressType', ({ addressType }) => addressType),
    plain('Ports', ({ ports }) =>
      ports?.length
        ? shortList(ports.map(({ port }: any) => (port === undefined ? '*' : String(port))))
        : UNSET,
    ),
    plain('Endpoints', ({ endpoints }) =>
      endpoints?.length ? shortList(endpoints.flatMap(({ addresses }: any) => addresses ?? [])) : UNSET,
    ),
    age,
  ],
  ingresses: [
    plain('Class', ({ spec }) => spec.ingressClassName ?? NONE),
    plain('Hosts', ({ spec }) => {
      const hosts = (spec.rules ?? []).map(({ host }: any) => host).filter((host: unknown) => host);
      return hosts.length === 0 ? '*' : shortList(hosts);
    }),
    plain('Address', ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }: any) => ip ?? hostname).join(','),
    ),
    plain('Ports', ({ spec }) => (spec.tls?.length ? '80, 443' : '80')),
    age,
  ],
  horizontalpodautoscalers: [
    plain('Reference', ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`),
    plain('Targets', ({ spec, status }) => targets(spec.metrics ?? [], status?.currentMetrics ?? [])),
    plain('MinPods', ({ spec }) => (spec.minReplicas === undefined ? UNSET : String(spec.minReplicas))),
    plain('MaxPods', ({ spec }) => spec.maxReplicas),
    plain('Replicas', ({ status }) => status?.currentReplicas ?? 0),
    age,
  ],
  poddisruptionbudgets: [
    plain('Min Available', ({ spec }) => String(spec.minAvailable ?? 'N/A')),
    plain('Max Unavailable', ({ spec }) => String(spec.maxUnavailable ?? 'N/A')),
    count('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0),
    age,
  ],
};

const externalAddress = ({ type, externalIPs, externalName }: any, status: any): string => {
  if (type === 'ExternalName') return externalName;
  const balanced = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }: any) => ip ?? hostname);
  const all = [...(type === 'LoadBalancer' ? balanced : []), ...(externalIPs ?? [])];
  if (all.length > 0) return all.join(',');
  return type === 'LoadBalancer' ? '<pending>' : NONE;
};

const servicePorts = (ports: any[]): string =>
  ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',') || NONE;

const subsetAddresses = ({ addresses = [], ports }: any): string[] =>
  addresses.flatMap(({ ip }: any) => (ports ?? [{}]).map(({ port }: any) => (port ? `${ip}:${port}` : ip)));

const SHOWN_METRICS = 2;

/** Such as `cpu: 5%/80%, memory: <unknown>/100Mi`. */
const targets = (metrics: any[], current: any[]): string => {
  if (metrics.length === 0) return NONE;
  const shown = metrics.slice(0, SHOWN_METRICS).map((metric, index) => metricText(metric, current[index]));
  const rest = metrics.length > SHOWN_METRICS ? ` + ${metrics.length - SHOWN_METRICS} more...` : '';
  return shown.join(', ') + rest;
};

const metricText = (metric: any, measured: any): string => {
  const part = `${metric.type[0].toLowerCase()}${metric.type.slice(1)}`;
  const { name, target, metric: named } = metric[part] ?? {};
  const value = (each: any): string | undefined =>
    each?.averageUtilization === undefined
      ? (each?.averageValue ?? each?.value)
      : `${each.averageUtilization}%`;
  const now = value(measured?.[part]?.current) ?? '<unknown>';
  const label = metric.type === 'Resource' || metric.type === 'ContainerResource' ? `${name}: ` : '';
  const average = label === '' && named && target?.averageValue !== undefined ? ' (avg)' : '';
  return `${label}${now}/${value(target) ?? '<unknown>'}${average}`;
};
