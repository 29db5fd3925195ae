import { createHmac, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import { movableClock } from './movable-clock.js';
import {
  askOverSocket,
  expectSoon,
  secretKey,
  startTinyGateway,
  type TinyGateway,
  tokenFor,
} from './tiny-gateway.js';

let tiny: TinyGateway;
beforeAll(async () => {
  tiny = await startTinyGateway();
});
afterAll(() => tiny[Symbol.asyncDispose]());

const key = deriveKey(secretKey, 'token-signing');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const seconds = Math.floor(Date.now() / 1_000);
const claims = {
  sub: 'user_ada',
  cid: 'session_1',
  ck: 'SESSION',
  iss: 'meridian',
  aud: 'meridian',
  iat: seconds,
  exp: seconds + 600,
};
const header = { alg: 'HS256', typ: 'at+jwt' };

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
function sign(changedClaims: object, changedHeader: object = {}, secret: Uint8Array | string = key): string {
  const text = `${encode({ ...header, ...changedHeader })}.${encode({ ...claims, ...changedClaims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
const good = sign({});

const forged: Record<string, string | Promise<string>> = {
  'alg none without a signature': `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
  'alg none with a signature': sign({}, { alg: 'none' }),
  'alg NoNe': sign({}, { alg: 'NoNe' }),
  'HS256 with the public key as its secret': sign({}, {}, publicPem),
  RS256: new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' }).sign(privateKey),
  HS512: new SignJWT(claims).setProtectedHeader({ alg: 'HS512', typ: 'at+jwt' }).sign(new Uint8Array(64)),
  'another secret': sign({}, {}, 'another secret'),
  'an empty secret': sign({}, {}, ''),
  'the key of another purpose': sign({}, {}, deriveKey(secretKey, 'caller-context')),
  'a kid that is a path': sign({}, { kid: '../../dev/null' }),
  'a kid that is SQL': sign({}, { kid: "x' UNION SELECT 'secret" }),
  'a jku': sign({}, { jku: 'http://127.0.0.1:1/keys' }),
  'an x5u': sign({}, { x5u: 'http://127.0.0.1:1/certificate' }),
  'a key of its own': sign({}, { jwk: { kty: 'oct', k: 'AAAA' } }),
  'an unknown critical header': sign({}, { crit: ['b64'], b64: false }),
  'another type': sign({}, { typ: 'JWT' }),
  'another audience': sign({ aud: 'grafana' }),
  'no audience': sign({ aud: undefined }),
  'another issuer': sign({ iss: 'meridian.example.com' }),
  'expired a second ago': sign({ exp: seconds - 1 }),
  'no expiry': sign({ exp: undefined }),
  'an expiry that is text': sign({ exp: '9999999999' }),
  'not yet valid': sign({ nbf: seconds + 300 }),
  'issued in the future': sign({ iat: seconds + 300 }),
  'no subject': sign({ sub: undefined }),
  'an empty subject': sign({ sub: '' }),
  'no session': sign({ cid: undefined }),
  'an unknown kind of credential': sign({ ck: 'ROOT' }),
  'two signatures': `${good}.${good.split('.')[2]}`,
  'a signature that was cut': good.slice(0, -4),
  'claims that were changed': good.replace(/\.[^.]+\./, `.${encode({ ...claims, sub: 'user_root' })}.`),
  'no token': '',
  spaces: '   ',
  'a token among others': `x ${good}`,
  'more than 4,096 characters': sign({ padding: 'x'.repeat(6_000) }),
};

describe('a token is UNAUTHENTICATED, never anonymous', () => {
  test.each(Object.entries(forged))('%s', async (_, text) => {
    const token = await text;
    const response = await fetch(tiny.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ whoAmI }' }),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.stringContaining('Sign in again'),
          extensions: { code: 'UNAUTHENTICATED', requestId: response.headers.get('x-request-id') },
        },
      ],
    });
    await expect(askOverSocket(tiny.socket(token || ' '), '{ whoAmI }')).rejects.toMatchObject({
      code: 4403,
    });
  });

  test('1 MB of it: on the socket as in the header', async () => {
    const token = `${encode(header)}.${'x'.repeat(1_000_000)}.x`;
    const answer = await fetch(tiny.gateway.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    }).then(
      ({ status }) => status,
      () => 'refused before it was read',
    );
    expect([431, 'refused before it was read']).toContain(answer);
    await expect(askOverSocket(tiny.socket(token), '{ whoAmI }')).rejects.toMatchObject({ code: 1009 });
  });

  test('another scheme', async () => {
    for (const authorization of ['Basic YWRtaW46YWRtaW4=', good, `Token ${good}`]) {
      const { status } = await tiny.post('{ whoAmI }', { headers: { authorization } });
      expect(status).toBe(401);
    }
  });

  test('connectionParams that are no text', async () => {
    for (const authorization of [{}, [], 7, true, { toString: `Bearer ${good}` }]) {
      const socket = new WebSocket(tiny.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
      const closed = new Promise<number>((resolve) => socket.on('close', resolve));
      socket.on('open', () =>
        socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
      );
      expect(await closed).toBe(4403);
    }
  });
});

test('a good token is its user on both transports, whatever the clock of another replica says within a minute', async () => {
  for (const token of [
    good,
    sign({ iat: seconds + 30, nbf: seconds + 30 }),
    await tokenFor({ userId: 'user_ada' }),
  ]) {
    expect((await tiny.post('{ whoAmI }', { token })).data).toEqual({ whoAmI: 'user_ada' });
    expect((await askOverSocket(tiny.socket(token), '{ whoAmI }')).data).toEqual({ whoAmI: 'user_ada' });
  }
});

test('a socket outlives its token only to say so: operations are refused, then it closes with 4403', async () => {
  const clock = movableClock();
  await using aging = await startTinyGateway({
    dependencies: { clock, socketTimes: { expiryGrace: 60_000 } },
  });
  const authorization = `Bearer ${await tokenFor({ expiresInSeconds: 600 })}`;
  const socket = new WebSocket(aging.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const answers: string[] = [];
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
  );
  let asked = 0;
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data));
    if (type === 'next') answers.push(payload.data.whoAmI);
    if (type === 'error') answers.push(payload[0].extensions.code);
    if (type !== 'complete') {
      asked += 1;
      const id = String(asked);
      setTimeout(
        () => socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: '{ whoAmI }' } })),
        100,
      );
    }
  });
  await expectSoon(() => answers[0]).toBe('user_ada');
  clock.pass(610_000);
  await expectSoon(() => answers.at(-1)).toBe('UNAUTHENTICATED');
  clock.pass(60_000);
  expect(await closed).toBe(4403);
  expect(answers.at(-1)).toBe('UNAUTHENTICATED');
});
