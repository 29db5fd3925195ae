/** Defaults of a pod specification, in pods and in the templates of workloads alike. */
export const setPodSpecDefaults = (spec: any): void => {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  if (spec.serviceAccountName) spec.serviceAccount ??= spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  for (const container of [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ])
    setContainerDefaults(container, spec);
};

const setContainerDefaults = (container: any, spec: any): void => {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= defaultPullPolicy(container.image ?? '');
  for (const port of container.ports ?? []) {
    port.protocol ??= 'TCP';
    if (spec.hostNetwork) port.hostPort ??= port.containerPort;
  }
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ??= 'v1';
    if (variable.valueFrom?.resourceFieldRef) variable.valueFrom.resourceFieldRef.divisor ??= '0';
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) setProbeDefaults(container[name]);
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    setHttpDefaults(hook?.httpGet);
};

export const defaultPullPolicy = (image: string): string => {
  const afterSlash = image.slice(image.lastIndexOf('/') + 1);
  if (afterSlash.includes('@')) return 'IfNotPresent';
  const tag = afterSlash.split(':')[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
};

const setProbeDefaults = (probe: any): void => {
  if (!probe) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  setHttpDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
};

const setHttpDefaults = (action: any): void => {
  if (!action) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
};

const READ_BY_ALL = 0o644;

const setVolumeDefaults = (volume: any): void => {
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (volume[source]) volume[source].defaultMode ??= READ_BY_ALL;
  }
  const items = [
    ...(volume.downwardAPI?.items ?? []),
    ...(volume.projected?.sources ?? []).flatMap((source: any) => source.downwardAPI?.items ?? []),
  ];
  for (const item of items) if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1';
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
  }
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
};

/** A limit without a request requests as much; only in pods, not in templates. */
export const setRequestsFromLimits = (spec: any): void => {
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const { limits } = container.resources;
    if (!limits) continue;
    container.resources.requests = { ...limits, ...container.resources.requests };
  }
};
