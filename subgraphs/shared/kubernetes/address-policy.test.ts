import { describe, expect, it } from 'vitest';
import { BadUserInputError } from '../errors.js';
import { AddressRefusedError, createAddressPolicy } from './address-policy.js';

const field = ['input', 'kubeconfig'];
const open = createAddressPolicy({ networks: [], origins: [] });

describe('the address of an API server', () => {
  it.each([
    'https://203.0.113.9.example.com',
    'https://8.8.8.8:6443',
    'https://[2606:4700::1]/k8s/cluster-1',
  ])('is accepted when it is public: %s', (server) => {
    expect(open.requireServer(server, field).protocol).toBe('https:');
  });

  it.each([
    'http://127.0.0.1',
    'https://127.0.0.1:6443',
    'https://127.1',
    'https://2130706433',
    'https://0x7f.0.0.1',
    'https://0.0.0.0',
    'https://169.254.169.254',
    'https://[::1]:6443',
    'https://[::]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:a9fe:a9fe]',
    'https://[64:ff9b::7f00:1]',
    'https://[2002:7f00:1::]',
    'https://[::127.0.0.1]',
    'https://[::7f00:1]',
    'https://[0:0:0:0:0:0:0:1]',
    'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]',
    'https://[fec0::1]',
    'https://[ff02::1]',
    'https://[100::1]',
    'https://[2001:db8::1]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://[64:ff9b:1::a9fe:a9fe]',
    'https://[::ffff:0:127.0.0.1]',
    'https://[fe80::a9fe:a9fe]',
    'https://0177.0.0.1',
    'https://127.0.0.1.',
    'https://0',
    'https://198.18.0.1',
    'https://192.0.0.192',
    'https://240.0.0.1',
    'https://255.255.255.255',
    'https://[fe80::1]',
    'https://[fd00:ec2::254]',
    'https://10.0.0.1',
    'https://172.16.0.1',
    'https://192.168.1.1',
    'https://100.64.0.1',
    'https://168.63.129.16',
    'https://224.0.0.1',
    'http://example.com',
    'file:///etc/passwd',
    'unix:///run/docker.sock',
    'ftp://example.com',
    'https://user:pass@example.com',
    'https://token@example.com',
    'https://example.com/?a=b',
    'https://example.com/#a',
    'https://example.com/a/../b',
    'https://example.com/%2e%2e/b',
    'example.com:6443',
    '',
    `https://${'a'.repeat(3000)}.com`,
  ])('is refused at its field: %s', (server) => {
    expect.assertions(2);
    try {
      open.requireServer(server, field);
    } catch (error) {
      expect(error).toBeInstanceOf(BadUserInputError);
      expect((error as BadUserInputError).field).toEqual(field);
    }
  });

  it('never repeats a password that stood in it', () => {
    expect(() => open.requireServer('https://user:hunter2@example.com', field)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('may lie in a network that the operator lists, except where clouds hand out credentials', () => {
    const policy = createAddressPolicy({
      networks: ['10.0.0.0/8', '169.254.0.0/16', 'fd00::/8', '192.168.1.5'],
      origins: [],
    });
    expect(policy.requireServer('https://10.1.2.3', field).hostname).toBe('10.1.2.3');
    expect(policy.requireServer('https://[fd00::1]', field).hostname).toBe('[fd00::1]');
    expect(policy.requireServer('https://192.168.1.5', field).hostname).toBe('192.168.1.5');
    expect(() => policy.requireServer('https://192.168.1.6', field)).toThrow(BadUserInputError);
    expect(() => policy.requireServer('https://169.254.169.254', field)).toThrow(BadUserInputError);
    expect(() => policy.requireServer('https://[fd00:ec2::254]', field)).toThrow(BadUserInputError);
  });

  it('may be plain http only as an origin listed exactly', () => {
    const policy = createAddressPolicy({ networks: [], origins: ['http://127.0.0.1:6443'] });
    expect(policy.requireServer('http://127.0.0.1:6443', field).port).toBe('6443');
    expect(() => policy.requireServer('http://127.0.0.1:6444', field)).toThrow(BadUserInputError);
    expect(() => policy.requireServer('https://127.0.0.1:6443', field)).toThrow(BadUserInputError);
    expect(() => policy.requireServer('http://localhost:6443', field)).toThrow(BadUserInputError);
  });

  it('is a setting that says what is wrong with it', () => {
    expect(() => createAddressPolicy({ networks: ['10/8x'], origins: [] })).toThrow(
      /"10\/8x" is not a network/,
    );
    expect(() => createAddressPolicy({ networks: [], origins: ['localhost'] })).toThrow(/is not an origin/);
  });
});

describe('the name of an API server', () => {
  const resolvingTo = (...addresses: string[]) => {
    const answers = [...addresses];
    return createAddressPolicy({
      networks: [],
      origins: [],
      lookup: (_name, _options, callback) => {
        const address = answers.length > 1 ? answers.shift() : answers[0];
        callback(
          null,
          String(address)
            .split(',')
            .map((ip) => ({ address: ip, family: ip.includes(':') ? 6 : 4 })),
        );
      },
    });
  };

  it('is refused at registration when it leads to an address that is not allowed', async () => {
    const policy = resolvingTo('127.0.0.1');
    await expect(policy.requireResolvable('https://kube.example', field)).rejects.toThrow(
      /"kube\.example" leads to an address that is not allowed here/,
    );
  });

  it('is refused when only one of its addresses is not allowed', async () => {
    await expect(resolvingTo('8.8.8.8,::1').requireResolvable('https://kube.example', field)).rejects.toThrow(
      BadUserInputError,
    );
  });

  it('is refused at each connect once it leads elsewhere, whichever form of lookup the socket uses', async () => {
    const policy = resolvingTo('8.8.8.8', '169.254.169.254');
    const url = await policy.requireResolvable('https://kube.example', field);
    for (const all of [true, false]) {
      const outcome = await new Promise((resolve) => {
        policy.lookupFor(url)('kube.example', { all }, (error, address) => resolve(error ?? address));
      });
      expect(outcome).toBeInstanceOf(AddressRefusedError);
    }
  });
});
