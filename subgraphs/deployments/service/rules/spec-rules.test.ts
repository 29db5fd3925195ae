import { describe, expect, it } from 'vitest';
import { processorMs } from '../../../../test/kit/stopwatch.js';
import { defaultSpec, type ServiceSpec } from '../service-spec.js';
import { isImageReference, specProblems } from './spec-rules.js';

const spec = (change: Partial<ServiceSpec>): ServiceSpec => ({
  ...defaultSpec,
  image: 'nginx:1.27',
  ...change,
});
const port = {
  name: 'http',
  exposure: 'PUBLIC',
  port: 80,
  protocol: 'HTTP',
  targetPort: 8080,
  domain: null,
  path: '/',
  tlsSecret: null,
} as const;
const probe = {
  httpPath: null,
  port: 80,
  command: null,
  initialDelaySeconds: 0,
  periodSeconds: 5,
  timeoutSeconds: 2,
  failureThreshold: 3,
};
const variable = { name: 'A', value: 'a', secretRef: null, secretKey: null };
const file = { name: '/etc/app.conf', content: '', secretRef: null, secretKey: null };
const autoscaling = { minReplicas: 1, maxReplicas: 5, cpuPercent: 80, memoryPercent: null };
const toleration = { name: 'gpu', value: null, effect: null, seconds: null };
const canary = (...steps: [number, number?][]) => ({
  ...defaultSpec.strategy,
  type: 'CANARY' as const,
  steps: steps.map(([percent, pauseSeconds]) => ({ percent, pauseSeconds: pauseSeconds ?? null })),
});
const digest = `sha256:${'a'.repeat(64)}`;

describe('an image reference', () => {
  it.each([
    'nginx',
    'nginx:1.27',
    'registry.example:5000/shop/web:1.4',
    `shop/web@${digest}`,
    'a/b/c__d-e.f:x_1',
  ])('%s is one', (image) => expect(isImageReference(image)).toBe(true));

  it.each([
    '',
    'Nginx',
    'nginx:',
    'nginx 1',
    'nginx:1:2',
    '-nginx',
    '../nginx',
    'shop//web',
    'a'.repeat(600),
    'web@sha256:x',
  ])('%s is none', (image) => expect(isImageReference(image)).toBe(false));

  it('is judged quickly, however it is made', () => {
    const taken = processorMs(() => {
      for (const image of [
        `${'a-'.repeat(255)}!`,
        `${'a_'.repeat(255)}!`,
        `${'a/'.repeat(255)}!`,
        `${'a.'.repeat(255)}!`,
      ]) {
        expect(isImageReference(image)).toBe(false);
      }
    });
    expect(taken).toBeLessThan(100);
  });
});

