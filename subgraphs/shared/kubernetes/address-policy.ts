import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import ipaddr from 'ipaddr.js';
import { BadUserInputError } from '../errors.js';
import { isWithin, parseNetwork } from '../networks.js';
import { quoted } from './names.js';

/** Which API servers Meridian may talk to: a server's address is input, and must not lead into our own network. */
export interface AddressPolicy {
  /** The server's URL when it may be used; otherwise BadUserInputError. Resolves no name. */
  requireServer(server: string, field: readonly string[]): URL;
  /** As requireServer, and the addresses that the name has now must be allowed too. */
  requireResolvable(server: string, field: readonly string[]): Promise<URL>;
  /**
   * The `lookup` of every socket to that server: refuses, before connecting, addresses that are not allowed, so that
   * a name cannot be pointed elsewhere after it was accepted.
   */
  lookupFor(server: URL): LookupFunction;
}

/** The name led to an address that the policy refuses. */
export class AddressRefusedError extends Error {
  readonly code = 'ERR_ADDRESS_REFUSED';
  constructor() {
    super('the server has an address that is not allowed here');
  }
}

type Lookup = (
  hostname: string,
  options: { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Where clouds answer with their machines' credentials. No configured network opens these. */
const metadataAddresses = ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'].map((ip) =>
  ipaddr.process(ip).toNormalizedString(),
);

/** All public IPv6 addresses are here; what is outside and has no other name holds IPv4 ones (`::127.0.0.1`). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

const isAssigned = (ip: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  ip.kind() === 'ipv4' || (ip as ipaddr.IPv6).match(globalUnicast);

/**
 * @param options.networks CIDRs allowed besides public addresses, such as `10.0.0.0/8`
 * @param options.origins exact origins that are allowed whatever their address, and with http, such as
 *   `http://127.0.0.1:6443`
 * @throws Error whose message is the remedy, for the configuration reader
 */
export function createAddressPolicy(options: {
  networks: readonly string[];
  origins: readonly string[];
  lookup?: Lookup;
}): AddressPolicy {
  const networks = options.networks.map(parseNetwork);
  const origins = new Set(options.origins.map(parseOrigin));
  const lookup: Lookup = options.lookup ?? systemLookup;
  const resolve = promisify(lookup);

  const isAllowed = (address: string): boolean => {
    if (!ipaddr.isValid(address)) return false;
    const ip = ipaddr.process(address);
    if (metadataAddresses.includes(ip.toNormalizedString())) return false;
    if (ip.range() === 'unicast' && isAssigned(ip)) return true;
    return isWithin(ip, networks);
  };

  const requireServer = (server: string, field: readonly string[]): URL => {
    const refuse = (message: string) => BadUserInputError.at(field, message);
    // The text may hold a password: it is never repeated.
    if (server.length > 2_048 || !URL.canParse(server)) {
      throw refuse("The server is not a URL: give the API server's address, such as https://10.0.0.1:6443.");
    }
    const url = new URL(server);
    if (url.username || url.password) throw refuse('The server must not contain a user name or password.');
    if (url.search || url.hash) throw refuse('The server must not contain "?" or "#".');
    if (/(^|\/)\.\.?(\/|$)|%|\\/.test(server))
      throw refuse('The server must not contain "%", "\\" or dot segments.');
    if (origins.has(url.origin)) return url;
    if (url.protocol !== 'https:') {
      throw refuse(`The server starts with ${quoted(`${url.protocol}//`)}: use https://.`);
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (ipaddr.isValid(host) && !isAllowed(host)) {
      throw refusal(field, notAllowed(`The server's address ${host}`), new AddressRefusedError());
    }
    return url;
  };

  return {
    requireServer,

    async requireResolvable(server, field) {
      const url = requireServer(server, field);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (origins.has(url.origin) || ipaddr.isValid(host)) return url;
      const addresses = await resolve(host, { all: true }).catch(() => []);
      if (addresses.length === 0) {
        throw refusal(
          field,
          `The server's name ${quoted(host)} has no address: check its spelling.`,
          Object.assign(new Error('the name does not resolve'), { code: 'ENOTFOUND' }),
        );
      }
      if (!addresses.every(({ address }) => isAllowed(address))) {
        throw refusal(
          field,
          notAllowed(`The server's name ${quoted(host)} leads to an address that`),
          new AddressRefusedError(),
        );
      }
      return url;
    },

    lookupFor(server) {
      const free = origins.has(server.origin);
      return (hostname, { all }, callback) => {
        lookup(hostname, { all: true }, (error, addresses) => {
          if (error) return callback(error, []);
          const [first] = addresses;
          // One bad address among good ones would be tried as well.
          if (!first || (!free && !addresses.every(({ address }) => isAllowed(address)))) {
            return callback(new AddressRefusedError(), []);
          }
          return all ? callback(null, addresses) : callback(null, first.address, first.family);
        });
      };
    },
  };
}

/** The cause tells programs what the message tells people. */
function refusal(field: readonly string[], message: string, cause: Error): BadUserInputError {
  const error = BadUserInputError.at(field, message);
  error.cause = cause;
  return error;
}

const notAllowed = (subject: string): string =>
  `${subject} is not allowed here: only public addresses are, and the networks that the operator of Meridian lists in MERIDIAN_CLUSTER_NETWORKS.`;

function parseOrigin(text: string): string {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (/^https?:$/.test(url.protocol) && !url.username && url.pathname === '/' && !url.search)
      return url.origin;
  }
  throw new Error(`${quoted(text)} is not an origin: write it as https://host:port`);
}
