import { describe, expect, it } from 'vitest';
import type { Caller } from '../../shared/caller.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import { SecretValues } from './secret-values.js';
import type { ServiceEntity } from './service.entity.js';

const kib = (count: number): string => 'x'.repeat(count * 1024);
const naming = (...keys: string[]) => ({
  environmentVariables: keys.map((secretKey) => ({ secretRef: 'web-env', secretKey })),
  files: [],
});
const deployment = (number: number, ...keys: string[]) =>
  ({ id: `deployment_${number}`, number, spec: naming(...keys) }) as unknown as DeploymentEntity;

/** A Secret that holds these, of a service that runs the last of these deployments. */
function given(held: Record<string, string>, records: DeploymentEntity[]) {
  const changes: { add: string[]; forget: readonly string[] }[] = [];
  const current = records.at(-1);
  const values = new SecretValues(
    {
      find: async () => new Map(Object.entries(held).map(([key, value]) => [key, Buffer.from(value)])),
      create: async () => false,
      change: async (_person, _service, _name, { add, forget }) => {
        changes.push({ add: add.map(({ key }) => key), forget });
      },
    },
    {
      find: async () => current,
      findSucceededBefore: async () => records.at(-2),
      listSecretKeys: async () =>
        new Map(
          records.flatMap(({ number, spec }) =>
            spec.environmentVariables.map(({ secretKey }) => [String(secretKey), number] as const),
          ),
        ),
    },
  );
  const service = {
    name: 'web',
    spec: current?.spec,
    currentDeploymentId: current?.id ?? null,
  } as ServiceEntity;
  const add = (key: string, value: string) => values.add({} as Caller, service, [{ key, value }]);
  return { add, changes };
}

describe('the Secret of a service', () => {
  it('keeps everything while there is room', async () => {
    const { add, changes } = given({ a: kib(500) }, []);
    await add('b', kib(524));
    expect(changes).toEqual([{ add: ['b'], forget: [] }]);
  });

  it('forgets first what no deployment names, then what the oldest named last', async () => {
    const { add, changes } = given({ a: kib(200), b: kib(200), c: kib(200), d: kib(200), lost: kib(200) }, [
      deployment(1, 'a', 'b'),
      deployment(2, 'b'),
      deployment(3, 'c'),
      deployment(4, 'd'),
    ]);
    await add('e', kib(100));
    await add('f', kib(400));
    expect(changes).toEqual([
      { add: ['e'], forget: ['lost'] },
      { add: ['f'], forget: ['lost', 'a'] },
    ]);
  });

  it('forgets nothing of what runs and of what it would go back to, and says that there is no room', async () => {
    const { add, changes } = given({ a: kib(500), b: kib(500) }, [deployment(1, 'a'), deployment(2, 'b')]);
    await expect(add('c', kib(100))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: ['input', 'spec'],
      message: expect.stringContaining('77824 bytes more than the 1048576'),
    });
    expect(changes).toEqual([]);
  });
});
