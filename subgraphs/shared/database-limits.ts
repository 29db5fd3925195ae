/**
 * How long a free connection is waited for before the request fails with an error: an exhausted pool must not wait
 * for ever (DB-8). Longer than the event loop of a starting process is ever busy.
 */
export const connectionMilliseconds = 5_000;
