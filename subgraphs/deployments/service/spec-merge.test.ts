import { describe, expect, it } from 'vitest';
import { completeSpec, defaultSpec, type ServiceSpec } from './service-spec.js';
import { mergeSpec } from './spec-merge.js';

const current: ServiceSpec = {
  ...defaultSpec,
  image: 'nginx:1.27',
  replicas: 3,
  limits: { cpu: '1', memory: '1Gi' },
  environmentVariables: [
    { name: 'GREETING', value: 'hello', secretRef: null, secretKey: null },
    { name: 'API_KEY', value: null, secretRef: 'web-env', secretKey: 'API_KEY.old' },
  ],
};
const options = { serviceName: 'web', marker: 'new' };

describe('merging a change into a specification', () => {
  it('gives everything but the image a default', () => {
    const { spec } = mergeSpec(undefined, { image: 'nginx:1.27' }, options);
    expect(spec).toEqual({ ...defaultSpec, image: 'nginx:1.27' });
    expect(spec).toMatchObject({
      replicas: 1,
      requests: { cpu: '50m', memory: '64Mi' },
      stopGraceSeconds: 30,
    });
  });

  it('leaves what is left out as it is, and resets what is null', () => {
    const { spec } = mergeSpec(current, { image: 'nginx:1.28', replicas: null, limits: null }, options);
    expect(spec).toEqual({ ...current, image: 'nginx:1.28', replicas: 1, limits: null });
  });

  it('changes one of two amounts without touching the other', () => {
    expect(mergeSpec(current, { limits: { cpu: '2' } }, options).spec.limits).toEqual({
      cpu: '2',
      memory: '1Gi',
    });
  });

  it('names ports that have no name', () => {
    const ports = [{ exposure: 'PUBLIC' as const, port: 80, protocol: 'HTTP' as const, targetPort: 8080 }];
    expect(mergeSpec(current, { ports }, options).spec.ports).toMatchObject([
      { name: 'http-80', domain: null },
    ]);
  });

  it('puts secret values beside the specification, under a new key', () => {
    const { spec, secrets } = mergeSpec(
      current,
      { environmentVariables: [{ name: 'API_KEY', value: 's3cret', secret: true }] },
      options,
    );
    expect(JSON.stringify(spec)).not.toContain('s3cret');
    expect(spec.environmentVariables).toEqual([
      { name: 'API_KEY', value: null, secretRef: 'web-env', secretKey: 'API_KEY.new' },
    ]);
    expect(secrets).toEqual([{ key: 'API_KEY.new', value: 's3cret' }]);
  });

  it('keeps a secret that is given without a value', () => {
    const { spec, secrets } = mergeSpec(
      current,
      { environmentVariables: [{ name: 'API_KEY', secret: true }] },
      options,
    );
    expect(spec.environmentVariables).toEqual([current.environmentVariables[1]]);
    expect(secrets).toEqual([]);
  });

  it('keeps the text of secret files as it keeps variables, and refers to Secrets that are there', () => {
    const first = mergeSpec(
      current,
      {
        files: [{ path: '/etc/key.pem', content: 'k3y', secret: true }],
        environmentVariables: [{ name: 'TOKEN', secretRef: 'shared', secretKey: 'token' }],
      },
      options,
    );
    expect(first.spec.files).toEqual([
      { name: '/etc/key.pem', content: null, secretRef: 'web-env', secretKey: 'file-0.new' },
    ]);
    expect(first.spec.environmentVariables).toEqual([
      { name: 'TOKEN', value: null, secretRef: 'shared', secretKey: 'token' },
    ]);
    expect(first.secrets).toEqual([{ key: 'file-0.new', value: 'k3y' }]);
    const second = mergeSpec(
      first.spec,
      {
        files: [
          { path: '/etc/other', content: '' },
          { path: '/etc/key.pem', secret: true },
        ],
      },
      { ...options, marker: 'newer' },
    );
    expect(second.spec.files[1]).toEqual(first.spec.files[0]);
    expect(second.secrets).toEqual([]);
  });

  it('scales by CPU when nothing else is said, and ends a canary with its steps', () => {
    expect(mergeSpec(current, { autoscaling: { maxReplicas: 5 } }, options).spec.autoscaling).toEqual({
      minReplicas: 1,
      maxReplicas: 5,
      cpuPercent: 80,
      memoryPercent: null,
    });
    const canary = mergeSpec(
      current,
      { strategy: { type: 'CANARY', steps: [{ percent: 20, pauseSeconds: 60 }, { percent: 50 }] } },
      options,
    ).spec;
    expect(canary.strategy.steps).toEqual([
      { percent: 20, pauseSeconds: 60 },
      { percent: 50, pauseSeconds: null },
    ]);
    expect(mergeSpec(canary, { replicas: 5 }, options).spec.strategy).toEqual(canary.strategy);
    expect(mergeSpec(canary, { strategy: { type: 'ROLLING' } }, options).spec.strategy).toEqual(
      current.strategy,
    );
  });
});

describe('a specification of an earlier version', () => {
  it('is completed with what has been added since', () => {
    const { startup, autoscaling, rollbackOnFailure, ...early } = current;
    const { steps, ...strategy } = early.strategy;
    const stored = {
      ...early,
      strategy,
      ports: [{ name: 'http', exposure: 'PUBLIC', port: 80, protocol: 'HTTP', targetPort: 80, domain: null }],
    } as unknown as ServiceSpec;
    expect(completeSpec(stored)).toEqual({
      ...current,
      ports: [{ ...stored.ports[0], path: '/', tlsSecret: null }],
    });
    expect([startup, autoscaling, rollbackOnFailure, steps]).toEqual([null, null, false, []]);
  });
});
