import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { freePort } from '../../subgraphs/shared/postgres/free-port.js';

/**
 * For what stops in a test and may come back at its address. A port that the system chooses is one that clients get
 * as well: while nobody listens on it, another program's connection or server may take it, and answer in the place
 * of what is to be gone.
 */
export const lastingPort = freePort;

/** Listens on a port of that kind, and gives it. */
export async function listenOnLastingPort(server: Server): Promise<number> {
  for (;;) {
    server.listen(await lastingPort(), '127.0.0.1');
    try {
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    } catch (error) {
      // Another test was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}
