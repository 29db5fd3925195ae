import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { SandboxCommand } from './command-line.js';
import { isPodReady } from './controllers/pod-condition.js';
import { kubeconfigOf } from './kubeconfig.js';
import {
  createWorkload,
  hasFault,
  nodesFor,
  planWorkloads,
  type SampleWorkload,
} from './sample-workloads.js';
import { type Sandbox, startSandbox } from './sandbox.js';

export interface Cluster {
  readonly sandbox: Sandbox;
  readonly plan: readonly SampleWorkload[];
  /** Of the kubeconfig. */
  readonly path: string;
}

export interface Output {
  line(text: string): void;
  /** Replaces the progress shown before it. */
  progress(text: string): void;
}

const DEPLOYMENTS_AT_ONCE = 10;
const PROGRESS_MS = 500;

/** Starts the clusters one after the other, so that what fails names its cluster. Throws when a port is taken. */
export const startClusters = async (
  command: SandboxCommand,
  started: (sandbox: Sandbox) => void,
): Promise<Cluster[]> => {
  const clusters: Cluster[] = [];
  await mkdir(command.kubeconfigFolder, { recursive: true });
  for (let index = 0; index < command.clusters; index += 1) {
    const seed = command.seed + index;
    const plan = planWorkloads(command.pods, command.broken, seed);
    const name = `cluster-${index + 1}`;
    const sandbox = await startSandbox({
      name,
      seed,
      nodes: nodesFor(command.nodes, plan),
      port: command.port === 0 ? 0 : command.port + index,
      pace: command.pace,
      tls: !command.http,
      metrics: command.metrics,
    });
    started(sandbox);
    const path = join(command.kubeconfigFolder, `${name}.yaml`);
    await writeSecret(path, sandbox.kubeconfig);
    clusters.push({ sandbox, plan, path });
  }
  return clusters;
};

/** Writes the kubeconfig that has all clusters; returns its path. */
export const writeMergedKubeconfig = async (
  { kubeconfigFolder }: SandboxCommand,
  clusters: readonly Cluster[],
): Promise<string> => {
  const path = join(kubeconfigFolder, 'kubeconfig.yaml');
  const entries = clusters.map(({ sandbox: { name, url, caCertificate, token } }) => ({
    name,
    url,
    caCertificate,
    user: { token },
  }));
  await writeSecret(path, kubeconfigOf(entries));
  return path;
};

/** Creates the planned Deployments and waits until all pods that can run do. */
export const fillCluster = async (
  { sandbox, plan }: Cluster,
  output: Output,
  stop: AbortSignal,
): Promise<void> => {
  for (const [index, workload] of plan.entries()) {
    if (stop.aborted) return;
    createWorkload(sandbox.api, workload);
    if (index % DEPLOYMENTS_AT_ONCE === 0) await turn();
  }
  const wanted = plan.reduce((sum, { replicas, fault }) => sum + (fault ? 0 : replicas), 0);
  for (;;) {
    const ready = sandbox.api.list('pods').filter((pod) => isPodReady(pod) && !hasFault(pod)).length;
    output.progress(`${sandbox.name}: ${ready} of ${wanted} pods are ready`);
    if (ready >= wanted || stop.aborted) return;
    await delay(PROGRESS_MS, undefined, { signal: stop }).catch(() => undefined);
  }
};

/** Readable by its owner alone, also when it was there before. */
const writeSecret = async (path: string, text: string): Promise<void> => {
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600 });
};
