import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt, history } from './operations.js';

type Data = any;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const port = (domain: string | null, change: object = {}) => ({
  name: 'http',
  exposure: 'PUBLIC',
  port: 80,
  protocol: 'HTTP',
  targetPort: 8080,
  domain,
  ...change,
});
const ports = (domain: string | null, change: object = {}) => ({ ports: [port(domain, change)] });

const routes = async (id: string): Promise<Data[]> =>
  (
    await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { routes { exposure port domain path tls url ready reason } } }',
      { id },
    )
  ).service.routes;

const deploy = (serviceId: string, spec: object, client = stack.admin) =>
  attempt(client, 'deploy', { serviceId, spec }, 'deployment { id rollout { phase } }');

describe('a route', () => {
  it('is ready as soon as a pod behind it takes requests, and says why it is not', async () => {
    const { serviceId } = await stack.seed.service({
      spec: { replicas: 1, ...ports('shop.example.com', { protocol: 'HTTPS', path: '/api' }) },
    });
    expect(await routes(serviceId)).toEqual([
      {
        exposure: 'PUBLIC',
        port: 80,
        domain: 'shop.example.com',
        path: '/api',
        tls: true,
        url: 'https://shop.example.com/api',
        ready: false,
        reason: 'It was not deployed with this port yet.',
      },
    ]);
    const deployed = await stack.seed.deploy(serviceId);
    expect(await stack.seed.finished(deployed)).toBe('SUCCEEDED');
    await eventually(async () => (await routes(serviceId))[0].ready);
    expect((await routes(serviceId))[0].reason).toBeNull();
    const id = await stack.seed.deploy(serviceId, {
      image: 'shop/never-ready:1',
      spec: { strategy: { type: 'RECREATE' }, readiness: { httpPath: '/', port: 8080 } },
    });
    const [broken] = await eventually(async () => {
      const found = await routes(serviceId);
      return found[0].ready ? undefined : found;
    });
    expect(broken.reason).toMatch(/pods? behind it takes requests/);
    await attempt(stack.admin, 'abortRollout', { deploymentId: id }, 'deployment { id }');
  });

  it('belongs to one service of a cluster; whose it is, is told only to who may see it', async () => {
    const first = await stack.seed.runningService({ spec: ports('one.example.com') });
    const sameProject = await stack.seed.service({ environment: first, name: 'other' });
    const foreign = await stack.seed.service();
    const { client: owner } = await stack.seed.user({
      role: 'project-owner',
      scope: { projectId: foreign.projectId },
    });
    const conflict = await deploy(sameProject.serviceId, ports('one.example.com'));
    expect(conflict).toMatchObject({ deployment: null, userErrors: [{ code: 'CONFLICT' }] });
    expect(conflict.userErrors[0].message).toContain(`"web" of project "${first.projectName}"`);
    expect(conflict.userErrors[0].field).toEqual(['input', 'spec', 'ports']);

    // The same project may share a host by paths; another may not.
    expect(
      (await deploy(sameProject.serviceId, ports('one.example.com', { path: '/other' }))).userErrors,
    ).toEqual([]);
    for (const path of ['/', '/admin']) {
      const hidden = await deploy(foreign.serviceId, ports('one.example.com', { path }), owner);
      expect(hidden.userErrors).toMatchObject([{ code: 'CONFLICT' }]);
      expect(JSON.stringify(hidden)).not.toContain(first.projectName);
      expect(hidden.userErrors[0].message).toContain('another service of this cluster');
    }
    const { planDeployment } = await owner.query(
      'query ($input: DeployInput!) { planDeployment(input: $input) { valid problems { code message field } } }',
      { input: { serviceId: foreign.serviceId, spec: ports('one.example.com') } },
    );
    expect(planDeployment).toMatchObject({ valid: false, problems: [{ code: 'CONFLICT' }] });
    expect(await history(stack.admin, foreign.serviceId)).toEqual([]);
  });

  it('is won by one of many who ask for it at once', async () => {
    const environment = await stack.seed.environment();
    const services = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => stack.seed.service({ environment, name, spec: { replicas: 1 } })),
    );
    const outcomes = await Promise.all(
      services.map(({ serviceId }) => deploy(serviceId, ports('race.example.com'))),
    );
    expect(outcomes.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    for (const { userErrors } of outcomes.filter(({ deployment }) => deployment === null)) {
      expect(userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    }
  });

  it('is free again after another deploy, a rollback or the deletion of its service', async () => {
    const holder = await stack.seed.runningService({ spec: { replicas: 1 } });
    const other = await stack.seed.service({ environment: holder, name: 'other', spec: { replicas: 1 } });
    const taken = async () => (await deploy(other.serviceId, ports('free.example.com'))).userErrors;
    const id = await stack.seed.deploy(holder.serviceId, { spec: ports('free.example.com') });
    await stack.seed.finished(id);
    expect(await taken()).toMatchObject([{ code: 'CONFLICT' }]);
    await attempt(stack.admin, 'rollback', { serviceId: holder.serviceId }, 'deployment { id }');
    expect(await taken()).toEqual([]);
    // Now the other has it, and going forward again is refused.
    const forward = { serviceId: holder.serviceId, toDeploymentId: id };
    const refused = await attempt(stack.admin, 'rollback', forward, 'deployment { id }');
    expect(refused.userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    await attempt(stack.admin, 'deleteService', { serviceId: other.serviceId }, 'deletedServiceId');
    expect((await attempt(stack.admin, 'rollback', forward, 'deployment { id }')).userErrors).toEqual([]);
  });

  it('has no domain of the cluster’s own, whose names could be another service’s', async () => {
    const { serviceId } = await stack.seed.service();
    const { service } = await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { environment { cluster { ingressDomain } } } }',
      { id: serviceId },
    );
    const refused = await deploy(serviceId, ports(`anything.${service.environment.cluster.ingressDomain}`));
    expect(refused).toMatchObject({
      deployment: null,
      userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'spec', 'ports', '0', 'domain'] }],
    });
  });

  it('of a generated name is one service’s too, where two names come to the same', async () => {
    const project = await stack.seed.project();
    const environment = await stack.seed.environment({ project });
    const longer = await stack.seed.environment({ project: await stack.seed.project(`b-${project.name}`) });
    expect(longer.namespace).toBe(`b-${environment.namespace}`);
    const first = await stack.seed.service({ environment, name: 'a-b', spec: { replicas: 1 } });
    const second = await stack.seed.service({ environment: longer, name: 'a', spec: { replicas: 1 } });
    expect((await deploy(first.serviceId, {})).userErrors).toEqual([]);
    expect((await deploy(second.serviceId, {})).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });
});
