import { expect, test } from 'vitest';
import { ClientAddresses } from './client-address.js';

const addresses = new ClientAddresses(['10.0.0.0/8', '192.168.1.1', 'fd00::/8']);
const of = (remoteAddress: string | undefined, forwarded?: string, by = addresses) =>
  by.of({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  });

test.each<[title: string, peer: string | undefined, forwarded: string | undefined, client: string | null]>([
  ['a client without a proxy', '203.0.113.9', undefined, '203.0.113.9'],
  ['a client that says that it is a proxy', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a client behind a proxy', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['a client that made up where it comes from', '10.1.2.3', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  ['a client that made up a proxy of ours', '10.1.2.3', '198.51.100.1,10.9.9.9,203.0.113.9', '203.0.113.9'],
  ['a client behind two proxies', '10.1.2.3', '203.0.113.9, 192.168.1.1', '203.0.113.9'],
  ['a proxy that is not ours behind ours', '10.1.2.3', '203.0.113.9, 192.168.1.2', '192.168.1.2'],
  ['a proxy that says nothing', '10.1.2.3', undefined, '10.1.2.3'],
  ['a proxy that calls for itself', '10.1.2.3', '10.4.4.4', '10.4.4.4'],
  ['a proxy reached over IPv6', 'fd00::1', '2001:db8::7', '2001:db8::7'],
  ['an IPv4 proxy on an IPv6 socket', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['an IPv4 client in IPv6 form', '10.1.2.3', '::ffff:203.0.113.9', '203.0.113.9'],
  ['an address with a port', '10.1.2.3', '203.0.113.9:55123', '203.0.113.9'],
  ['an IPv6 address with a port', '10.1.2.3', '[2001:db8::7]:55123', '2001:db8::7'],
  ['an IPv6 address in brackets', '10.1.2.3', '[2001:db8::7]', '2001:db8::7'],
  ['no address at the end', '10.1.2.3', '203.0.113.9, unknown', '10.1.2.3'],
  ['no address behind a proxy', '10.1.2.3', '203.0.113.9, <script>, 10.9.9.9', '10.9.9.9'],
  ['an address in another notation', '10.1.2.3', '0313.0.113.9', '10.1.2.3'],
  ['a number', '10.1.2.3', '3405803785', '10.1.2.3'],
  ['an empty header', '10.1.2.3', '', '10.1.2.3'],
  ['an empty entry', '10.1.2.3', '203.0.113.9,', '10.1.2.3'],
  ['a connection that is gone', undefined, '203.0.113.9', null],
])('%s', (_, peer, forwarded, client) => {
  expect(of(peer, forwarded)).toBe(client);
});

test('without trusted proxies the header is what anybody may write', () => {
  expect(of('127.0.0.1', '203.0.113.9', new ClientAddresses([]))).toBe('127.0.0.1');
});
