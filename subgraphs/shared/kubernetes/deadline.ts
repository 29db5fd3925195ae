import { setMaxListeners } from 'node:events';

/**
 * Runs with a signal that aborts when `ms` have passed (with `timedOut()` as reason) or one of the outer signals
 * aborts (with its reason). Rejects with that reason at once, whether or not `run` heeds the signal.
 *
 * What has come by the deadline counts, also when this process was too busy to read it until then (or the whole
 * machine slept): timers come before input in a turn of the event loop, so the verdict waits for the input of the turn.
 */
export async function withDeadline<T>(
  ms: number,
  outer: readonly (AbortSignal | undefined)[],
  timedOut: () => Error,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const unlink = linkSignals(controller, outer);
  let verdict: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    verdict = setImmediate(() => controller.abort(timedOut()));
  }, ms);
  try {
    controller.signal.throwIfAborted();
    const aborted = new Promise<never>((_resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), {
        once: true,
      });
    });
    return await Promise.race([aborted, run(controller.signal)]);
  } finally {
    clearTimeout(timer);
    clearImmediate(verdict);
    unlink();
  }
}

/** Aborts the controller when one of the signals does. Returns what unlinks them (AbortSignal.any leaks in Node.js 20). */
export function linkSignals(
  controller: AbortController,
  outer: readonly (AbortSignal | undefined)[],
): () => void {
  const links = outer.flatMap((signal) => {
    if (!signal) return [];
    const abort = () => controller.abort(signal.reason);
    // One request may make many calls at a time.
    setMaxListeners(0, signal);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return [() => signal.removeEventListener('abort', abort)];
  });
  return () => {
    for (const unlink of links) unlink();
  };
}
