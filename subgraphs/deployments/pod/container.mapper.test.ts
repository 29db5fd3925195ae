import { describe, expect, it } from 'vitest';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { containersOf } from './container.mapper.js';

const pod = {
  spec: {
    initContainers: [
      { name: 'prepare', image: 'busybox' },
      { name: 'proxy', image: 'envoy', restartPolicy: 'Always' },
    ],
    containers: [
      {
        name: 'web',
        image: 'nginx:1',
        ports: [{ containerPort: 80, name: 'http' }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 80 } },
        livenessProbe: { exec: { command: ['check', '--password=secret'] } },
        startupProbe: { tcpSocket: { port: 'http' } },
      },
    ],
    ephemeralContainers: [{ name: 'debug', image: 'busybox' }],
  },
  status: {
    initContainerStatuses: [
      {
        name: 'prepare',
        restartCount: 0,
        ready: true,
        state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:00:00Z' } },
      },
    ],
    containerStatuses: [
      {
        name: 'web',
        imageID: 'docker.io/library/nginx@sha256:abc',
        restartCount: 2,
        ready: false,
        started: true,
        state: { running: { startedAt: '2026-01-01T00:01:00Z' } },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAt: 'no time',
            finishedAt: '2026-01-01T00:00:50Z',
          },
        },
      },
    ],
  },
} as unknown as Pod;

describe('the containers of a pod', () => {
  it('are all there, marked by what they are for, those that serve first', () => {
    expect(containersOf(pod).map(({ name, type, state }) => [name, type, state])).toEqual([
      ['web', 'APP', 'running'],
      ['proxy', 'SIDECAR', 'waiting'],
      ['prepare', 'INIT', 'terminated'],
      ['debug', 'EPHEMERAL', 'waiting'],
    ]);
  });

  it('say since when they run, how they ended before, and what they need', () => {
    expect(containersOf(pod)[0]).toMatchObject({
      imageId: 'docker.io/library/nginx@sha256:abc',
      since: '2026-01-01T00:01:00.000Z',
      restarts: 2,
      lastTermination: {
        reason: 'OOMKilled',
        exitCode: 137,
        signal: null,
        startedAt: null,
        at: '2026-01-01T00:00:50.000Z',
      },
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      requests: { cpu: '100m', memory: '64Mi' },
      limits: { cpu: null, memory: '128Mi' },
    });
  });

  it('say how their probes stand, of which a liveness probe tells nothing, and show no commands', () => {
    expect(containersOf(pod)[0]?.probes).toEqual([
      { kind: 'STARTUP', check: 'TCP connection to port http', passing: true },
      { kind: 'READINESS', check: 'HTTP GET /ready on port 80', passing: false },
      { kind: 'LIVENESS', check: 'command in the container', passing: null },
    ]);
  });

  it('of a pod that has no status yet wait', () => {
    expect(containersOf({ spec: { containers: [{ name: 'web' }] } } as Pod)).toMatchObject([
      { state: 'waiting', since: null, lastTermination: null, probes: [], imageId: null },
    ]);
  });
});
