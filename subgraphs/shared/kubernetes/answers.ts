import { ClusterUnavailableError, TooLargeError } from '../errors.js';
import type { ClusterName } from './errors.js';

/** Rejects with TooLargeError as soon as there are more bytes than that; the rest is not read. */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  mostBytes: number,
  { clusterName }: ClusterName,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) {
      throw new TooLargeError(
        `The answer of cluster ${JSON.stringify(clusterName)} is larger than ${Math.floor(mostBytes / 1024 / 1024)} MiB.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined for an empty answer. */
export function parseAnswer(text: string, { clusterId, clusterName }: ClusterName): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Without the parser's error as cause: it quotes the answer.
    throw new ClusterUnavailableError(
      clusterId,
      `Cluster ${JSON.stringify(clusterName)} answered with something that is not JSON.`,
      Object.assign(new Error('the answer is not JSON'), { code: 'ERR_NOT_JSON' }),
    );
  }
}
