export type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** What a promise came to, as a value: looked at before a transaction, told within it. */
export async function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** The value, or the error thrown. */
export function unwrap<T>(result: Settled<T>): T {
  if ('error' in result) throw result.error;
  return result.value;
}
