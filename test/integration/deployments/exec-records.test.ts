import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { auditAbout, refusal, sessionRecord, sessionRecords, Terminal } from './exec-terminal.js';
import { attempt } from './operations.js';

let stack: Stack;
let service: SeededService;
let production: SeededService;
beforeAll(async () => {
  stack = await startStack({ env: { MERIDIAN_EXEC_RECORDING_MIB: '1' } });
  const environment = await stack.seed.environment({ landscape: 'PROD' });
  [service, production] = await Promise.all([
    stack.seed.runningService({ spec: { replicas: 1 } }),
    stack.seed.runningService({ environment, spec: { replicas: 1 } }),
  ]);
});
afterAll(() => stack?.dispose());

const ended = (id: string) =>
  eventually(
    async () => {
      const record = await sessionRecord(stack.admin, id);
      return record.state === 'ENDED' && record;
    },
    { what: 'the end on record' },
  );

const replay = (sessionId: string, client = stack.admin, after?: number) =>
  attempt(
    client,
    'replayExecSession',
    { sessionId, reason: 'looking into incident 4711', ...(after === undefined ? {} : { after }) },
    'recording next complete',
  );

/** Header and events of an asciicast, as a player reads it. */
function parsed(text: string): { header: any; events: [number, string, string][] } {
  const [header, ...events] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { header, events };
}

const shown = (events: [number, string, string][], code: string): string =>
  events
    .filter((event) => event[1] === code)
    .map((event) => event[2])
    .join('');

describe('the record of a session (EX-9)', () => {
  it('is there before the shell opens, and says who, where, what, how much and how it ended', async () => {
    const terminal = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      reason: 'ticket 12',
      columns: 100,
      rows: 30,
    });
    const live = await sessionRecord(stack.admin, terminal.sessionId);
    expect(live).toMatchObject({
      state: 'OPEN',
      command: terminal.started.command,
      pod: terminal.started.pod,
      container: 'web',
      namespace: service.namespace,
      tty: true,
      reason: 'ticket 12',
      user: { login: 'admin' },
      accessToken: null,
      service: { id: service.serviceId },
      cluster: { id: service.clusterId },
      endedAt: null,
      exitCode: null,
      recorded: false,
    });
    await terminal.send('exit 3\r');
    expect((await terminal.ended()).exitCode).toBe(3);
    const record = await ended(terminal.sessionId);
    expect(record).toMatchObject({ exitCode: 3, endReason: 'exited with code 3', bytesIn: 7 });
    expect(record.bytesOut).toBe(terminal.output.length);

    const [end, start, ...more] = await auditAbout(stack.admin, terminal.sessionId);
    expect(more).toEqual([]);
    expect(start).toMatchObject({
      action: 'exec',
      result: 'DONE',
      reason: 'ticket 12',
      targetId: live.podUid,
    });
    expect(end).toMatchObject({ action: 'execEnded', result: 'DONE', actor: { login: 'admin' } });
    expect(end.changes).toContainEqual({ path: 'exitCode', after: 3 });
  });

  it('says with which access token', async () => {
    const { secret } = await attempt(stack.admin, 'createAccessToken', { name: 'night-watch' }, 'secret');
    const terminal = await Terminal.run(stack.client(secret), {
      serviceId: service.serviceId,
      command: ['ls'],
    });
    expect(await sessionRecord(stack.admin, terminal.sessionId)).toMatchObject({
      user: { login: 'admin' },
      accessToken: { name: 'night-watch' },
    });
  });

  it('is a condition: what can not be recorded is not opened', async () => {
    const { published } = stack.meridian.services;
    const execs = () => stack.meridian.sandboxes[0]?.requests.count(({ path }) => path.includes('/exec?'));
    await published.query(
      `ALTER TABLE deployments.exec_session ADD CONSTRAINT full_disk CHECK (reason IS DISTINCT FROM 'no room')`,
      [],
    );
    const before = execs();
    const { code } = await refusal(stack.admin, { serviceId: service.serviceId, reason: 'no room' });
    await published.query('ALTER TABLE deployments.exec_session DROP CONSTRAINT full_disk', []);
    expect(code).toBe('INTERNAL');
    expect(execs()).toBe(before);
  });

  it('is made when it was refused, and when the process could not be started', async () => {
    const refused = await refusal(stack.admin, { serviceId: service.serviceId, pod: 'web-of-nobody' });
    const missing = await Terminal.run(stack.admin, {
      serviceId: service.serviceId,
      command: ['no-such-program'],
    }).then(
      ({ end }) => end?.reason ?? '',
      (error) => error.errors[0].message,
    );
    expect(missing).toMatch(/not found/);
    const records = await eventually(async () => {
      const found = await sessionRecords(stack.admin, { serviceId: service.serviceId });
      return found.every(({ endedAt }) => endedAt !== null) ? found : undefined;
    });
    expect(records.find(({ state }) => state === 'REFUSED')).toMatchObject({
      endReason: refused.message,
      pod: null,
      recorded: false,
    });
    const failed = records.find(({ command }) => command?.[0] === 'no-such-program');
    expect(failed).toMatchObject({ state: 'ENDED' });
    const about = await auditAbout(stack.admin, failed.id);
    expect(about.map(({ action }) => action)).toEqual(['execEnded', 'exec']);
  });

  it('is seen with the right to see sessions, of own projects alone', async () => {
    const mine = { role: 'developer', scope: { projectId: service.projectId } };
    const developer = await stack.seed.user(mine);
    const viewer = await stack.seed.user({ ...mine, role: 'viewer' });
    const foreign = await Terminal.run(stack.admin, { serviceId: production.serviceId, command: ['ls'] });
    const seen = await sessionRecords(developer.client, {});
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen.map(({ service: { id } }) => id))).toEqual(new Set([service.serviceId]));
    expect(await sessionRecord(developer.client, foreign.sessionId)).toBeNull();
    expect(await sessionRecords(viewer.client, {})).toEqual([]);
  });
});

