import { WebSocket } from 'ws';
import type { ManualClock } from '../../../sandbox/controllers/manual-clock.js';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import { eventually } from '../../kit/wait.js';
import { firstDifference, normalise } from './normalise.js';
import type { Exchange, Frame } from './recording.js';

interface Received {
  readonly channel: number;
  readonly bytes: Buffer;
}

/** Of the event loop, some milliseconds each: on a busy machine they last longer, as everything does. */
const MOST_TURNS = 1000;
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** exec and attach: sends the recorded input in its order and compares what came on each channel, and the end. */
export const replayCommand = async (
  sandbox: Sandbox,
  clock: ManualClock,
  exchange: Exchange,
  path: string,
  token: string | undefined,
): Promise<string | undefined> => {
  const { request, response } = exchange;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(', ').filter((each) => each !== '');
  const bySubprotocol = offered.find((each) => each.startsWith(TOKEN_PROTOCOL));
  const protocols = offered.map((each) =>
    each === bySubprotocol ? `${TOKEN_PROTOCOL}${Buffer.from(token ?? '').toString('base64url')}` : each,
  );
  const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}${path}`, protocols, {
    headers: token === undefined || bySubprotocol ? {} : { authorization: `Bearer ${token}` },
  });
  const heard = listen(socket, (response?.headers['sec-websocket-protocol'] ?? '').includes('base64'));
  const refusal = await opening(socket);
  if (refusal) return compareRefusal(exchange, refusal);
  if (response?.status !== 101) return `expected status ${response?.status}, got 101`;
  const wanted = response.headers['sec-websocket-protocol'] ?? '';
  if (socket.protocol !== wanted) return `expected the protocol ${wanted}, got ${socket.protocol}`;
  await converse(
    socket,
    clock,
    exchange.frames ?? [],
    heard,
    (exchange.end as { by?: string } | undefined)?.by === CLIENT_HANGS_UP,
  );
  socket.terminate();
  return compareFrames(exchange, heard);
};

interface Refusal {
  readonly status: number;
  readonly text: string;
}

const opening = (socket: WebSocket): Promise<Refusal | undefined> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
  });

const compareRefusal = ({ response }: Exchange, { status, text }: Refusal): string | undefined => {
  if (response?.status !== status)
    return `expected status ${response?.status}, got ${status} ${text.slice(0, 200)}`;
  const isJson = typeof response.body === 'object' && response.body !== null;
  return firstDifference(normalise(response.body ?? ''), normalise(isJson ? JSON.parse(text) : text));
};

interface Conversation {
  readonly received: Received[];
  closeCode: number | undefined;
}

const listen = (socket: WebSocket, isBase64: boolean): Conversation => {
  const heard: Conversation = { received: [], closeCode: undefined };
  socket.on('message', (data: Buffer) => {
    const channel = isBase64 ? Number(data.toString()[0]) : data.readUInt8(0);
    heard.received.push({
      channel,
      bytes: isBase64 ? Buffer.from(data.toString().slice(1), 'base64') : data.subarray(1),
    });
  });
  socket.once('close', (code) => {
    heard.closeCode = code;
  });
  return heard;
};

const converse = async (
  socket: WebSocket,
  clock: ManualClock,
  frames: readonly Frame[],
  heard: Conversation,
  isHungUp: boolean,
): Promise<void> => {
  let elapsed = 0;
  const passTime = async (ms: number): Promise<void> => {
    for (; elapsed < ms; elapsed += 10) await clock.advance(10);
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
  for (const [index, frame] of frames.entries()) {
    await passTime(frame.atMs);
    await hear(heard, frames.slice(0, index));
    if (frame.dir === 'client' && frame.type !== 'close') {
      const payload =
        frame.base64 === undefined ? Buffer.from(frame.text ?? '') : Buffer.from(frame.base64, 'base64');
      socket.send(Buffer.concat([Buffer.from([frame.channel ?? 0]), payload]));
    }
  }
  if (isHungUp) return;
  for (let turns = 0; heard.closeCode === undefined && turns < MOST_TURNS; turns++)
    await passTime(elapsed + 20);
};

/** Waits for as much output as the recorded server had sent before, so that input meets the same state. */
const hear = async ({ received }: Conversation, before: readonly Frame[]): Promise<void> => {
  const wanted = before.filter(({ dir, channel }) => dir === 'server' && channel === 1);
  const size = wanted.reduce((sum, { text = '' }) => sum + text.length, 0);
  const got = (): number =>
    received.filter(({ channel }) => channel === 1).reduce((sum, { bytes }) => sum + bytes.length, 0);
  await eventually(() => got() >= size, { what: `${size} bytes of output` });
};

/** The recorder wrote many characters of one kind as a few, dots, and their number. */
const unshortened = (text: string): string =>
  text.replace(/^(.)\1+\.\.\. \((\d+) characters \1\)$/, (_, character, count) =>
    character.repeat(Number(count)),
  );

const CLIENT_HANGS_UP = 'client';

const compareFrames = (
  { frames = [], end }: Exchange,
  { received, closeCode }: Conversation,
): string | undefined => {
  const { by, closeCode: wantedCode } = end as { by: string; closeCode: number };
  if (received[0]?.channel !== 1 || received[0].bytes.length > 0)
    return 'the first message was not an empty one on channel 1';
  for (const channel of [1, 2, 3]) {
    const wanted = frames
      .filter((frame) => frame.dir === 'server' && frame.channel === channel)
      .map((frame) =>
        frame.base64 === undefined
          ? unshortened(frame.text ?? '')
          : Buffer.from(frame.base64, 'base64').toString('latin1'),
      )
      .join('');
    const bytes = Buffer.concat(
      received.filter((each) => each.channel === channel).map((each) => each.bytes),
    );
    const given = frames.some((frame) => frame.base64 !== undefined && frame.channel === channel)
      ? bytes.toString('latin1')
      : bytes.toString();
    const shown = by === CLIENT_HANGS_UP ? given.slice(0, wanted.length) : given;
    const difference = firstDifference(normalise(wanted), normalise(shown), `channel ${channel}`);
    if (difference) return difference;
  }
  if (by !== CLIENT_HANGS_UP && closeCode !== wantedCode)
    return `expected to be closed with ${wantedCode}, got ${closeCode}`;
  return undefined;
};