describe('a specification', () => {
  it('is accepted with nothing but an image', () => {
    expect(specProblems(spec({}))).toEqual([]);
  });

  it.each<[string, Partial<ServiceSpec>, string]>([
    ['a negative number of replicas', { replicas: -1 }, 'replicas'],
    ['an absurd number of replicas', { replicas: 1_001 }, 'replicas'],
    ['a port number out of range', { ports: [{ ...port, port: 65_536 }] }, 'ports.0.port'],
    ['a target port of 0', { ports: [{ ...port, targetPort: 0 }] }, 'ports.0.targetPort'],
    ['two ports of one name', { ports: [port, { ...port, port: 81 }] }, 'ports.1.name'],
    ['one port number twice', { ports: [port, { ...port, name: 'other' }] }, 'ports.1.port'],
    ['a port name without a letter', { ports: [{ ...port, name: '80' }] }, 'ports.0.name'],
    ['a domain that is no host name', { ports: [{ ...port, domain: 'Shop example' }] }, 'ports.0.domain'],
    [
      'a domain of an internal port',
      { ports: [{ ...port, exposure: 'INTERNAL', domain: 'a.example' }] },
      'ports.0.domain',
    ],
    [
      'a variable that begins with a digit',
      { environmentVariables: [{ ...variable, name: '1A' }] },
      'environmentVariables.0.name',
    ],
    [
      'a variable without a value',
      { environmentVariables: [{ ...variable, value: null }] },
      'environmentVariables.0.value',
    ],
    ['a variable given twice', { environmentVariables: [variable, variable] }, 'environmentVariables.1.name'],
    ['a file outside of every folder', { files: [{ ...file, name: 'relative' }] }, 'files.0.path'],
    ['a file where a folder is', { files: [{ ...file, name: '/etc/app/' }] }, 'files.0.path'],
    ['a file at a path that no mount can have', { files: [{ ...file, name: '/etc/a:b' }] }, 'files.0.path'],
    [
      'two volumes at one place',
      {
        volumes: ['/data', '/data/'].map((path, index) => ({
          name: `v${index}`,
          path,
          size: null,
          storageClass: null,
        })),
      },
      'volumes.1.path',
    ],
    [
      'a file where a volume is',
      {
        files: [{ ...file, name: '/data' }],
        volumes: [{ name: 'a', path: '/data', size: null, storageClass: null }],
      },
      'volumes.0.path',
    ],
    ['a domain that is an address', { ports: [{ ...port, domain: '10.0.0.1' }] }, 'ports.0.domain'],
    [
      'two targets of one host and path',
      { ports: [port, { ...port, name: 'other', port: 81, targetPort: 8081 }] },
      'ports.1.path',
    ],
    [
      'a variable named as the folder above',
      { environmentVariables: [{ ...variable, name: '..A' }] },
      'environmentVariables.0.name',
    ],
    [
      'a variable that no program takes',
      { environmentVariables: [{ ...variable, value: 'ä'.repeat(66_000) }] },
      'environmentVariables.0.value',
    ],
    [
      'variables that no Deployment has room for',
      {
        environmentVariables: Array.from({ length: 6 }, (_, n) => ({
          ...variable,
          name: `A${n}`,
          value: 'x'.repeat(100_000),
        })),
      },
      'environmentVariables',
    ],
    [
      'thousands of variables, and says no more of them',
      { environmentVariables: Array.from({ length: 5_000 }, () => ({ ...variable, name: '1' })) },
      'environmentVariables',
    ],
    ['an argument that no program takes', { args: ['x'.repeat(140_000)] }, 'args.0'],
    [
      'arguments without end',
      { command: ['run'], args: Array.from({ length: 4 }, () => 'x'.repeat(90_000)) },
      'args',
    ],
    [
      'more pods missing than there are',
      { strategy: { ...defaultSpec.strategy, maxUnavailable: '101%' } },
      'strategy.maxUnavailable',
    ],
    ['a file path that climbs', { files: [{ ...file, name: '/etc/../x' }] }, 'files.0.path'],
    [
      'a volume without room',
      { volumes: [{ name: 'data', path: '/d', size: '0', storageClass: null }] },
      'volumes.0.size',
    ],
    ['memory that is no quantity', { requests: { cpu: null, memory: 'lots' } }, 'requests.memory'],
    [
      'a limit below its request',
      { requests: { cpu: '2', memory: null }, limits: { cpu: '1', memory: null } },
      'limits.cpu',
    ],
    ['a probe that asks nothing', { readiness: { ...probe, port: null } }, 'readiness.port'],
    ['a probe that asks two ways', { liveness: { ...probe, command: ['true'] } }, 'liveness.port'],
    [
      'a strategy that never moves',
      { strategy: { ...defaultSpec.strategy, maxSurge: '0', maxUnavailable: '0%' } },
      'strategy.maxSurge',
    ],
    [
      'a path of a port inside the cluster',
      { ports: [{ ...port, exposure: 'INTERNAL', path: '/api' }] },
      'ports.0.path',
    ],
    ['a path that climbs', { ports: [{ ...port, path: '/api/../admin' }] }, 'ports.0.path'],
    [
      'a certificate without a domain',
      { ports: [{ ...port, protocol: 'HTTPS', tlsSecret: 'shop-tls' }] },
      'ports.0.tlsSecret',
    ],
    [
      'a variable with a value and a Secret',
      { environmentVariables: [{ ...variable, secretRef: 'other', secretKey: 'key' }] },
      'environmentVariables.0.value',
    ],
    [
      'a Secret whose name leaves the namespace',
      { environmentVariables: [{ ...variable, value: null, secretRef: '../other', secretKey: 'key' }] },
      'environmentVariables.0.secretRef',
    ],
    [
      'a key that no Secret can have',
      { environmentVariables: [{ ...variable, value: null, secretRef: 'other', secretKey: 'a/b' }] },
      'environmentVariables.0.secretKey',
    ],
    ['a file without content', { files: [{ ...file, content: null }] }, 'files.0.content'],
    [
      'a volume named as that of the secret files',
      { volumes: [{ name: 'secret-files', path: '/d', size: null, storageClass: null }] },
      'volumes.0.name',
    ],
    ['a startup probe that asks nothing', { startup: { ...probe, port: null } }, 'startup.port'],
    [
      'more pods at least than at most',
      { autoscaling: { ...autoscaling, minReplicas: 6 } },
      'autoscaling.maxReplicas',
    ],
    [
      'scaling by memory without a request',
      { requests: { cpu: '1', memory: null }, autoscaling: { ...autoscaling, memoryPercent: 70 } },
      'autoscaling.memoryPercent',
    ],
    ['a canary that also scales by itself', { strategy: canary([50]), autoscaling }, 'strategy'],
    ['a canary without steps', { strategy: canary() }, 'strategy.steps'],
    ['a canary that shrinks', { strategy: canary([50], [20]) }, 'strategy.steps.1.percent'],
    ['a canary of all pods', { strategy: canary([100]) }, 'strategy.steps.0.percent'],
    ['steps of a rolling update', { strategy: { ...canary([50]), type: 'ROLLING' } }, 'strategy.steps'],
    ['a node label that is none', { nodeSelector: [{ name: 'a b', value: 'x' }] }, 'nodeSelector.0.name'],
    [
      'a time to stay that no effect ends',
      { tolerations: [{ ...toleration, effect: 'NO_SCHEDULE', seconds: 5 }] },
      'tolerations.0.seconds',
    ],
    ['a pull secret elsewhere', { imagePullSecret: 'other/secret' }, 'imagePullSecret'],
    ['a deadline of a second', { progressDeadlineSeconds: 1 }, 'progressDeadlineSeconds'],
  ])('is refused with %s, naming the field', (_, change, field) => {
    expect(specProblems(spec(change)).map((problem) => problem.field.join('.'))).toEqual([
      `input.spec.${field}`,
    ]);
  });

  it('may have HTTP and HTTPS lead from one host to one target', () => {
    const ports = [port, { ...port, name: 'https', port: 443, protocol: 'HTTPS' as const }];
    expect(specProblems(spec({ ports }))).toEqual([]);
  });

  it('says everything that is wrong at once', () => {
    expect(specProblems(spec({ image: '', replicas: -1, stopGraceSeconds: -1 }))).toHaveLength(3);
  });
});
