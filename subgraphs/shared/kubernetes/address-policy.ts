import type { LookupFunction } from 'node:net';
export interface AddressPolicy {
  /** The server's URL when it may be used; otherwise BadUserInputError. Resolves no name. */
  requireServer(server: string, field: readonly string[]): URL;
  /** As requireServer, and the addresses that the name has now must be allowed. */
  requireResolvable(server: string, field: readonly string[]): Promise<URL>;
  /** The `lookup` of sockets to that server: refuses addresses that are not allowed, before connecting. */
  lookupFor(server: URL): LookupFunction;
}
export function createAddressPolicy(_options: {
  networks: readonly string[];
  origins: readonly string[];
}): AddressPolicy {
  throw new Error('being written');
}
