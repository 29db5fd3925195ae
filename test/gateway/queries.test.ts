import { describe, expect, test } from 'vitest';
import { askOverSocket, expectSoon, modes, receive, startTinyGateway, tokenFor } from './tiny-gateway.js';

describe.each(modes)('a gateway with its subgraphs %s', (mode) => {
  test('answers a query across subgraphs', async () => {
    await using tiny = await startTinyGateway({ mode });
    const { status, data, errors } = await tiny.post('{ projects { name cluster { name } } }');
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data).toEqual({
      projects: ['p1', 'p2', 'p3'].map((id) => ({
        name: `project ${id}`,
        cluster: { name: `cluster of ${id}` },
      })),
    });
  });

  test('takes a variable of a name that plans need for their own', async () => {
    await using tiny = await startTinyGateway({ mode });
    const query = `
      query ($representations: ID! = "p2", $client_representations: Boolean!) {
        project(id: $representations) { ...Shown @include(if: $client_representations) }
      }
      fragment Shown on Project { name cluster { name } }`;
    const ask = (variables: Record<string, unknown>) => tiny.post(query, { variables });
    const project = (id: string) => ({ name: `project ${id}`, cluster: { name: `cluster of ${id}` } });
    expect((await ask({ representations: 'p1', client_representations: true })).data).toEqual({
      project: project('p1'),
    });
    expect((await ask({ client_representations: true })).data).toEqual({ project: project('p2') });
    expect((await ask({ representations: 'p1', client_representations: false })).data).toEqual({
      project: {},
    });
    expect(
      (await ask({ representations: 7.5, client_representations: true })).errors?.[0]?.message,
    ).toContain('Variable "$representations" got invalid value 7.5');

    const stream = receive(
      tiny.socket(),
      'subscription ($representations: String) { ticks(name: $representations) { count project { name } } }',
      { representations: 'clock' },
    );
    await expectSoon(() => tiny.subgraphs.streams.map(({ args }) => args)).toEqual([{ name: 'clock' }]);
    tiny.subgraphs.streams[0]?.push({ count: 1, project: { id: 'p1' } });
    await expectSoon(() => stream.results).toEqual([
      { data: { ticks: { count: 1, project: { name: 'project p1' } } } },
    ]);
  });

  test('asks for no variable that only another operation of the document depends on', async () => {
    await using tiny = await startTinyGateway({ mode });
    const query = `
      query One($cluster: Boolean!) { projects { id ...Shown } }
      fragment Shown on Project { cluster @include(if: $cluster) { name } }
      query Other($name: Boolean = true) { project(id: "p1") { id name @include(if: $name) } }`;
    const ask = (operationName: string, variables: Record<string, unknown>) =>
      tiny.post(query, { operationName, variables });
    const project = { id: 'p1', name: 'project p1' };
    expect((await ask('Other', {})).data).toEqual({ project });
    expect((await ask('Other', { name: false })).data).toEqual({ project: { id: 'p1' } });
    expect((await ask('Other', { name: null })).errors?.[0]).toMatchObject({
      message: 'The variable "$name" decides about @skip or @include: give it true or false.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect((await ask('One', { cluster: false })).data).toEqual({
      projects: [{ id: 'p1' }, { id: 'p2' }, { id: 'p3' }],
    });
  });

  test('tells every subgraph who asks, from the token alone', async () => {
    await using tiny = await startTinyGateway({ mode });
    const headers = {
      'impersonate-user': 'root',
      'x-remote-user': 'root',
      'x-forwarded-for': '10.1.1.1',
      'meridian-caller': 'forged',
    };
    expect((await tiny.post('{ whoAmI }', { headers })).data).toEqual({ whoAmI: null });
    const token = await tokenFor({ userId: 'user_grace' });
    expect((await tiny.post('{ whoAmI }', { headers, token })).data).toEqual({ whoAmI: 'user_grace' });
  });

  test('masks what comes from below, and keeps the fields that have an answer', async () => {
    await using tiny = await startTinyGateway({ mode });
    const { data, errors, text, headers } = await tiny.post(
      '{ leak project(id: "p1") { name clusterSecret } }',
    );
    expect(data).toEqual({ leak: null, project: { name: 'project p1', clusterSecret: null } });
    expect(errors?.map(({ path, extensions }) => [path, extensions])).toEqual([
      [['leak'], { code: 'INTERNAL', requestId: headers.get('x-request-id') }],
      [['project', 'clusterSecret'], { code: 'INTERNAL', requestId: headers.get('x-request-id') }],
    ]);
    expect(text).not.toMatch(/SELECT|10\.0|ECONN|ER_SQL|projects|clusters|stack/);
    expect(tiny.log.join('')).toContain('SELECT * FROM secrets');
  });

  test('passes an error of the closed list through with its message', async () => {
    await using tiny = await startTinyGateway({ mode });
    const { data, errors } = await tiny.post('{ project(id: "absent") { name } }');
    expect(data).toEqual({ project: null });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'Project "absent" does not exist, or you may not see it.',
        path: ['project'],
        extensions: { code: 'NOT_FOUND', requestId: expect.any(String) },
      }),
    ]);
  });

  test('runs queries and mutations over the socket as over HTTP', async () => {
    await using tiny = await startTinyGateway({ mode });
    const rename = 'mutation ($id: ID!) { rename(id: $id, name: "new") { name cluster { name } } }';
    const anonymous = await askOverSocket(tiny.socket(), rename, { id: 'p1' });
    expect(anonymous.data).toEqual({ rename: null });
    expect(anonymous.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    const signedIn = await askOverSocket(tiny.socket(await tokenFor()), rename, { id: 'p1' });
    expect(signedIn).toEqual({ data: { rename: { name: 'new', cluster: { name: 'cluster of p1' } } } });
    const leak = await askOverSocket(tiny.socket(), '{ leak }');
    expect(leak.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL', requestId: expect.any(String) });
    expect(JSON.stringify(leak)).not.toContain('SELECT');
  });

  test('stops the work of a client that leaves', async () => {
    await using tiny = await startTinyGateway({ mode });
    const controller = new AbortController();
    const asking = tiny.post('{ hang }', { signal: controller.signal });
    asking.catch(() => undefined);
    await expectSoon(() => tiny.subgraphs.calls).toEqual(['hang']);
    controller.abort();
    await expectSoon(() => tiny.subgraphs.aborted).toBe(1);
    const socket = tiny.socket();
    void askOverSocket(socket, '{ hang }').catch(() => undefined);
    await expectSoon(() => tiny.subgraphs.calls).toEqual(['hang', 'hang']);
    socket.terminate();
    await expectSoon(() => tiny.subgraphs.aborted).toBe(2);
  });
});
