import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { FromViewers, ToViewers, Viewer } from './fan-out-messages.js';
import { machineMs } from './measures.js';

/**
 * Many viewers over graphql-transport-ws, started by fan-out. As cheap as can be, because they share the machine with
 * the gateway: frames are cut by hand, and of a message only the time within it is read.
 */

/** Connections that are being opened at once. */
const opening = 100;
const send = (message: FromViewers): void => void process.send?.(message);
const sockets: Socket[] = [];
let latencies: number[] = [];
let lost = 0;

/** A masked text frame (RFC 6455, section 5.2); a mask of zeros changes nothing. */
function frame(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  if (payload.length >= 65_536) throw new Error('no message of a viewer is that long');
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

const mark = Buffer.from('"percent":');

function view(url: URL, base: number, { token, query, variables }: Viewer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    sockets.push(socket);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.on('close', () => {
      lost += 1;
    });
    let rest: Buffer = Buffer.alloc(0);
    let upgraded = false;
    socket.on('connect', () =>
      socket.write(
        `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      ),
    );
    socket.on('data', (chunk: Buffer) => {
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!upgraded) {
        const end = data.indexOf('\r\n\r\n');
        if (end < 0) {
          rest = data;
          return;
        }
        upgraded = true;
        data = data.subarray(end + 4);
        socket.write(frame({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
      }
      while (data.length >= 2) {
        const short = data[1] ?? 0;
        const header = short < 126 ? 2 : 4;
        if (data.length < header) break;
        const length = short < 126 ? short : data.readUInt16BE(2);
        if (data.length < header + length) break;
        if (((data[0] ?? 0) & 0xf) === 0x9) socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
        else take(data.subarray(header, header + length));
        data = data.subarray(header + length);
      }
      rest = data;
    });
    const take = (payload: Buffer): void => {
      const at = payload.indexOf(mark);
      if (at >= 0) {
        const published = Number.parseInt(
          payload.toString('latin1', at + mark.length, at + mark.length + 12),
          10,
        );
        latencies.push(machineMs() - base - published / 1_000);
      } else if (payload.includes('connection_ack')) {
        socket.write(frame({ id: '1', type: 'subscribe', payload: { query, variables } }));
        resolve();
      }
    };
  });
}

process.on('message', async (message: ToViewers) => {
  switch (message.type) {
    case 'open': {
      const url = new URL(message.url);
      const waiting = [...message.viewers];
      const openSome = async (): Promise<void> => {
        for (let viewer = waiting.pop(); viewer; viewer = waiting.pop()) {
          await view(url, message.base, viewer);
        }
      };
      await Promise.all(Array.from({ length: opening }, openSome));
      send({ type: 'opened' });
      return;
    }
    case 'report':
      send({ type: 'report', report: { latencies, lost } });
      latencies = [];
      return;
    case 'stop':
      for (const socket of sockets) socket.destroy();
      process.exit(0);
  }
});
