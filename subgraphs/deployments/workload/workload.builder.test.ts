import { describe, expect, it } from 'vitest';
import type {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Service,
} from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { defaultSpec, type PortSpec, type ServiceSpec } from '../service/service-spec.js';
import { buildWorkload } from './workload.builder.js';
import type { WorkloadInput } from './workload-input.js';

const port = (change: Partial<PortSpec> = {}): PortSpec => ({
  name: 'http',
  exposure: 'INTERNAL',
  port: 80,
  protocol: 'HTTP',
  targetPort: 8080,
  domain: null,
  path: '/',
  tlsSecret: null,
  ...change,
});

const input = (
  spec: Partial<ServiceSpec> = {},
  change: Partial<WorkloadInput['deployment']> = {},
): WorkloadInput => ({
  service: { id: 'service_1', name: 'web', namespace: 'shop-dev', applicationId: 'application_1' },
  deployment: {
    id: 'deployment_2',
    templateId: 'deployment_2',
    spec: { ...defaultSpec, image: 'nginx:1.27', ...spec },
    bound: [],
    paused: false,
    canary: null,
    ...change,
  },
  ingressDomain: 'apps.example.com',
  scaledTo: null,
});

const kinds = (objects: KubernetesObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata?.name}`);
const find = <T extends KubernetesObject>(objects: KubernetesObject[], kind: string): T =>
  objects.find((object) => object.kind === kind) as T;
const podOf = (objects: KubernetesObject[]) => find<Deployment>(objects, 'Deployment').spec?.template.spec;
const containerOf = (objects: KubernetesObject[]) => podOf(objects)?.containers[0];

describe('the workload of a service', () => {
  it('is a Deployment alone when nothing but an image is given', () => {
    expect(buildWorkload(input())).toMatchInlineSnapshot(`
      [
        {
          "apiVersion": "apps/v1",
          "kind": "Deployment",
          "metadata": {
            "annotations": {
              "meridian.dev/deployment": "deployment_2",
            },
            "labels": {
              "app.kubernetes.io/managed-by": "meridian",
              "app.kubernetes.io/name": "web",
              "meridian.dev/application": "application_1",
              "meridian.dev/service": "service_1",
            },
            "name": "web",
            "namespace": "shop-dev",
          },
          "spec": {
            "paused": false,
            "progressDeadlineSeconds": 600,
            "replicas": 1,
            "revisionHistoryLimit": 5,
            "selector": {
              "matchLabels": {
                "meridian.dev/service": "service_1",
              },
            },
            "strategy": {
              "rollingUpdate": {
                "maxSurge": "25%",
                "maxUnavailable": "25%",
              },
              "type": "RollingUpdate",
            },
            "template": {
              "metadata": {
                "labels": {
                  "app.kubernetes.io/managed-by": "meridian",
                  "app.kubernetes.io/name": "web",
                  "meridian.dev/application": "application_1",
                  "meridian.dev/deployment": "deployment_2",
                  "meridian.dev/service": "service_1",
                },
              },
              "spec": {
                "automountServiceAccountToken": false,
                "containers": [
                  {
                    "env": [],
                    "image": "nginx:1.27",
                    "name": "web",
                    "resources": {
                      "requests": {
                        "cpu": "50m",
                        "memory": "64Mi",
                      },
                    },
                  },
                ],
                "enableServiceLinks": false,
                "terminationGracePeriodSeconds": 30,
              },
            },
          },
        },
      ]
    `);
  });

  it('carries the deployment in the pod template and selects by the service alone', () => {
    const { spec, metadata } = find<Deployment>(buildWorkload(input()), 'Deployment');
    expect(spec?.template.metadata?.labels).toMatchObject({
      'meridian.dev/deployment': 'deployment_2',
      'meridian.dev/service': 'service_1',
      'app.kubernetes.io/managed-by': 'meridian',
    });
    expect(spec?.selector).toEqual({ matchLabels: { 'meridian.dev/service': 'service_1' } });
    expect(metadata?.annotations).toEqual({ 'meridian.dev/deployment': 'deployment_2' });
  });

  it('keeps the template when only the number of replicas changes, so that no pod is replaced', () => {
    const before = find<Deployment>(buildWorkload(input()), 'Deployment');
    const scaled = find<Deployment>(
      buildWorkload(input({ replicas: 6 }, { id: 'deployment_3', templateId: 'deployment_2' })),
      'Deployment',
    );
    expect(scaled.spec?.template).toEqual(before.spec?.template);
    expect(scaled.spec?.replicas).toBe(6);
    expect(scaled.metadata?.annotations).toEqual({ 'meridian.dev/deployment': 'deployment_3' });
  });

  it('gives ports a Service, and public HTTP an Ingress below the domain of the cluster, before anything starts', () => {
    const objects = buildWorkload(input({ ports: [port({ exposure: 'PUBLIC' })] }));
    expect(kinds(objects)).toEqual(['Service web', 'Ingress web', 'Deployment web']);
    expect(find<Service>(objects, 'Service').spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
    });
    expect(find<Ingress>(objects, 'Ingress').spec?.rules).toEqual([
      {
        host: 'web-shop-dev.apps.example.com',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } },
          ],
        },
      },
    ]);
  });

  it('uses a custom domain, with TLS for HTTPS', () => {
    const objects = buildWorkload(
      input({ ports: [port({ exposure: 'PUBLIC', protocol: 'HTTPS', domain: 'shop.example.com' })] }),
    );
    expect(find<Ingress>(objects, 'Ingress').spec).toMatchObject({
      tls: [{ hosts: ['shop.example.com'] }],
      rules: [{ host: 'shop.example.com' }],
    });
  });

  it('has no Ingress when the cluster has no domain to put it below', () => {
    const without = { ...input({ ports: [port({ exposure: 'PUBLIC' })] }), ingressDomain: null };
    expect(kinds(buildWorkload(without))).toEqual(['Service web', 'Deployment web']);
  });

  it('gives public TCP and UDP a load balancer', () => {
    const objects = buildWorkload(
      input({
        ports: [port({ name: 'dns', exposure: 'PUBLIC', protocol: 'UDP', port: 53, targetPort: 5353 })],
      }),
    );
    expect(kinds(objects)).toEqual(['Service web', 'Service web-public', 'Deployment web']);
    expect((objects[1] as Service).spec).toMatchObject({
      type: 'LoadBalancer',
      ports: [{ protocol: 'UDP' }],
    });
  });

  it('takes secret variables and those of bindings from their Secrets; its own win', () => {
    const environmentVariables = [
      { name: 'GREETING', value: 'hello', secretRef: null, secretKey: null },
      { name: 'API_KEY', value: null, secretRef: 'web-env', secretKey: 'API_KEY.abc' },
    ];
    const bound = [
      {
        bindingId: 'binding_1',
        instanceId: 'instance_1',
        secret: 'cache-credentials',
        variables: [
          { name: 'CACHE_HOST', key: 'host' },
          { name: 'GREETING', key: 'host' },
        ],
      },
    ];
    expect(containerOf(buildWorkload(input({ environmentVariables }, { bound })))?.env).toEqual([
      { name: 'GREETING', value: 'hello' },
      { name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'web-env', key: 'API_KEY.abc' } } },
      { name: 'CACHE_HOST', valueFrom: { secretKeyRef: { name: 'cache-credentials', key: 'host' } } },
    ]);
  });

  it('mounts files from a ConfigMap of its template, and volumes from claims or empty directories', () => {
    const objects = buildWorkload(
      input({
        files: [{ name: '/etc/app/config.yaml', content: 'a: 1', secretRef: null, secretKey: null }],
        volumes: [
          { name: 'data', path: '/data', size: '1Gi', storageClass: 'fast' },
          { name: 'scratch', path: '/tmp', size: null, storageClass: null },
        ],
      }),
    );
    expect(kinds(objects)).toEqual([
      'ConfigMap web-files-deployment_2',
      'PersistentVolumeClaim web-data',
      'Deployment web',
    ]);
    expect(containerOf(objects)?.volumeMounts).toEqual([
      { name: 'files', mountPath: '/etc/app/config.yaml', subPath: 'file-0', readOnly: true },
      { name: 'data', mountPath: '/data' },
      { name: 'scratch', mountPath: '/tmp' },
    ]);
  });

  it('asks by HTTP, by connecting or by a command', () => {
    const timing = { initialDelaySeconds: 0, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3 };
    const built = containerOf(
      buildWorkload(
        input({
          readiness: { httpPath: '/ready', port: 8080, command: null, ...timing },
          liveness: { httpPath: null, port: 8080, command: null, ...timing },
        }),
      ),
    );
    expect(built?.readinessProbe).toEqual({ httpGet: { path: '/ready', port: 8080 }, ...timing });
    expect(built?.livenessProbe).toEqual({ tcpSocket: { port: 8080 }, ...timing });
  });

  it('mounts files whose text is in Secrets beside those of the ConfigMap', () => {
    const objects = buildWorkload(
      input({
        files: [
          { name: '/etc/app.conf', content: 'a', secretRef: null, secretKey: null },
          { name: '/etc/key.pem', content: null, secretRef: 'web-env', secretKey: 'file-1.abc' },
        ],
      }),
    );
    expect(find<ConfigMap>(objects, 'ConfigMap').data).toEqual({ 'file-0': 'a' });
    expect(containerOf(objects)?.volumeMounts).toEqual([
      { name: 'files', mountPath: '/etc/app.conf', subPath: 'file-0', readOnly: true },
      { name: 'secret-files', mountPath: '/etc/key.pem', subPath: 'file-1', readOnly: true },
    ]);
    expect(podOf(objects)?.volumes?.[1]).toEqual({
      name: 'secret-files',
      projected: {
        sources: [{ secret: { name: 'web-env', items: [{ key: 'file-1.abc', path: 'file-1' }] } }],
      },
    });
  });

  it('lets an autoscaler decide the number of pods, within its bounds', () => {
    const autoscaling = { minReplicas: 2, maxReplicas: 6, cpuPercent: 70, memoryPercent: null };
    const replicas = (scaledTo: number | null) =>
      find<Deployment>(buildWorkload({ ...input({ replicas: 1, autoscaling }), scaledTo }), 'Deployment').spec
        ?.replicas;
    expect([replicas(null), replicas(4), replicas(9)]).toEqual([2, 4, 6]);
    const autoscaler = find<HorizontalPodAutoscaler>(
      buildWorkload(input({ autoscaling })),
      'HorizontalPodAutoscaler',
    );
    expect(autoscaler.spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    });
    expect(kinds(buildWorkload(input()))).toEqual(['Deployment web']);
  });

  it('places pods by node labels and tolerated taints, and pulls with the given Secret', () => {
    const pod = podOf(
      buildWorkload(
        input({
          nodeSelector: [{ name: 'kubernetes.io/arch', value: 'arm64' }],
          tolerations: [
            { name: 'gpu', value: null, effect: null, seconds: null },
            { name: 'spot', value: 'yes', effect: 'NO_EXECUTE', seconds: 30 },
          ],
          imagePullSecret: 'registry',
        }),
      ),
    );
    expect(pod).toMatchObject({
      nodeSelector: { 'kubernetes.io/arch': 'arm64' },
      tolerations: [
        { key: 'gpu', operator: 'Exists' },
        { key: 'spot', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 30 },
      ],
      imagePullSecrets: [{ name: 'registry' }],
    });
  });

  it('leads paths of one host to their ports, with the certificate of the domain', () => {
    const shop = { exposure: 'PUBLIC', protocol: 'HTTPS', domain: 'shop.example.com' } as const;
    const { spec } = find<Ingress>(
      buildWorkload(
        input({
          ports: [
            port({ ...shop, name: 'web', port: 443, tlsSecret: 'shop-tls' }),
            port({ ...shop, name: 'api', port: 8443, path: '/api' }),
            port({ ...shop, name: 'own', port: 9443, domain: null }),
          ],
        }),
      ),
      'Ingress',
    );
    expect(spec?.tls).toEqual([
      { hosts: ['web-shop-dev.apps.example.com'] },
      { hosts: ['shop.example.com'], secretName: 'shop-tls' },
    ]);
    expect(
      spec?.rules?.map(({ host, http }) => [
        host,
        http?.paths.map(({ path, backend }) => `${path} ${backend.service?.port?.number}`),
      ]),
    ).toEqual([
      ['shop.example.com', ['/ 443', '/api 8443']],
      ['web-shop-dev.apps.example.com', ['/ 9443']],
    ]);
  });
});
