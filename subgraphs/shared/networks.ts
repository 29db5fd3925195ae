import ipaddr from 'ipaddr.js';
import { quoted } from './kubernetes/names.js';

export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixBits: number];

/**
 * @param text a CIDR range such as `10.0.0.0/8`, or one address
 * @throws Error whose message is the remedy, for the configuration reader
 */
export function parseNetwork(text: string): Network {
  try {
    if (ipaddr.isValid(text)) {
      const ip = ipaddr.parse(text);
      return [ip, ip.kind() === 'ipv4' ? 32 : 128];
    }
    return ipaddr.parseCIDR(text);
  } catch {
    throw new Error(`${quoted(text)} is not a network: write it as 10.0.0.0/8 or fd00::/8`);
  }
}

export const isWithin = (ip: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Network[]): boolean =>
  networks.some(([network, bits]) => network.kind() === ip.kind() && ip.match([network, bits] as never));
