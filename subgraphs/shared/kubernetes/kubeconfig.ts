import { BadUserInputError, type InputProblem } from '../errors.js';
import type { AddressPolicy } from './address-policy.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import {
  checkedCertificate,
  checkedHostName,
  checkedKey,
  checkedToken,
  decodedBase64,
} from './credential-checks.js';
import { quoted } from './names.js';
import { parseStrictYaml } from './strict-yaml.js';

const limits = { maxBytes: 256 * 1024, maxDepth: 20 };

const runsPrograms =
  'would run a program on the host of Meridian. Create a service account in the cluster and use its token.';
const readsFile = (instead: string) =>
  `names a file on the host of Meridian. Put its content into ${instead} (kubectl config view --flatten --raw does).`;

/** Kubernetes' clients refuse both together as well. */
export const contradictsSkipping =
  'names an authority, though insecureSkipTlsVerify takes any certificate: give one of them.';

/** Fields that are understood but never followed, with what to do instead. */
const refusedClusterFields: Readonly<Record<string, string>> = {
  'certificate-authority': readsFile('certificate-authority-data'),
  'insecure-skip-tls-verify':
    'would accept any server. Give the certificate of its authority in certificate-authority-data; or, with the right to it, say insecureSkipTlsVerify in the input as well.',
  'proxy-url': 'is not followed. Give an address that Meridian can reach directly.',
};
const refusedUserFields: Readonly<Record<string, string>> = {
  exec: runsPrograms,
  'auth-provider': runsPrograms,
  tokenFile: readsFile('token'),
  'token-file': readsFile('token'),
  'client-certificate': readsFile('client-certificate-data'),
  'client-key': readsFile('client-key-data'),
  username: 'is not supported by Kubernetes any more. Use a token or a client certificate.',
  password: 'is not supported by Kubernetes any more. Use a token or a client certificate.',
  as: 'impersonates somebody else. Use credentials of their own.',
  'as-uid': 'impersonates somebody else. Use credentials of their own.',
  'as-groups': 'impersonates somebody else. Use credentials of their own.',
  'as-user-extra': 'impersonates somebody else. Use credentials of their own.',
};
const clusterFields = [
  'server',
  'certificate-authority-data',
  'tls-server-name',
  'extensions',
  'disable-compression',
];
const userFields = ['token', 'client-certificate-data', 'client-key-data', 'extensions'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * The credentials of the current context of an uploaded kubeconfig (YAML or JSON). The text is data from outside:
 * only an allow-list of fields is read, nothing is run, opened or connected to, and no other context is looked at.
 * Never hand it to client-node's `KubeConfig.loadFrom…`, which runs `exec` and reads files.
 *
 * @param field the input field that holds the text; messages name the path inside it
 * @param options.insecureSkipTlsVerify whoever gives the text may have any certificate taken, and asked for it
 */
export function readKubeconfig(
  text: string,
  policy: AddressPolicy,
  field: readonly string[],
  options: { readonly insecureSkipTlsVerify: boolean } = { insecureSkipTlsVerify: false },
): ClusterCredentials {
  const problems: InputProblem[] = [];
  const refuse = (path: string, message: string) =>
    problems.push({ field, message: `kubeconfig ${path} ${message}` });
  const fail = (path: string, message: string): never => {
    throw new BadUserInputError([
      ...problems,
      { field, message: `kubeconfig ${path} ${message}`.replace('  ', ' ') },
    ]);
  };

  let content: unknown;
  try {
    content = parseStrictYaml(text, limits);
  } catch (error) {
    fail('', error instanceof Error ? error.message : "can't be read.");
  }
  const root = isFields(content)
    ? content
    : fail('', 'is not a kubeconfig: give what kubectl config view --flatten --raw --minify prints.');
  const { kind } = root;
  if (kind !== undefined && kind !== 'Config') fail('kind', `is ${quoted(kind)}: it has to be "Config".`);

  const context = entry(root, 'contexts', 'context', { path: 'current-context', fields: root }, fail);
  const cluster = entry(root, 'clusters', 'cluster', context, fail);
  const user = entry(root, 'users', 'user', context, fail);

  for (const [part, refused, known] of [
    [cluster, refusedClusterFields, clusterFields],
    [user, refusedUserFields, userFields],
  ] as const) {
    for (const [name, value] of Object.entries(part.fields)) {
      const path = `${part.path}.${name}`;
      if (name === 'insecure-skip-tls-verify' && options.insecureSkipTlsVerify) continue;
      const remedy = Object.hasOwn(refused, name) ? refused[name] : undefined;
      if (remedy !== undefined) {
        if (!isUnset(value)) refuse(path, remedy);
      } else if (!known.includes(name)) refuse(path, 'is not a field that Meridian knows: remove it.');
    }
  }

  const read = <T>(part: Entry, name: string, check: (value: string) => T): T | null => {
    const value = part.fields[name];
    if (isUnset(value)) return null;
    const path = `${part.path}.${name}`;
    if (typeof value !== 'string') {
      refuse(path, 'is not text: put it in quotes.');
      return null;
    }
    try {
      return check(value);
    } catch (error) {
      if (error instanceof BadUserInputError) refuse(path, `is not accepted. ${error.message}`);
      else refuse(path, error instanceof Error ? error.message : 'is not valid.');
      return null;
    }
  };

  if (isUnset(cluster.fields['server'])) refuse(`${cluster.path}.server`, 'is missing.');
  const server = read(cluster, 'server', (value) =>
    policy.requireServer(value, field).href.replace(/\/$/, ''),
  );
  const caCertificate = read(cluster, 'certificate-authority-data', (value) =>
    checkedCertificate(decodedBase64(value)),
  );
  if (options.insecureSkipTlsVerify && !isUnset(cluster.fields['certificate-authority-data'])) {
    refuse(`${cluster.path}.certificate-authority-data`, contradictsSkipping);
  }
  const tlsServerName = read(cluster, 'tls-server-name', checkedHostName);
  const token = read(user, 'token', checkedToken);
  const certificate = read(user, 'client-certificate-data', (value) =>
    checkedCertificate(decodedBase64(value)),
  );
  const key =
    certificate && read(user, 'client-key-data', (value) => checkedKey(decodedBase64(value), certificate));
  if (problems.length === 0 && !token && !(certificate && key)) {
    refuse(user.path, 'holds no credentials: give token, or client-certificate-data and client-key-data.');
  }
  if (problems.length > 0 || !server) throw new BadUserInputError(problems);
  return {
    server,
    caCertificate,
    tlsServerName,
    ...(options.insecureSkipTlsVerify ? { insecureSkipTlsVerify: true } : {}),
    authentication:
      token || !certificate || !key
        ? { kind: 'TOKEN', token: token ?? '' }
        : { kind: 'CLIENT_CERTIFICATE', certificate, key },
  };
}

interface Entry {
  readonly path: string;
  readonly fields: Fields;
}

/** The entry of a named list, such as `users[1].user` for the name that the context gives. */
function entry(
  root: Fields,
  list: string,
  part: string,
  by: Entry,
  fail: (path: string, message: string) => never,
): Entry {
  const isCurrent = by.fields === root;
  const at = isCurrent ? by.path : `${by.path}.${part}`;
  const name = by.fields[isCurrent ? by.path : part];
  if (isUnset(name)) return fail(at, `is missing: name one of ${list}.`);
  const items: unknown = root[list];
  if (!Array.isArray(items)) return fail(list, 'is not a list.');
  const found = items.flatMap((item: unknown, index) =>
    isFields(item) && item['name'] === name ? [index] : [],
  );
  const [index, second] = found;
  if (index === undefined) return fail(at, `is ${quoted(name)}, but ${list} has no entry with that name.`);
  if (second !== undefined)
    return fail(`${list}[${second}].name`, `is the same as that of ${list}[${index}].`);
  const path = `${list}[${index}].${part}`;
  const fields: unknown = (items[index] as Fields)[part];
  return isFields(fields) ? { path, fields } : fail(path, 'is missing.');
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** kubectl writes empty values for what is not set. */
const isUnset = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.keys(value).length === 0);
