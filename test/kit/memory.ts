import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * What this process holds on to, in bytes: objects and buffers that survive a garbage collection. What sockets that are
 * closing let go of, or what is swept in the background, may still be among it: poll for its end.
 */
export async function heldBytes(): Promise<number> {
  collectGarbage();
  // What finalisers and closing sockets let go of is free after the next one.
  await sleep(10);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const mebibyte = 1_024 * 1_024;
