import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../subgraphs/shared/database.js';
import type { Patience } from '../../../subgraphs/shared/database-patience.js';
import { startProblem } from '../../../subgraphs/shared/exit.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { lastingPort } from '../../kit/lasting-port.js';
import { createTestDatabase, type TestDatabase } from '../../kit/postgres.js';

/** What PostgreSQL says while it recovers: an error message of its protocol, SQLSTATE 57P03. */
const startingUp = ((): Buffer => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();
const sayNothing = (): void => undefined;
const sayStartingUp = (socket: Socket): void => void socket.once('data', () => socket.end(startingUp));

describe('a process that starts before PostgreSQL lets it in', () => {
  let testDatabase: TestDatabase;
  let door: Server;
  const sockets = new Set<Socket>();
  /** What the next connections meet; those after them reach PostgreSQL. */
  let meet: ((socket: Socket) => void)[] = [];

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const { hostname, port } = new URL(testDatabase.url);
    door = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      const obstacle = meet.shift();
      if (obstacle) {
        obstacle(socket);
        return;
      }
      const behind = connect({ host: hostname, port: Number(port) });
      sockets.add(behind.on('error', () => undefined));
      socket.pipe(behind).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
  });
  afterEach(() => {
    meet = [];
    logged = [];
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });
  afterAll(async () => {
    door.close();
    await testDatabase.dispose();
  });

  let logged: string[] = [];
  const logger = createLogger({
    level: 'warn',
    destination: {
      write: (line: string) => {
        logged.push(line);
      },
    },
  });
  const open = (patience: Patience, connectionMilliseconds?: number): Promise<Database> => {
    const url = new URL(testDatabase.url);
    url.port = String((door.address() as AddressInfo).port);
    return Database.open({
      url: url.href,
      subgraph: 'projects',
      entities: [],
      migrations: [],
      logger,
      patience,
      ...(connectionMilliseconds && { connectionMilliseconds }),
    });
  };
  const patient = { milliseconds: 60_000, pauseMilliseconds: 1 };

  it('waits while the server is starting, says so, and goes on', async () => {
    meet = [sayStartingUp, sayStartingUp, sayStartingUp];
    const database = await open(patient);
    expect(await database.readiness()).toEqual({ ready: true });
    expect(logged.filter((line) => line.includes('waiting for PostgreSQL'))).toHaveLength(3);
    expect(logged[0]).toContain('the database system is starting up');
    await database.dispose();
  });

  it('waits while the server takes connections and is too busy to answer', async () => {
    meet = [sayNothing, sayNothing];
    const database = await open(patient, 500);
    expect(await database.readiness()).toEqual({ ready: true });
    expect(meet).toEqual([]);
    await database.dispose();
  });

  it('says in one line why it gave up when that has not changed for as long as it waits', async () => {
    meet = Array(1_000).fill(sayStartingUp);
    const failure = await open({ milliseconds: 0, pauseMilliseconds: 1 }).catch((error: unknown) => error);
    expect(startProblem(failure)).toEqual([
      'PostgreSQL has not let Meridian in for 0 s (the database system is starting up)',
    ]);
  });

  it('does not wait for a server that ends the connection, nor where nobody listens', async () => {
    meet = [(socket) => socket.destroy()];
    await expect(open(patient)).rejects.toThrow(/ECONNRESET|terminated unexpectedly/);
    expect(logged).toEqual([]);
    const url = new URL(testDatabase.url);
    url.port = String(await lastingPort());
    const nobody = Database.open({
      url: url.href,
      subgraph: 'projects',
      entities: [],
      migrations: [],
      logger,
    });
    await expect(nobody).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
