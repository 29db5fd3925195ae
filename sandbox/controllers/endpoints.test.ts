import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deploymentDraft,
  readCapture,
  type SimulatedCluster,
  simulateCluster,
} from '../kubelet/simulated-cluster.js';

const recorded = (note: string) =>
  readCapture('12-service-ingress-endpoints').exchanges.find((exchange) => exchange.note === note).response
    .body;

/** Without names, addresses, uids and order. */
const shapeOf = (value: unknown): any =>
  JSON.parse(
    JSON.stringify(value, (key, inner) =>
      ['uid', 'ip', 'name', 'namespace', 'addresses', 'nodeName'].includes(key) &&
      !Array.isArray(inner?.[0]?.targetRef)
        ? key === 'addresses' && typeof inner?.[0] === 'object'
          ? inner
          : undefined
        : inner,
    ),
  );

describe('endpoints of a service', () => {
  let cluster: SimulatedCluster;
  const endpoints = () => cluster.api.get('endpoints', 'demo', 'web') as any;
  const slice = () => cluster.api.list('endpointslices', { namespace: 'demo' })[0] as any;

  beforeEach(async () => {
    cluster = simulateCluster();
    cluster.api.create('services', {
      metadata: { name: 'web', namespace: 'demo' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    });
    await cluster.clock.advance(50);
  });
  afterEach(() => cluster.dispose());

  it('are empty without pods, in the recorded form', () => {
    const real = recorded('endpointslice without endpoints').items[0];
    expect(slice().endpoints).toEqual(real.endpoints);
    expect(slice().ports).toEqual(real.ports);
    expect(slice().metadata.labels).toEqual(real.metadata.labels);
    expect(slice().metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  });

  it('follow pods from not ready to ready and away, in the recorded form', async () => {
    cluster.api.create(
      'deployments',
      deploymentDraft(
        'web',
        { replicas: 2 },
        {
          ports: [{ name: 'http', containerPort: 80 }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 2, periodSeconds: 1 },
        },
      ),
    );
    await cluster.until(() => slice().endpoints?.length === 2);
    await cluster.clock.advance(500);
    expect(shapeOf(slice().endpoints)).toEqual(
      shapeOf(recorded('endpointslice while not ready').items[0].endpoints),
    );
    expect(shapeOf(endpoints().subsets)).toEqual(
      shapeOf(recorded('endpoints while not ready (notReadyAddresses)').subsets),
    );
    await cluster.until(() => slice().endpoints.every(({ conditions }: any) => conditions.ready));
    expect(shapeOf(slice().endpoints)).toEqual(shapeOf(recorded('endpointslice ready').items[0].endpoints));
    expect(slice().ports).toEqual(recorded('endpointslice ready').items[0].ports);
    expect(shapeOf(endpoints().subsets)).toEqual(shapeOf(recorded('endpoints ready').subsets));
    cluster.change('deployments', 'web', (draft) => {
      draft['spec'].replicas = 1;
    });
    await cluster.until(() => slice().endpoints.length === 1);
    expect(endpoints().subsets[0].addresses).toHaveLength(1);
  });

  it('go with the service', async () => {
    cluster.api.remove('services', 'demo', 'web');
    await cluster.until(() => endpoints() === undefined && slice() === undefined);
  });

  it('are not made for a service without selector', async () => {
    cluster.api.create('services', {
      metadata: { name: 'plain', namespace: 'demo' },
      spec: { ports: [{ port: 80 }] },
    });
    await cluster.clock.advance(100);
    expect(cluster.api.get('endpoints', 'demo', 'plain')).toBeUndefined();
  });
});