describe('a recording', () => {
  it('is asciicast v2 of what was shown, torn characters whole, and of sizes', async () => {
    const terminal = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      record: true,
      columns: 100,
      rows: 30,
    });
    expect(terminal.started.recorded).toBe(true);
    await terminal.send("printf 'gr\\303'; sleep 0.3; printf '\\274n\\n'\r");
    await terminal.shows(/grün\r\n/);
    await terminal.resize(120, 40);
    await terminal.send('exit\r');
    await terminal.ended();
    const record = await ended(terminal.sessionId);
    expect(record).toMatchObject({ recorded: true, recordsInput: false, recordingComplete: true });

    const payload = await replay(terminal.sessionId);
    expect(payload).toMatchObject({ next: null, complete: true, userErrors: [] });
    const { header, events } = parsed(payload.recording);
    expect(header).toMatchObject({
      version: 2,
      width: 100,
      height: 30,
      command: terminal.started.command.join(' '),
      timestamp: Math.floor(Date.parse(record.startedAt) / 1_000),
    });
    expect(shown(events, 'o')).toBe(terminal.text);
    expect(shown(events, 'r')).toBe('120x40');
    expect(shown(events, 'i')).toBe('');
    const times = events.map(([at]) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // Who read it and why is on record.
    const { auditEvents } = await stack.admin.query(
      '{ auditEvents(first: 50) { nodes { action targetId reason } } }',
    );
    expect(auditEvents.nodes).toContainEqual({
      action: 'replayExecSession',
      targetId: terminal.sessionId,
      reason: 'looking into incident 4711',
    });
  });

  it('holds what was typed only when that was said', async () => {
    const terminal = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      recordInput: true,
      command: ['sh', '-c', 'read -r line; echo done'],
      tty: false,
    });
    await terminal.send('a secret line\n');
    await terminal.ended();
    await ended(terminal.sessionId);
    const { events } = parsed((await replay(terminal.sessionId)).recording);
    expect(shown(events, 'i')).toBe('a secret line\n');
    // The audit log never holds it.
    expect(JSON.stringify(await auditAbout(stack.admin, terminal.sessionId))).not.toContain('a secret line');
  });

  it('is made in production whether asked for or not, sealed, and while the session goes on', async () => {
    const terminal = await Terminal.open(stack.admin, { serviceId: production.serviceId, record: false });
    expect(terminal.started.recorded).toBe(true);
    await terminal.send('echo production-$((6*7))\r');
    await terminal.shows(/production-42/);
    const payload = await eventually(
      async () => {
        const found = await replay(terminal.sessionId);
        return found.recording.includes('production-42') && found;
      },
      { what: 'what was shown, on record' },
    );
    expect(payload.complete).toBe(false);
    const rows = await stack.meridian.services.published.query<{ sealed: string }>(
      'SELECT sealed FROM deployments.exec_recording WHERE session_id = $1',
      [terminal.sessionId],
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { sealed } of rows)
      expect(Buffer.from(sealed, 'base64').toString()).not.toContain('production');
    await terminal.close();
    await terminal.ended();
  });

  it('ends where it may not grow any more, and the session goes on', async () => {
    const terminal = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      record: true,
      command: [
        'sh',
        '-c',
        'yes 0123456789012345678901234567890123456789 | head -c 3000000; echo; echo over',
      ],
    });
    await terminal.shows(/over\n/);
    await terminal.ended();
    const record = await ended(terminal.sessionId);
    expect(record).toMatchObject({ recordingComplete: false });
    let text = '';
    for (let after: number | undefined; ; ) {
      const part = await replay(terminal.sessionId, stack.admin, after);
      text += part.recording;
      if (part.next === null) break;
      after = part.next;
    }
    expect(Buffer.byteLength(text)).toBeLessThan(1.1 * 1024 * 1024);
    const { events } = parsed(text);
    expect(terminal.text.startsWith(shown(events, 'o'))).toBe(true);
    expect(events.at(-1)).toMatchObject([
      expect.any(Number),
      'm',
      expect.stringMatching(/may have 1048576 bytes/),
    ]);
  });

  it('is read with the right to and a reason only', async () => {
    const [record] = await sessionRecords(stack.admin, {
      serviceId: production.serviceId,
      states: ['ENDED'],
    });
    const developer = await stack.seed.user({
      role: 'developer',
      scope: { projectId: production.projectId },
    });
    expect(await replay(record.id, developer.client)).toMatchObject({
      recording: null,
      userErrors: [{ code: 'FORBIDDEN' }],
    });
    const owner = await stack.seed.user({ role: 'project-owner', scope: { projectId: service.projectId } });
    expect((await replay(record.id, owner.client)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(
      (
        await attempt(
          stack.admin,
          'replayExecSession',
          { sessionId: record.id, reason: ' why ' },
          'recording',
        )
      ).userErrors,
    ).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'reason'] }]);
    const plain = await Terminal.run(stack.admin, { serviceId: service.serviceId, command: ['ls'] });
    expect((await replay(plain.sessionId)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });
});
