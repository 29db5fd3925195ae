import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeSubgraph extends AsyncDisposable {
  readonly url: string;
  /** Their paths. */
  readonly requests: string[];
}

/** Stands in for a subgraph process, or for a proxy in front of it, that misbehaves. */
export async function fakeSubgraph(listener: RequestListener): Promise<FakeSubgraph> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
