import { dirname } from 'node:path';
import { readCommand, type SandboxCommand, USAGE, UsageError } from './command-line.js';
import {
  type Cluster,
  fillCluster,
  type Output,
  startClusters,
  writeMergedKubeconfig,
} from './run-clusters.js';
import type { Sandbox } from './sandbox.js';

const output: Output = {
  line: (text) => {
    process.stdout.write(`${text}\n`);
  },
  progress: (text) => {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
    else process.stdout.write(`${text}\n`);
  },
};

const run = async (command: SandboxCommand): Promise<void> => {
  const sandboxes: Sandbox[] = [];
  const stop = new AbortController();
  const end = async (code: number): Promise<void> => {
    stop.abort();
    await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.dispose()));
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      output.line('\nstopping');
      void end(0);
    });
  try {
    const clusters = await startClusters(command, (sandbox) => sandboxes.push(sandbox));
    const merged = await writeMergedKubeconfig(command, clusters);
    if (command.pods > 0)
      for (const cluster of clusters) {
        await fillCluster(cluster, output, stop.signal);
        if (process.stdout.isTTY) output.line('');
      }
    if (!stop.signal.aborted) output.line(introduction(command, clusters, merged));
  } catch (error) {
    process.stderr.write(`sandbox: ${explain(error)}\n`);
    await end(1);
  }
};

const explain = (error: unknown): string => {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `port ${port} is taken: name another one with --port, or 0 for any free one`;
  if (code === 'EACCES' && port !== undefined) return `port ${port} needs more rights: name one above 1023`;
  return message;
};

const introduction = (
  { nodes, pods, seed }: SandboxCommand,
  clusters: readonly Cluster[],
  merged: string,
): string => {
  const [first] = clusters as [Cluster];
  const urls = clusters.map(({ sandbox }) => sandbox.url).join(',');
  return `
${clusters.length} cluster${clusters.length === 1 ? '' : 's'} with ${nodes} nodes and ${pods} pods each (seed ${seed}):

${clusters.map(({ sandbox, path }) => `  ${sandbox.name}  ${sandbox.url}  ${path}`).join('\n')}

All of them are contexts of ${merged}. With kubectl:

  export KUBECONFIG=${merged}
  kubectl --context ${first.sandbox.name} get nodes
  kubectl --context ${first.sandbox.name} get pods -A

With Meridian, which has to be allowed to call these addresses, as a user who may register clusters (TOKEN):

  MERIDIAN_SANDBOX=0 MERIDIAN_CLUSTER_ORIGINS=${urls} npm start

${registration(clusters)}

Ctrl-C stops.`;
};

const registration = (clusters: readonly Cluster[]): string => {
  const names = clusters.map(({ sandbox }) => sandbox.name).join(' ');
  const folder = dirname(clusters[0]?.path ?? '');
  return `  for cluster in ${names}; do
    jq -n --arg name $cluster --rawfile kubeconfig ${folder}/$cluster.yaml '{
      query: "mutation($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } userErrors { field message } } }",
      variables: { input: { name: $name, infrastructure: "OTHER", kubeconfig: $kubeconfig } } }' |
    curl -s http://127.0.0.1:4000/graphql -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d @-
  done`;
};

try {
  const command = readCommand(process.argv.slice(2));
  if (command) await run(command);
  else output.line(USAGE);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`sandbox: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
