import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { ApiClient } from './api-client.js';

describe('the OpenAPI documents of a sandbox', () => {
  let sandbox: Sandbox;
  let client: ApiClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'test', seed: 1, controllers: false });
    client = new ApiClient(sandbox);
  });

  afterAll(() => sandbox.dispose());

  const read = async (path: string): Promise<any> => {
    const { body } = await client.get(path);
    return typeof body === 'string' ? JSON.parse(body) : body;
  };
  const paths = async (): Promise<Record<string, { serverRelativeURL: string }>> =>
    (await read('/openapi/v3')).paths;

  test('are listed by group and version, with addresses that change with the content', async () => {
    const listed = await paths();
    expect(Object.keys(listed)).toEqual(
      expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/autoscaling/v1']),
    );
    expect(listed['apis/apps/v1']?.serverRelativeURL).toMatch(
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/,
    );
    expect(await client.status('GET', '/openapi/v3/apis/nosuch/v1')).toBe(404);
  });

  test('refer only to schemas that they have, each kind with its group and version', async () => {
    for (const { serverRelativeURL } of Object.values(await paths())) {
      const document = await read(serverRelativeURL);
      const { schemas } = document.components;
      const wanted = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(
        ([, name]) => name as string,
      );
      expect(wanted.filter((name) => !(name in schemas))).toEqual([]);
    }
    const { components } = await read((await paths())['apis/apps/v1']?.serverRelativeURL ?? '');
    const deployment = components.schemas['io.k8s.api.apps.v1.Deployment'];
    expect(deployment['x-kubernetes-group-version-kind']).toEqual([
      { group: 'apps', version: 'v1', kind: 'Deployment' },
    ]);
    expect(deployment.description).toContain('declarative updates for Pods');
    const containers = components.schemas['io.k8s.api.core.v1.PodSpec'].properties.containers;
    expect(containers).toMatchObject({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(components.schemas['io.k8s.api.core.v1.PodSpec'].required).toEqual(['containers']);
  });

  test('tell clients that the server validates fields', async () => {
    const { paths: operations } = await read((await paths())['apis/apps/v1']?.serverRelativeURL ?? '');
    const { patch } = operations['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(patch.parameters.map(({ name }: any) => name)).toEqual(
      expect.arrayContaining(['fieldValidation', 'dryRun', 'fieldManager', 'force']),
    );
    expect(patch['x-kubernetes-group-version-kind'].kind).toBe('Deployment');
  });

  test('of version 2 are there, without types', async () => {
    expect(await read('/openapi/v2')).toMatchObject({ swagger: '2.0', definitions: {} });
  });
});
