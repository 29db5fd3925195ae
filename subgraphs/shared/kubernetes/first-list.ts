import { linkSignals } from './deadline.js';
import type { Informer } from './informer.js';
import type { KubernetesObject } from './wire.js';

/**
 * Waits until the informer's first list is in, though not for long: a cluster that does not answer must not hold up
 * an answer about others. Does not wait at all once an attempt has failed. Look at `observation()` afterwards.
 */
export async function firstList(
  informer: Informer<KubernetesObject>,
  options: { readonly limitMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (informer.hasSynced || informer.observation().error) return;
  const controller = new AbortController();
  const unlink = linkSignals(controller, [options.signal]);
  const timer = setTimeout(() => controller.abort(), options.limitMs);
  await informer.synced(controller.signal).catch(() => undefined);
  clearTimeout(timer);
  unlink();
}
