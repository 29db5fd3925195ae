import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { isWithin, type Network, parseNetwork } from '../../subgraphs/shared/networks.js';

type Request = {
  readonly headers: IncomingMessage['headers'];
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

/**
 * Whose request it is, by network address: what budgets and limits of callers without a user, sign-in attempts and
 * the audit log go by. That is who the connection comes from; when that is a proxy of ours, it is whom the proxy says
 * that it had the request from (`X-Forwarded-For`), and so on back to the first that is no proxy of ours. What stands
 * before it in the header anybody may have made up.
 */
export class ClientAddresses {
  readonly #proxies: readonly Network[];

  /** @param trustedProxies their addresses or CIDR ranges */
  constructor(trustedProxies: readonly string[]) {
    this.#proxies = trustedProxies.map(parseNetwork);
  }

  /** Null when the connection is gone already. */
  of({ headers, socket: { remoteAddress } }: Request): string | null {
    if (remoteAddress === undefined) return null;
    if (this.#proxies.length === 0 || !this.#isProxy(remoteAddress)) return remoteAddress;
    let nearest = remoteAddress;
    // Node joins several headers of the name in their order.
    const hops = String(headers['x-forwarded-for'] ?? '').split(',');
    for (const hop of hops.reverse()) {
      const address = addressIn(hop);
      if (address === undefined) return nearest;
      nearest = address;
      if (!this.#isProxy(address)) return nearest;
    }
    return nearest;
  }

  #isProxy(address: string): boolean {
    return ipaddr.isValid(address) && isWithin(ipaddr.process(address), this.#proxies);
  }
}

/** Some proxies add the port. Undefined for what is no address, such as `unknown`. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const [, bracketed, withPort] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  const address = bracketed ?? withPort ?? text;
  // Not octal numbers or single integers, which other programs read otherwise.
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  return isAddress ? ipaddr.process(address).toString() : undefined;
}
