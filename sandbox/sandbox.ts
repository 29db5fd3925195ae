import { randomBytes } from 'node:crypto';
import { createAuthority } from './certificates.js';
import { type Clock, systemClock } from './controllers/clock.js';
import { startControllers } from './controllers/controllers.js';
import { type Credentials, kubeconfigOf } from './kubeconfig.js';
import { startKubelet } from './kubelet/kubelet.js';
import type { NodeShape } from './kubelet/nodes.js';
import { Access } from './server/access/access.js';
import { createBootstrapRoles } from './server/access/bootstrap-roles.js';
import { TokenIssuer } from './server/access/token-issuer.js';
import { AUTHENTICATED, MASTERS, type User } from './server/access/user.js';
import { Aggregator } from './server/aggregation/aggregator.js';
import { OpenApiDocuments } from './server/openapi/documents.js';
import { RequestLog } from './server/request-log.js';
import { servedVersions } from './server/served-groups.js';
import { type ServerTls, startServer } from './server/server.js';
import type { Api } from './storage/api.js';
import { openStorage } from './storage/open-storage.js';
import { seededRandom } from './storage/random.js';

export interface SandboxOptions {
  readonly name: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The same seed gives the same uids, names and faults. */
  readonly seed?: number;
  /** How many, of ordinary size, or which. */
  readonly nodes?: number | readonly NodeShape[];
  /** The version that the API server says it has, such as `v1.36.2`. */
  readonly version?: string;
  readonly clock?: Clock;
  /** Multiplies every simulated duration: 0.1 is ten times as fast. */
  readonly pace?: number;
  /** Multiplies only what nodes need to pull, create and start, not what a specification names. */
  readonly latency?: number;
  /** Writes kept per resource for watches; a client that wants older ones gets 410. */
  readonly historyLimit?: number;
  /** HTTPS with a certificate for 127.0.0.1 and localhost, made at the start. The default is plain HTTP. */
  readonly tls?: boolean;
  /** False: without metrics-server. metrics.k8s.io is then not there, as in many real clusters. */
  readonly metrics?: boolean;
  /** False: nothing but the API server; objects stay as they are written. */
  readonly controllers?: boolean;
}

export interface Sandbox {
  readonly name: string;
  readonly url: string;
  /** Of an account that may do everything. */
  readonly token: string;
  /** YAML with the address, the certificate of the authority when there is one, and the token. */
  readonly kubeconfig: string;
  /** With TLS: the same with a client certificate instead of the token. */
  readonly certificateKubeconfig: string | undefined;
  /** PEM, with TLS: what clients are to trust. */
  readonly caCertificate: string | undefined;
  /** The cluster's objects without HTTP. */
  readonly api: Api;
  readonly requests: RequestLog;
  /** Lets the history be forgotten, as etcd does after some minutes: older watches and page tokens get 410. */
  compact(): void;
  dispose(): Promise<void>;
}

const SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];
const SERVER_ADDRESSES = ['127.0.0.1', '10.96.0.1'];
const ADMIN: User = { name: 'kubernetes-admin', groups: [MASTERS, AUTHENTICATED] };
const VERSION = 'v1.36.2';
const NODES = 3;
/** A real garbage collector also needs a moment to see what is to be done. */
const COLLECTOR_DELAY_MS = 10;

/** A Kubernetes cluster in memory: API server on a loopback port, controllers and simulated nodes. */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { name, clock = systemClock, pace = 1, latency = 1, nodes = NODES, version = VERSION } = options;
  const random = seededRandom(options.seed ?? randomBytes(4).readUInt32BE());
  const now = () => clock.now();
  const { historyLimit } = options;
  const defer = (callback: () => void) => {
    const timer = clock.setTimeout(callback, COLLECTOR_DELAY_MS);
    return () => clock.clear(timer);
  };
  const storage = openStorage({
    now,
    random,
    defer,
    ...(historyLimit === undefined ? {} : { historyLimit }),
  });
  const { registry } = storage;
  const security = options.tls ? await makeCertificates(name) : undefined;
  createBootstrapRoles(registry);
  const token = randomBytes(24).toString('base64url');
  const requests = new RequestLog();
  const withControllers = options.controllers ?? true;
  const kubelet = withControllers
    ? startKubelet(registry.as('kubelet'), { clock, random, nodes, pace, latency })
    : undefined;
  const controllers = withControllers
    ? startControllers(registry, {
        clock,
        pace,
        usage: options.metrics === false ? undefined : kubelet?.usage,
        ...(security ? { rootCertificate: security.tls.clientAuthority } : {}),
      })
    : undefined;
  const aggregator = new Aggregator({
    registry,
    clock,
    usage: options.metrics === false ? undefined : kubelet?.usage,
    builtIn: servedVersions(),
  });
  let address = '';
  const server = await startServer(
    {
      registry,
      aggregator,
      openApi: new OpenApiDocuments(version),
      access: new Access(registry.store, new Map([[token, ADMIN]]), new TokenIssuer(registry.store, now)),
      now,
      clock,
      version,
      address: () => address,
      runtime: () => kubelet?.runtime,
    },
    requests,
    { port: options.port, tls: security?.tls },
  );
  address = `127.0.0.1:${server.port}`;
  const url = `${security ? 'https' : 'http'}://${address}`;
  const caCertificate = security?.tls.clientAuthority;
  return {
    name,
    url,
    token,
    kubeconfig: kubeconfigOf([{ name, url, caCertificate, user: { token } }]),
    certificateKubeconfig: security && kubeconfigOf([{ name, url, caCertificate, user: security.admin }]),
    caCertificate,
    api: registry,
    requests,
    compact: () => registry.store.compact(),
    dispose: async () => {
      aggregator.dispose();
      controllers?.dispose();
      kubelet?.dispose();
      storage.dispose();
      await server.dispose();
    },
  };
};

const makeCertificates = async (name: string): Promise<{ tls: ServerTls; admin: Credentials }> => {
  const authority = await createAuthority(`${name} sandbox CA`);
  const server = await authority.issueServer(SERVER_NAMES, SERVER_ADDRESSES);
  const admin = await authority.issueClient({ name: ADMIN.name, groups: [MASTERS] });
  return {
    tls: { ...server, clientAuthority: authority.certificate },
    admin: { clientCertificate: admin.certificate, clientKey: admin.key },
  };
};
