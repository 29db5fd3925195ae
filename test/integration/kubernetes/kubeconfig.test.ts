import { describe, expect, it } from 'vitest';
import { BadUserInputError } from '../../../subgraphs/shared/errors.js';
import { createAddressPolicy } from '../../../subgraphs/shared/kubernetes/address-policy.js';
import { readKubeconfig } from '../../../subgraphs/shared/kubernetes/kubeconfig.js';
import { caCertificate, clientCertificate, clientKey, otherKey } from '../../kit/certificates.js';

const field = ['input', 'kubeconfig'];
const policy = createAddressPolicy({ networks: ['10.0.0.0/8'], origins: ['http://127.0.0.1:8001'] });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const read = (config: unknown) =>
  readKubeconfig(typeof config === 'string' ? config : JSON.stringify(config), policy, field);

const kubeconfig = (cluster: object, user: object, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Config',
  preferences: {},
  'current-context': 'one',
  contexts: [
    { name: 'other', context: { cluster: 'c', user: 'dangerous' } },
    { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'dev' } },
  ],
  clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
  users: [
    { name: 'dangerous', user: { exec: { command: 'sh' } } },
    { name: 'u', user },
  ],
  ...rest,
});

describe('a kubeconfig', () => {
  it('gives server, authority and token of its current context, and no other context is looked at', () => {
    const config = kubeconfig(
      { 'certificate-authority-data': base64(caCertificate), 'tls-server-name': 'kube.test', extensions: [] },
      { token: 'abc.def', exec: null, username: '' },
    );
    expect(read(config)).toEqual({
      server: 'https://10.0.0.1:6443',
      caCertificate,
      tlsServerName: 'kube.test',
      authentication: { kind: 'TOKEN', token: 'abc.def' },
    });
  });

  it('gives a client certificate with its key', () => {
    const user = {
      'client-certificate-data': base64(clientCertificate),
      'client-key-data': base64(clientKey),
    };
    expect(read(kubeconfig({}, user)).authentication).toEqual({
      kind: 'CLIENT_CERTIFICATE',
      certificate: clientCertificate,
      key: clientKey,
    });
  });

  it('may be YAML, and plain http where that very origin is allowed', () => {
    const yaml = [
      'apiVersion: v1',
      'kind: Config',
      'current-context: sandbox',
      'clusters: [{ name: c, cluster: { server: "http://127.0.0.1:8001" } }]',
      'users:',
      '- name: u',
      '  user:',
      '    token: t',
      'contexts:',
      '- name: sandbox',
      '  context: { cluster: c, user: u }',
    ].join('\n');
    expect(read(yaml).server).toBe('http://127.0.0.1:8001');
  });

  it.each([
    ['clusters[0].cluster.certificate-authority', { 'certificate-authority': '/etc/passwd' }, {}],
    ['clusters[0].cluster.insecure-skip-tls-verify', { 'insecure-skip-tls-verify': true }, {}],
    ['clusters[0].cluster.proxy-url', { 'proxy-url': 'http://10.0.0.9' }, {}],
    ['clusters[0].cluster.server', { server: 'http://127.0.0.1' }, {}],
    ['clusters[0].cluster.server', { server: 'https://169.254.169.254' }, {}],
    ['clusters[0].cluster.server', { server: 'https://[::1]' }, {}],
    ['clusters[0].cluster.server', { server: 'file:///etc/passwd' }, {}],
    ['clusters[0].cluster.server', { server: 'https://user:pass@10.0.0.1' }, {}],
    ['clusters[0].cluster.server', { server: '' }, {}],
    ['clusters[0].cluster.server', { server: 7 }, {}],
    ['clusters[0].cluster.surprise', { surprise: 1 }, {}],
    ['clusters[0].cluster.certificate-authority-data', { 'certificate-authority-data': base64('no') }, {}],
    ['clusters[0].cluster.certificate-authority-data', { 'certificate-authority-data': '!!' }, {}],
    ['users[1].user.exec', {}, { exec: { command: 'sh', args: ['-c', 'touch /tmp/x'] } }],
    ['users[1].user.auth-provider', {}, { 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'sh' } } }],
    ['users[1].user.tokenFile', {}, { tokenFile: '/etc/shadow' }],
    ['users[1].user.token-file', {}, { 'token-file': '/etc/shadow' }],
    ['users[1].user.client-key', {}, { 'client-key': '/root/key' }],
    ['users[1].user.client-certificate', {}, { 'client-certificate': '/root/crt' }],
    ['users[1].user.as', {}, { as: 'admin' }],
    ['users[1].user.as-groups', {}, { 'as-groups': ['system:masters'] }],
    ['users[1].user.as-user-extra', {}, { 'as-user-extra': { a: ['b'] } }],
    ['users[1].user.as-uid', {}, { 'as-uid': '1' }],
    ['users[1].user.username', {}, { username: 'admin' }],
    ['users[1].user.password', {}, { password: 'hunter2' }],
    ['users[1].user.token', {}, { token: 'a\r\nx-evil: 1' }],
    ['users[1].user.token', {}, { token: { a: 1 } }],
    ['users[1].user', {}, { token: '' }],
    [
      'users[1].user.client-key-data',
      {},
      {
        'client-certificate-data': base64(clientCertificate),
        'client-key-data': base64(otherKey),
      },
    ],
    [
      'users[1].user.client-key-data',
      {},
      {
        'client-certificate-data': base64(clientCertificate),
        'client-key-data': base64('-----BEGIN PRIVATE KEY-----'),
      },
    ],
  ])('is refused for %s, naming that path and a remedy (%j %j)', (path, cluster, user) => {
    const problem = problemsOf(kubeconfig(cluster, { token: 't', ...user })).find(({ message }) =>
      message.startsWith(`kubeconfig ${path} `),
    );
    expect(problem?.field).toEqual(field);
    expect(problem?.message).not.toMatch(/hunter2|user:pass|x-evil|\/etc\/shadow/);
  });

  it('reports all that is refused together', () => {
    const problems = problemsOf(
      kubeconfig({ 'proxy-url': 'x' }, { exec: { command: 'sh' }, tokenFile: '/x' }),
    );
    expect(problems.map(({ message }) => message.split(' ')[1])).toEqual([
      'clusters[0].cluster.proxy-url',
      'users[1].user.exec',
      'users[1].user.tokenFile',
    ]);
  });

  it.each([
    ['no current-context', kubeconfig({}, {}, { 'current-context': '' }), /current-context is missing/],
    [
      'an unknown context',
      kubeconfig({}, {}, { 'current-context': 'x' }),
      /current-context is "x", but contexts has no entry with that name/,
    ],
    [
      'a context without a user',
      kubeconfig({}, {}, { contexts: [{ name: 'one', context: { cluster: 'c' } }] }),
      /contexts\[0\]\.context\.user is missing: name one of users/,
    ],
    [
      'two users of one name',
      kubeconfig({}, {}, { users: [{ name: 'u' }, { name: 'u' }] }),
      /users\[1\]\.name is the same/,
    ],
    ['users that are no list', kubeconfig({}, {}, { users: { u: {} } }), /users is not a list/],
    ['another kind', { kind: 'Secret' }, /kind is "Secret": it has to be "Config"/],
    ['a list', '- a', /is not a kubeconfig/],
    ['nothing', '', /kubeconfig is empty/],
    ['a prototype for a user', '{"current-context":"__proto__","contexts":[]}', /has no entry/],
  ])('is refused with %s', (_what, config, message) => {
    expect(() => read(config)).toThrow(message);
    expect(() => read(config)).toThrow(BadUserInputError);
  });
});

function problemsOf(config: unknown): BadUserInputError['problems'] {
  try {
    read(config);
  } catch (error) {
    if (error instanceof BadUserInputError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}
