import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { refusal, sessionRecord, Terminal } from './exec-terminal.js';

let stack: Stack;
let service: SeededService;
beforeAll(async () => {
  stack = await startStack();
  service = await stack.seed.runningService({ spec: { replicas: 1 } });
});
afterAll(() => stack?.dispose());

const ephemeral = (pod: string): any[] =>
  (stack.meridian.sandboxes[0]?.api.get('pods', service.namespace, pod) as any).spec.ephemeralContainers ??
  [];

describe('a debugging container', () => {
  it('is added to the pod as kubectl adds it, and its terminal is the session', async () => {
    const terminal = await Terminal.open(stack.admin, { serviceId: service.serviceId, debug: {} });
    const { pod, container, tty } = terminal.started;
    expect(container).toMatch(/^debugger-[a-z0-9]{5}$/);
    expect(tty).toBe(true);
    expect(ephemeral(pod)).toMatchObject([
      { name: container, image: 'busybox:1.37', targetContainerName: 'web', stdin: true, tty: true },
    ]);
    await terminal.send('echo in-$((40+2))\r');
    await terminal.shows(/in-42/);
    // It is of this session alone (EX-7).
    expect(await refusal(stack.admin, { serviceId: service.serviceId, pod, container })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('open a debugging container of your own'),
    });
    await terminal.send('exit 5\r');
    expect(await terminal.ended()).toMatchObject({ exitCode: 5 });
    expect(await sessionRecord(stack.admin, terminal.sessionId)).toMatchObject({
      state: 'ENDED',
      debugImage: 'busybox:1.37',
      container,
      exitCode: 5,
    });
  });

  it('ends with its session', async () => {
    const terminal = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      debug: { image: 'alpine:3', target: 'web' },
    });
    await terminal.close();
    await terminal.ended();
    const { pod, container } = terminal.started;
    await eventually(
      () => {
        const { status } = stack.meridian.sandboxes[0]?.api.get('pods', service.namespace, pod) as any;
        return status.ephemeralContainerStatuses.find((each: any) => each.name === container)?.state
          .terminated;
      },
      { what: 'the end of the container' },
    );
  });

  it('opens in a pod that does not get ready', async () => {
    const broken = await stack.seed.service({
      spec: { image: 'crash:1', replicas: 1 },
    });
    await stack.seed.deploy(broken.serviceId);
    await eventually(
      async () => {
        const { service: found } = await stack.admin.query(
          'query ($id: ID!) { service(id: $id) { pods { nodes { nodeName status ready } } } }',
          { id: broken.serviceId },
        );
        return found.pods.nodes.some(({ nodeName, ready }: any) => nodeName && !ready);
      },
      { what: 'a pod on a node' },
    );
    const terminal = await Terminal.open(stack.admin, { serviceId: broken.serviceId, debug: {} });
    await terminal.send('echo here\r');
    await terminal.shows(/here\r\n/);
    await terminal.close();
    await terminal.leave();
  });

  it('is refused with the reason when its image or its target is not there', async () => {
    const image = await refusal(stack.admin, {
      serviceId: service.serviceId,
      debug: { image: 'registry.example/does-not-exist:1' },
    });
    expect(image).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/does-not-exist:1.*ErrImagePull|does-not-exist:1.*ImagePullBackOff/),
    });
    expect(
      await refusal(stack.admin, { serviceId: service.serviceId, debug: { target: 'sidecar' } }),
    ).toMatchObject({ code: 'NOT_FOUND' });
    expect(
      await refusal(stack.admin, { serviceId: service.serviceId, debug: { image: 'not an image' } }),
    ).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(
      await refusal(stack.admin, { serviceId: service.serviceId, container: 'web', debug: {} }),
    ).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/debug\.target/) });
  });

  it('needs a right of its own', async () => {
    const { role } = await stack.admin.mutate(
      'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { name } userErrors { message } } }',
      {
        input: {
          name: 'shells-only',
          permissions: ['projects.read', 'services.read', 'exec.open'],
        },
      },
    );
    const user = await stack.seed.user({ role: role.name, scope: { projectId: service.projectId } });
    expect(await refusal(user.client, { serviceId: service.serviceId, debug: {} })).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('exec.debug'),
    });
    await (await Terminal.open(user.client, { serviceId: service.serviceId })).close();
  });
});
