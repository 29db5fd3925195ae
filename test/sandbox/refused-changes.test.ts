import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

let sandbox: Sandbox;
let client: ApiClient;
const deployment = '/apis/apps/v1/namespaces/default/deployments/web';

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'test', seed: 1, pace: 0.05 });
  client = new ApiClient(sandbox);
  await client.post('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'a', image: 'nginx' }] },
      },
    },
  });
});
afterAll(() => sandbox.dispose());

describe('a change that the API server refuses', () => {
  test.each([
    [{ spec: { replicas: 'three' } }, 'map[spec:map[replicas:three]]', 'unrecognized type: int32'],
    [{ spec: { paused: 1 } }, 'map[spec:map[paused:1]]', 'unrecognized type: bool'],
    [
      { metadata: { labels: { a: 1 } } },
      'map[metadata:map[labels:map[a:1]]]',
      'cannot convert int64 to string',
    ],
    [{ spec: { strategy: 'x' } }, 'map[spec:map[strategy:x]]', 'cannot restore struct from: string'],
  ])('is told with the patch and the type: %j', async (patch, shown, problem) => {
    const { code, body } = await client.patch(deployment, patch, 'strategic-merge-patch');
    expect({ code, message: body.message, details: body.details }).toEqual({
      code: 422,
      message: ` "" is invalid: patch: Invalid value: "${shown}": ${problem}`,
      details: {
        causes: [
          { reason: 'FieldValueInvalid', message: `Invalid value: "${shown}": ${problem}`, field: 'patch' },
        ],
      },
    });
  });

  test.each([
    ['merge-patch', { spec: { replicas: 'three' } }],
    ['json-patch', [{ op: 'replace', path: '/spec/replicas', value: 'three' }]],
  ])('is told with what a %s leads to', async (type, patch) => {
    const { code, body } = await client.patch(deployment, patch, type);
    expect(code).toBe(422);
    expect(body.message).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/,
    );
  });

  test('names the address that a Service was to get', async () => {
    const { body: service } = await client.post('/api/v1/namespaces/default/services', {
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }] },
    });
    const wanted = service.spec.clusterIP === '10.96.7.7' ? '10.96.7.8' : '10.96.7.7';
    const { body } = await client.patch('/api/v1/namespaces/default/services/web', {
      spec: { clusterIP: wanted },
    });
    expect(body.message).toBe(
      `Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["${wanted}"]: may not change once set`,
    );
  });
});

test('a namespace that only a finalizer of its own holds has no other any more', async () => {
  await client.post('/api/v1/namespaces', { metadata: { name: 'held', finalizers: ['example.com/hold'] } });
  await client.delete('/api/v1/namespaces/held');
  const spec = await eventually(async () => {
    const { body } = await client.get('/api/v1/namespaces/held');
    return body.spec.finalizers?.includes('kubernetes') ? undefined : body.spec;
  });
  expect(spec).toEqual({});
});
