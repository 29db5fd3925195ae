import { parseArgs } from 'node:util';

export interface SandboxCommand {
  readonly clusters: number;
  readonly nodes: number;
  /** In each cluster. */
  readonly pods: number;
  /** Percent of the Deployments that do not become healthy. */
  readonly broken: number;
  /** Of the first cluster; the others have the next ones. 0: any free ones. */
  readonly port: number;
  readonly seed: number;
  readonly pace: number;
  readonly http: boolean;
  readonly metrics: boolean;
  readonly kubeconfigFolder: string;
}

export const USAGE = `npm run sandbox -- [flags]

Runs Kubernetes clusters in memory, to try kubectl, Meridian or any other client on. Ctrl-C stops them;
nothing is kept.

  --clusters N            how many clusters (1)
  --nodes N               nodes of each cluster (3)
  --pods N                pods of each cluster, in Deployments over several namespaces (50)
  --broken N              percent of the Deployments that do not become healthy (0)
  --port N                port of the first cluster, the others have the next ones; 0: any free ones (6443)
  --seed N                the same seed gives the same names, uids, faults and placements (1)
  --pace X                multiplies simulated durations: 0.1 is ten times as fast (1)
  --http                  plain HTTP instead of HTTPS
  --no-metrics            without metrics-server, so that metrics.k8s.io is not there
  --kubeconfig-dir DIR    where the kubeconfigs are written (.meridian/sandbox)
  --help                  this text
`;

/** What is wrong with the flags, for the person who typed them. */
export class UsageError extends Error {}

const options = {
  clusters: { type: 'string', default: '1' },
  nodes: { type: 'string', default: '3' },
  pods: { type: 'string', default: '50' },
  broken: { type: 'string', default: '0' },
  port: { type: 'string', default: '6443' },
  seed: { type: 'string', default: '1' },
  pace: { type: 'string', default: '1' },
  http: { type: 'boolean', default: false },
  'no-metrics': { type: 'boolean', default: false },
  'kubeconfig-dir': { type: 'string', default: '.meridian/sandbox' },
  help: { type: 'boolean', default: false },
} as const;

/** Undefined when help is asked for. Throws UsageError. */
export const readCommand = (args: readonly string[]): SandboxCommand | undefined => {
  const values = parse(args);
  if (values.help) return undefined;
  const clusters = integer('clusters', values.clusters, 1, 100);
  const port = integer('port', values.port, 0, 65_535);
  if (port > 0 && port + clusters - 1 > 65_535)
    throw new UsageError(
      `--port ${port} leaves no room for ${clusters} clusters: take one up to ${65_536 - clusters}`,
    );
  return {
    clusters,
    port,
    nodes: integer('nodes', values.nodes, 1, 1000),
    pods: integer('pods', values.pods, 0, 100_000),
    broken: integer('broken', values.broken, 0, 100),
    seed: integer('seed', values.seed, 0, 2 ** 32 - 1),
    pace: decimal('pace', values.pace, 0.001, 1000),
    http: values.http,
    metrics: !values['no-metrics'],
    kubeconfigFolder: values['kubeconfig-dir'],
  };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const integer = (flag: string, given: string, min: number, max: number): number => {
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= min && value <= max) return value;
  throw new UsageError(`--${flag} is ${JSON.stringify(given)}: give it a whole number from ${min} to ${max}`);
};

const decimal = (flag: string, given: string, min: number, max: number): number => {
  const value = Number(given);
  if (/^\d+(\.\d+)?$/.test(given) && value >= min && value <= max) return value;
  throw new UsageError(`--${flag} is ${JSON.stringify(given)}: give it a number from ${min} to ${max}`);
};
