import type { Informer } from './informer.js';
import type { KubernetesObject } from './wire.js';

/**
 * Waits until the informer's first list is in, though not for long: a cluster that does not answer must not hold up
 * an answer about others. Does not wait at all once an attempt has failed. Look at `observation()` afterwards.
 */
export async function firstList(
  informer: Informer<KubernetesObject>,
  options: { readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  if (informer.hasSynced || informer.observation().error) return;
  const limit = AbortSignal.timeout(options.limitMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  await informer.synced(signal).catch(() => undefined);
}
