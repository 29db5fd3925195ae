import { describe, expect, it } from 'vitest';
import { defaultSpec, type ServiceSpec } from '../service/service-spec.js';
import type { DeploymentEntity } from './deployment.entity.js';
import { templateOf } from './deployment-recorder.js';

const canarySpec: ServiceSpec = {
  ...defaultSpec,
  image: 'nginx:1.28',
  replicas: 4,
  strategy: { ...defaultSpec.strategy, type: 'CANARY', steps: [{ percent: 25, pauseSeconds: null }] },
};
const record = (change: Partial<DeploymentEntity>): DeploymentEntity =>
  ({
    id: 'deployment_1',
    templateId: 'deployment_1',
    spec: { ...canarySpec, image: 'nginx:1.27' },
    bound: [],
    phase: 'SUCCEEDED',
    baseId: null,
    canaryStep: 0,
    canarySince: null,
    ...change,
  }) as DeploymentEntity;
const running = record({});
const canary = record({
  id: 'deployment_2',
  templateId: 'deployment_2',
  spec: canarySpec,
  phase: 'PAUSED',
  baseId: 'deployment_1',
});
const deploy = { kind: 'DEPLOY', spec: canarySpec, bound: [] } as const;
const plain = { baseId: null, canaryStep: 0, canarySince: null };

describe('the template of a new deployment', () => {
  it('is tried beside what runs when the service wants a canary', () => {
    expect(templateOf('deployment_2', deploy, running)).toEqual({
      ...plain,
      templateId: 'deployment_2',
      baseId: 'deployment_1',
    });
  });

  it.each([
    ['the first of a service', deploy, undefined],
    ['of a service that is scaled to 0', deploy, record({ spec: { ...canarySpec, replicas: 0 } })],
    ['of a service that was stopped', deploy, record({ phase: 'ABORTED' })],
    ['a way back', { ...deploy, kind: 'ROLLBACK' as const }, running],
    ['a restart', { ...deploy, kind: 'RESTART' as const }, running],
    ['rolling', { ...deploy, spec: { ...canarySpec, strategy: defaultSpec.strategy } }, running],
  ])('replaces what runs at once when it is %s', (_, wanted, previous) => {
    expect(templateOf('deployment_2', wanted, previous)).toEqual({ ...plain, templateId: 'deployment_2' });
  });

  it('is tried beside the same when it supersedes a canary, also one that failed', () => {
    for (const phase of ['PAUSED', 'FAILED'] as const) {
      expect(templateOf('deployment_3', deploy, { ...canary, phase })).toMatchObject({
        templateId: 'deployment_3',
        baseId: 'deployment_1',
        canaryStep: 0,
      });
    }
  });

  it('is tried beside the promoted one when that was just taking over', () => {
    expect(templateOf('deployment_3', deploy, { ...canary, canaryStep: 1 })).toMatchObject({
      baseId: 'deployment_2',
    });
  });

  it('stays with a scale, which goes on with a canary', () => {
    const scale = { ...deploy, kind: 'SCALE', keepTemplate: true } as const;
    expect(templateOf('deployment_3', scale, running)).toEqual({ ...plain, templateId: 'deployment_1' });
    expect(templateOf('deployment_3', scale, canary)).toEqual({
      ...plain,
      templateId: 'deployment_2',
      baseId: 'deployment_1',
    });
    expect(templateOf('deployment_3', scale, { ...canary, phase: 'SUCCEEDED', canaryStep: 2 })).toEqual({
      ...plain,
      templateId: 'deployment_2',
    });
  });

  it('is the one that still runs when a scale is given up, so that no pod is touched', () => {
    const back = { kind: 'ROLLBACK', spec: running.spec, bound: [], source: running } as const;
    const scale = record({ id: 'deployment_2', phase: 'ABORTED' });
    expect(templateOf('deployment_3', back, scale)).toEqual({ ...plain, templateId: 'deployment_1' });
    const bound = [{ bindingId: 'b', instanceId: 'i', secret: 's', variables: [] }];
    expect(templateOf('deployment_3', { ...back, bound }, scale).templateId).toBe('deployment_3');
    const restart = { ...back, kind: 'RESTART' } as const;
    expect(templateOf('deployment_3', restart, scale).templateId).toBe('deployment_3');
  });

  it('is the one that still runs when a canary is given up, so that no pod is touched', () => {
    const back = { kind: 'ROLLBACK', spec: running.spec, bound: [], source: running } as const;
    expect(templateOf('deployment_3', back, canary)).toEqual({ ...plain, templateId: 'deployment_1' });
    const bound = [{ bindingId: 'b', instanceId: 'i', secret: 's', variables: [] }];
    expect(templateOf('deployment_3', { ...back, bound }, canary).templateId).toBe('deployment_3');
  });
});
