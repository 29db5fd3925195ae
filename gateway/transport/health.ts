import type { ServerResponse } from 'node:http';
import type { SubgraphSource } from '../sources/source.js';

interface Missing {
  readonly subgraph: string;
  readonly reason: string;
}

export function answerLivez(response: ServerResponse): void {
  send(response, 200, { status: 'ok' });
}

/**
 * 200 when every subgraph is ready, else 503 with the names and reasons of those that are not. The gateway serves the
 * fields of the others all the same: a load balancer that should keep it for that asks /livez.
 */
export async function answerReadyz(
  response: ServerResponse,
  sources: Iterable<SubgraphSource>,
  stopping: boolean,
): Promise<void> {
  if (stopping) {
    send(response, 503, { ready: false, reason: 'stopping' });
    return;
  }
  const checks = await Promise.all([...sources].map(missing));
  const absent = checks.filter((check) => check !== undefined);
  send(response, absent.length === 0 ? 200 : 503, {
    ready: absent.length === 0,
    ...(absent.length === 0 ? {} : { missing: absent }),
  });
}

async function missing(source: SubgraphSource): Promise<Missing | undefined> {
  try {
    const { ready, reason = 'not ready' } = await source.ready();
    return ready ? undefined : { subgraph: source.name, reason };
  } catch {
    return { subgraph: source.name, reason: 'cannot be asked' };
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
