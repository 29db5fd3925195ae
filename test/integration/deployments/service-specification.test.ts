import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt } from './operations.js';

type Data = any;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const api = () => {
  const found = stack.meridian.sandboxes[0]?.api;
  if (!found) throw new Error('there is no sandbox');
  return found;
};

const probe = 'httpPath port command initialDelaySeconds periodSeconds timeoutSeconds failureThreshold';
const everyField = `image replicas command args
  ports { name exposure port protocol targetPort domain path tlsSecret }
  environmentVariables { name value secretRef secretKey }
  files { path content secretRef secretKey } volumes { name path size storageClass }
  requests { cpu memory } limits { cpu memory }
  readiness { ${probe} } liveness { ${probe} } startup { ${probe} }
  strategy { type maxSurge maxUnavailable steps { percent pauseSeconds } }
  autoscaling { minReplicas maxReplicas cpuPercent memoryPercent }
  imagePullSecret nodeSelector { name value } tolerations { name value effect seconds }
  stopGraceSeconds progressDeadlineSeconds rollbackOnFailure`;

const timing = { initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 30 };
const secrets = { variable: 'very-hidden-variable', file: 'very-hidden-file' };

const specification = {
  image: 'nginx:1.27',
  replicas: 2,
  command: ['nginx'],
  args: ['-g', 'daemon off;'],
  ports: [
    {
      name: 'web',
      exposure: 'PUBLIC',
      port: 443,
      protocol: 'HTTPS',
      targetPort: 8080,
      domain: 'all.example.com',
      path: '/shop',
      tlsSecret: 'certificate',
    },
    { name: 'mail', exposure: 'PUBLIC', port: 25, protocol: 'TCP', targetPort: 2525 },
    { name: 'names', exposure: 'INTERNAL', port: 53, protocol: 'UDP', targetPort: 5353 },
  ],
  environmentVariables: [
    { name: 'PLAIN', value: 'shown' },
    { name: 'HIDDEN', value: secrets.variable, secret: true },
    { name: 'SHARED', secretRef: 'shared', secretKey: 'key' },
  ],
  files: [
    { path: '/etc/app/plain.conf', content: 'plain = 1' },
    { path: '/etc/app/hidden.conf', content: secrets.file, secret: true },
  ],
  volumes: [
    { name: 'data', path: '/data', size: '1Gi', storageClass: 'standard' },
    { name: 'cache', path: '/cache' },
  ],
  requests: { cpu: '100m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '128Mi' },
  readiness: { ...timing, httpPath: '/', port: 8080 },
  liveness: { ...timing, port: 8080 },
  startup: { ...timing, command: ['true'] },
  strategy: { type: 'ROLLING', maxSurge: '2', maxUnavailable: '0' },
  autoscaling: { minReplicas: 2, maxReplicas: 5, cpuPercent: 50, memoryPercent: 90 },
  imagePullSecret: 'registry',
  nodeSelector: [{ name: 'kubernetes.io/os', value: 'linux' }],
  tolerations: [{ name: 'spot', value: 'yes', effect: 'NO_EXECUTE', seconds: 60 }],
  stopGraceSeconds: 5,
  progressDeadlineSeconds: 120,
  rollbackOnFailure: true,
};

const encoded = (value: string): string => Buffer.from(value).toString('base64');

async function storageClass(): Promise<string> {
  return api().list('storageclasses', {})[0]?.metadata.name ?? '';
}

describe('a complete service specification', () => {
  it('reaches the cluster’s objects, comes back without secrets, and is scaled by its load', async () => {
    for (const [name, value] of Object.entries(secrets)) stack.canaries.add(name, value);
    const spec = structuredClone(specification) as Data;
    spec.volumes[0].storageClass = await storageClass();
    const { serviceId, namespace } = await stack.seed.service({ spec });
    const secret = (name: string, type: string, data: Record<string, string>) =>
      api().create('secrets', { metadata: { name, namespace }, type, data });
    secret('shared', 'Opaque', { key: encoded('of others') });
    secret('certificate', 'kubernetes.io/tls', { 'tls.crt': encoded('crt'), 'tls.key': encoded('key') });
    secret('registry', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': encoded('{"auths":{}}') });
    const id = await stack.seed.deploy(serviceId);
    expect(await stack.seed.finished(id)).toBe('SUCCEEDED');

    const { service } = await stack.admin.query(
      `query ($id: ID!) { service(id: $id) { manifest spec { ${everyField} } currentDeployment { spec { ${everyField} } } } }`,
      { id: serviceId },
    );
    const [plainVariable, hiddenVariable, sharedVariable] = service.spec.environmentVariables;
    expect(plainVariable).toEqual({ name: 'PLAIN', value: 'shown', secretRef: null, secretKey: null });
    expect(hiddenVariable).toMatchObject({ value: null, secretRef: 'web-env' });
    expect(sharedVariable).toEqual({ name: 'SHARED', value: null, secretRef: 'shared', secretKey: 'key' });
    expect(service.spec.files).toMatchObject([
      { path: '/etc/app/plain.conf', content: 'plain = 1' },
      { path: '/etc/app/hidden.conf', content: null, secretRef: 'web-env' },
    ]);
    const { environmentVariables: _, files: __, ports, readiness, strategy, volumes, ...others } = spec;
    expect(service.spec).toMatchObject({
      ...others,
      liveness: { port: 8080 },
      startup: { command: ['true'] },
    });
    expect(service.spec.ports).toMatchObject(ports);
    expect(service.spec.readiness).toMatchObject(readiness);
    expect(service.spec.strategy).toMatchObject(strategy);
    expect(service.spec.volumes).toMatchObject(volumes);
    expect(service.currentDeployment.spec).toEqual(service.spec);

    const find = (resource: Parameters<ReturnType<typeof api>['get']>[0], name: string) =>
      api().get(resource, namespace, name) as Data;
    const { spec: deployment } = find('deployments', 'web');
    const pod = deployment.template.spec;
    const [container] = pod.containers;
    expect(deployment).toMatchObject({
      progressDeadlineSeconds: 120,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
    });
    expect(pod).toMatchObject({
      terminationGracePeriodSeconds: 5,
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [
        { key: 'spot', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 60 },
      ],
    });
    expect(container).toMatchObject({
      image: 'nginx:1.27',
      command: ['nginx'],
      args: ['-g', 'daemon off;'],
      resources: { requests: spec.requests, limits: spec.limits },
      readinessProbe: { httpGet: { path: '/', port: 8080 }, failureThreshold: 30 },
      livenessProbe: { tcpSocket: { port: 8080 } },
      startupProbe: { exec: { command: ['true'] } },
    });
    const variables = Object.fromEntries(container.env.map((each: Data) => [each.name, each]));
    expect(variables.PLAIN.value).toBe('shown');
    expect(variables.SHARED.valueFrom.secretKeyRef).toEqual({ name: 'shared', key: 'key' });
    const stored = find('secrets', 'web-env').data;
    const storedUnder = (key: string): string => Buffer.from(stored[key], 'base64').toString();
    expect(storedUnder(variables.HIDDEN.valueFrom.secretKeyRef.key)).toBe(secrets.variable);
    expect(storedUnder(service.spec.files[1].secretKey)).toBe(secrets.file);
    expect(container.volumeMounts.map(({ mountPath }: Data) => mountPath).sort()).toEqual([
      '/cache',
      '/data',
      '/etc/app/hidden.conf',
      '/etc/app/plain.conf',
    ]);
    expect(find('persistentvolumeclaims', 'web-data').spec).toMatchObject({
      resources: { requests: { storage: '1Gi' } },
      storageClassName: spec.volumes[0].storageClass,
    });
    expect(find('ingresses', 'web').spec).toMatchObject({
      tls: [{ hosts: ['all.example.com'], secretName: 'certificate' }],
      rules: [{ host: 'all.example.com', http: { paths: [{ path: '/shop', pathType: 'Prefix' }] } }],
    });
    expect(find('services', 'web-public').spec).toMatchObject({
      type: 'LoadBalancer',
      ports: [{ port: 25 }],
    });
    expect(find('services', 'web').spec.ports).toHaveLength(3);
    expect(find('horizontalpodautoscalers', 'web').spec).toMatchObject({ minReplicas: 2, maxReplicas: 5 });

    for (const kind of [
      'Deployment',
      'HorizontalPodAutoscaler',
      'Ingress',
      'ConfigMap',
      'Secret',
      'Service',
    ]) {
      expect(service.manifest).toContain(`kind: ${kind}\n`);
    }
    expect(service.manifest).not.toContain('managedFields');
    for (const value of Object.values(secrets)) {
      expect(service.manifest).not.toContain(value);
      expect(service.manifest).not.toContain(encoded(value));
    }

    const loaded = structuredClone(find('deployments', 'web'));
    loaded.metadata.annotations['sandbox.meridian.dev/load-millicores'] = '250';
    api().update('deployments', loaded);
    await eventually(
      async () => {
        const { service: now } = await stack.admin.query(
          'query ($id: ID!) { service(id: $id) { replicas { desired } } }',
          { id: serviceId },
        );
        return now.replicas.desired === 5;
      },
      { seconds: 50, what: 'five pods' },
    );
    // A deploy keeps what the autoscaler wants.
    const next = await stack.seed.deploy(serviceId, { image: 'nginx:1.28' });
    expect(find('deployments', 'web').spec.replicas).toBe(5);
    expect(await stack.seed.finished(next)).toBe('SUCCEEDED');
    await eventually(
      async () => {
        const { service: after } = await stack.admin.query(
          'query ($id: ID!) { service(id: $id) { drift { path } } }',
          { id: serviceId },
        );
        return after.drift.length === 0;
      },
      { what: 'no drift' },
    );
  });
});

describe('the secret values of a service', () => {
  it('are kept to go back to them for as long as there is room, then the oldest go', async () => {
    const { serviceId } = await stack.seed.service({ spec: { replicas: 0 } });
    const deployed: string[] = [];
    for (let version = 1; version <= 6; version += 1) {
      const file = { path: '/etc/app.key', content: `${version}`.repeat(250_000), secret: true };
      const id = await stack.seed.deploy(serviceId, { spec: { files: [file] } });
      expect(await stack.seed.finished(id)).toBe('SUCCEEDED');
      deployed.push(id);
    }
    const backTo = (index: number) =>
      attempt(
        stack.admin,
        'rollback',
        { serviceId, toDeploymentId: deployed[index] },
        'deployment { number }',
      );
    const [first, fifth] = [await backTo(0), await backTo(4)];
    expect(first.userErrors).toMatchObject([
      {
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(/#1 can't be brought back .* give the value again/),
      },
    ]);
    expect(fifth).toMatchObject({ deployment: { number: 7 }, userErrors: [] });
  });
});
