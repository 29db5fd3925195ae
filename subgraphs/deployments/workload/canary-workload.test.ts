import { describe, expect, it } from 'vitest';
import type { Deployment, Service } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { defaultSpec } from '../service/service-spec.js';
import { buildWorkload } from './workload.builder.js';

const port = {
  name: 'http',
  exposure: 'INTERNAL',
  port: 80,
  protocol: 'HTTP',
  targetPort: 8080,
  domain: null,
  path: '/',
  tlsSecret: null,
} as const;

describe('the workload of a canary', () => {
  const base = {
    templateId: 'deployment_1',
    spec: { ...defaultSpec, image: 'nginx:1.26', replicas: 4, ports: [port] },
    bound: [],
  };
  const steps = [
    { percent: 20, pauseSeconds: 60 },
    { percent: 50, pauseSeconds: null },
  ];
  const service = { id: 'service_1', name: 'web', namespace: 'shop', applicationId: 'application_1' };
  const canary = (step: number, since: Date | null = null) =>
    buildWorkload({
      service,
      deployment: {
        id: 'deployment_2',
        templateId: 'deployment_2',
        spec: {
          ...base.spec,
          image: 'nginx:1.27',
          ports: [{ ...port, targetPort: 9090 }],
          strategy: { ...defaultSpec.strategy, type: 'CANARY', steps },
        },
        bound: [],
        paused: false,
        canary: { state: { baseId: 'deployment_1', steps, step, since }, base },
      },
      ingressDomain: null,
      scaledTo: null,
    });
  const serviceOf = (objects: KubernetesObject[]) =>
    objects.find(({ kind }) => kind === 'Service') as Service | undefined;
  const deployments = (objects: KubernetesObject[]) =>
    objects
      .filter(({ kind }) => kind === 'Deployment')
      .map((object) => {
        const { metadata, spec } = object as Deployment;
        const labels = spec?.template.metadata?.labels ?? {};
        return `${metadata?.name} ${spec?.replicas} ${labels['meridian.dev/deployment']} of ${metadata?.annotations?.['meridian.dev/deployment']}`;
      });

  it('adds new pods beside the old ones, which go when the new ones are there', () => {
    expect(deployments(canary(0))).toEqual([
      'web-canary 1 deployment_2 of deployment_2',
      'web 4 deployment_1 of deployment_2',
    ]);
    expect(deployments(canary(0, new Date()))[1]).toBe('web 3 deployment_1 of deployment_2');
    expect(deployments(canary(1))).toEqual([
      'web-canary 2 deployment_2 of deployment_2',
      'web 3 deployment_1 of deployment_2',
    ]);
  });

  it('keeps the ways in until its steps are passed', () => {
    expect(serviceOf(canary(1))?.spec?.ports?.[0]?.targetPort).toBe(8080);
    expect(serviceOf(canary(2))?.spec?.ports?.[0]?.targetPort).toBe(9090);
  });

  it('keeps its pods until the main workload has taken over, and is gone then', () => {
    expect(deployments(canary(2))).toEqual([
      'web-canary 2 deployment_2 of deployment_2',
      'web 4 deployment_2 of deployment_2',
    ]);
    expect(deployments(canary(3))).toEqual(['web 4 deployment_2 of deployment_2']);
  });

  it('tells its pods from those of the main workload, behind the same Service', () => {
    const objects = canary(0);
    const [canaries, main] = objects.filter(({ kind }) => kind === 'Deployment') as Deployment[];
    expect(canaries?.spec?.selector.matchLabels).toEqual({
      'meridian.dev/service': 'service_1',
      'meridian.dev/track': 'canary',
    });
    expect(canaries?.spec?.template.metadata?.labels).toMatchObject({ 'meridian.dev/track': 'canary' });
    expect(main?.spec?.selector.matchLabels).toEqual({ 'meridian.dev/service': 'service_1' });
    expect(serviceOf(objects)?.spec?.selector).toEqual({
      'meridian.dev/service': 'service_1',
    });
  });
});
