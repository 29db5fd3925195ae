import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { type Clock, systemClock } from './controllers/clock.js';
import { startControllers } from './controllers/controllers.js';
import { startKubelet } from './kubelet/kubelet.js';
import { Access } from './server/access/access.js';
import { TokenIssuer } from './server/access/token-issuer.js';
import type { User } from './server/access/user.js';
import { RequestLog } from './server/request-log.js';
import { startServer } from './server/server.js';
import type { Api } from './storage/api.js';
import { openStorage } from './storage/open-storage.js';
import { seededRandom } from './storage/random.js';

export interface SandboxOptions {
  readonly name: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The same seed gives the same uids, names and faults. */
  readonly seed?: number;
  readonly nodes?: number;
  /** The version that the API server says it has, such as `v1.36.2`. */
  readonly version?: string;
  readonly clock?: Clock;
  /** Multiplies every simulated duration: 0.1 is ten times as fast. */
  readonly pace?: number;
  /** Writes kept per resource for watches; a client that wants older ones gets 410. */
  readonly historyLimit?: number;
  /** False: nothing but the API server; objects stay as they are written. */
  readonly controllers?: boolean;
}

export interface Sandbox {
  readonly name: string;
  readonly url: string;
  /** Of an account that may do everything. */
  readonly token: string;
  /** YAML with the address and the token. */
  readonly kubeconfig: string;
  /** The cluster's objects without HTTP. */
  readonly api: Api;
  readonly requests: RequestLog;
  /** Lets the history be forgotten, as etcd does after some minutes: older watches and page tokens get 410. */
  compact(): void;
  dispose(): Promise<void>;
}

const ADMIN: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const VERSION = 'v1.36.2';
const NODES = 3;
/** A real garbage collector also needs a moment to see what is to be done. */
const COLLECTOR_DELAY_MS = 10;

/** A Kubernetes cluster in memory: API server on a loopback port, controllers and simulated nodes. */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { name, clock = systemClock, pace = 1, nodes = NODES, version = VERSION } = options;
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
  const token = randomBytes(24).toString('base64url');
  const requests = new RequestLog();
  const withControllers = options.controllers ?? true;
  const kubelet = withControllers
    ? startKubelet(registry.as('kubelet'), { clock, random, nodes, pace })
    : undefined;
  const controllers = withControllers ? startControllers(registry, { clock }) : undefined;
  let address = '';
  const server = await startServer(
    {
      registry,
      access: new Access(registry.store, new Map([[token, ADMIN]]), new TokenIssuer(registry.store, now)),
      now,
      clock,
      version,
      address: () => address,
      runtime: () => kubelet?.runtime,
    },
    requests,
    options.port,
  );
  address = `127.0.0.1:${server.port}`;
  const url = `http://${address}`;
  return {
    name,
    url,
    token,
    kubeconfig: kubeconfigOf(name, url, token),
    api: registry,
    requests,
    compact: () => registry.store.compact(),
    dispose: async () => {
      controllers?.dispose();
      kubelet?.dispose();
      storage.dispose();
      await server.dispose();
    },
  };
};

const kubeconfigOf = (name: string, server: string, token: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name: `${name}-admin`, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: `${name}-admin` } }],
    'current-context': name,
  });
