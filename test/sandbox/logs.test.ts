import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const LOG = '/api/v1/namespaces/default/pods/counter/log';

let sandbox: Sandbox;
let client: ApiClient;

/** Of a log; none when the answer is an error. */
const lines = (text: unknown): string[] =>
  typeof text === 'string' ? text.split('\n').filter((line) => line !== '') : [];

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'logs', seed: 1, pace: 0.05 });
  client = new ApiClient(sandbox);
  const command = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo line $i; sleep 0.1; done'];
  await client.post('/api/v1/namespaces/default/pods', {
    metadata: { name: 'counter' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'busybox:1.36', command }],
    },
  });
  await eventually(async () => lines((await client.get(LOG)).body).length >= 5);
});

afterAll(() => sandbox.dispose());

describe('the log of a container', () => {
  test('begins with its first line, and tailLines gives the last ones', async () => {
    expect(lines((await client.get(LOG)).body)[0]).toBe('line 1');
    expect(lines((await client.get(`${LOG}?tailLines=2`)).body)).toHaveLength(2);
  });

  test('has timestamps with nine digits, and sinceTime gives the lines from one of them on', async () => {
    const stamped = lines((await client.get(`${LOG}?timestamps=true`)).body);
    const [time = '', ...words] = (stamped[2] ?? '').split(' ');
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    const since = lines((await client.get(`${LOG}?sinceTime=${encodeURIComponent(time)}`)).body);
    expect(since[0]).toBe(words.join(' '));
  });

  test('is followed without losing or repeating a line, until the pod is gone', async () => {
    const stream = await client.open('GET', `${LOG}?follow=true`);
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (piece: string) => {
      text += piece;
    });
    const ended = new Promise((resolve) => stream.once('end', resolve));
    await eventually(() => lines(text).length >= 12);
    await client.delete('/api/v1/namespaces/default/pods/counter');
    await ended;
    const numbers = lines(text).map((line) => Number(line.replace('line ', '')));
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    await eventually(async () => (await client.get(LOG)).code === 404);
  });
});

describe('the log of a program, steered by annotations', () => {
  const PREFIX = 'sandbox.meridian.dev/log-';
  const start = async (name: string, annotations: Record<string, string>) => {
    await client.post('/api/v1/namespaces/default/pods', {
      metadata: {
        name,
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]),
        ),
      },
      spec: { containers: [{ name: 'main', image: 'nginx:1.27' }] },
    });
    const path = `/api/v1/namespaces/default/pods/${name}/log`;
    await eventually(async () => lines((await client.get(`${path}?tailLines=1`)).body).length > 0);
    return path;
  };

  test('goes on at the pace that is asked for, and waits for a slow reader without losing a line', async () => {
    const path = await start('fast', { 'lines-per-second': '5000' });
    const stream = await client.open('GET', `${path}?follow=true&timestamps=true`);
    stream.setEncoding('utf8');
    let text = '';
    stream.on('data', (piece: string) => {
      text += piece;
    });
    await eventually(() => lines(text).length > 1000);
    stream.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    stream.resume();
    await eventually(() => lines(text).length > 6000);
    stream.destroy();
    const read = lines(text).slice(0, 6000);
    const kept = lines((await client.get(`${path}?timestamps=true`)).body);
    expect(kept.slice(0, read.length)).toEqual(read);
  });

  test('has lines of any length, and bytes that are no text, when they are asked for', async () => {
    const path = await start('odd', {
      'lines-per-second': '1000',
      'long-line-bytes': '1000000',
      'invalid-utf8': 'true',
    });
    const stream = await client.open('GET', `${path}?follow=true`);
    let longest = 0;
    let length = 0;
    let hasBroken = false;
    stream.on('data', (piece: Buffer) => {
      hasBroken ||= piece.includes(0xff);
      for (const byte of piece) {
        length = byte === 0x0a ? 0 : length + 1;
        longest = Math.max(longest, length);
      }
    });
    await eventually(() => hasBroken && longest === 1_000_000);
    stream.destroy();
  });

  test('fails as often as is asked for', async () => {
    const path = await start('failing', { 'lines-per-second': '500', 'error-share': '1' });
    await eventually(async () =>
      lines((await client.get(`${path}?tailLines=20`)).body).every((line) => /error|ERROR| 50\d /.test(line)),
    );
  });
});
