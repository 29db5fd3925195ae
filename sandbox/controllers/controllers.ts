import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import type { UsageSource } from '../storage/runtime.js';
import { AutoscalerController } from './autoscaling/autoscaler.controller.js';
import { CronJobController } from './batch/cron-job.controller.js';
import { JobController } from './batch/job.controller.js';
import { type Clock, pacedClock } from './clock.js';
import { DaemonSetController } from './daemon-set.controller.js';
import { DeploymentController } from './deployment.controller.js';
import { DisruptionController } from './disruption.controller.js';
import { EndpointsController } from './endpoints.controller.js';
import { startEventExpiry } from './event-expiry.js';
import { NamespaceController } from './namespace.controller.js';
import { NodeLifecycleController } from './nodes/node-lifecycle.controller.js';
import { PodGarbageController } from './nodes/pod-garbage.controller.js';
import { TaintEvictionController } from './nodes/taint-eviction.controller.js';
import { ObjectCache } from './object-cache.js';
import { controllerOf } from './ownership.js';
import { ReplicaSetController } from './replicaset.controller.js';
import { ServiceAccountController } from './service-account.controller.js';
import { StatefulSetController } from './statefulset.controller.js';
import { sandboxStorageClasses } from './storage-classes.js';
import { VolumeController } from './volume.controller.js';

export interface ControllerOptions {
  readonly clock: Clock;
  /** Multiplies every duration that a specification names: 0.1 is ten times as fast. */
  readonly pace?: number;
  /** What autoscalers go by; without it the cluster has no resource metrics. */
  readonly usage?: UsageSource | undefined;
  /** Created at the start where they are missing. */
  readonly storageClasses?: readonly Draft[];
  /** PEM; goes into kube-root-ca.crt of every namespace. */
  readonly rootCertificate?: string;
}

const NO_CERTIFICATE = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';

/** Starts everything that moves a cluster to what its objects ask for, except scheduler and kubelet. */
export function startControllers(api: Api, options: ControllerOptions): { dispose(): void } {
  const { storageClasses = sandboxStorageClasses, rootCertificate = NO_CERTIFICATE } = options;
  const clock = pacedClock(options.clock, options.pace ?? 1);
  for (const draft of storageClasses)
    if (!api.get('storageclasses', undefined, draft.metadata.name ?? '')) api.create('storageclasses', draft);

  const byNamespace = ({ metadata }: KubernetesObject) => [metadata.namespace ?? ''];
  const deployments = new ObjectCache(api, 'deployments');
  const replicaSets = new ObjectCache(api, 'replicasets', byNamespace);
  const statefulSets = new ObjectCache(api, 'statefulsets');
  const pods = new ObjectCache(api, 'pods', podIndex);
  const services = new ObjectCache(api, 'services', byNamespace);
  const claims = new ObjectCache(api, 'persistentvolumeclaims');
  const volumes = new ObjectCache(api, 'persistentvolumes');
  const classes = new ObjectCache(api, 'storageclasses');
  const namespaces = new ObjectCache(api, 'namespaces');
  const budgets = new ObjectCache(api, 'poddisruptionbudgets', byNamespace);
  const autoscalers = new ObjectCache(api, 'horizontalpodautoscalers');
  const daemonSets = new ObjectCache(api, 'daemonsets');
  const jobs = new ObjectCache(api, 'jobs', (job) => [controllerOf(job)?.uid ?? '']);
  const cronJobs = new ObjectCache(api, 'cronjobs');
  const nodes = new ObjectCache(api, 'nodes');
  const leases = new ObjectCache(api, 'leases');

  const running = [
    new ServiceAccountController(api, clock, namespaces, rootCertificate),
    new DeploymentController(api, clock, { deployments, replicaSets, pods }),
    new ReplicaSetController(api, clock, { replicaSets, pods }),
    new StatefulSetController(api, clock, { statefulSets, pods }),
    new VolumeController(api, clock, { claims, volumes, storageClasses: classes, pods }),
    new EndpointsController(api, clock, { services, pods }),
    new DisruptionController(api, clock, { budgets, pods, replicaSets, deployments, statefulSets }),
    new AutoscalerController(api, clock, { autoscalers, pods }, options.usage),
    new DaemonSetController(api, clock, { daemonSets, nodes, pods }),
    new JobController(api, clock, { jobs, pods }),
    new CronJobController(api, clock, { cronJobs, jobs }),
    new NodeLifecycleController(api, clock, { nodes, leases, pods }),
    new TaintEvictionController(api, clock, { nodes, pods }),
    new PodGarbageController(api, clock, { nodes, pods }),
    new NamespaceController(api, clock, namespaces),
    startEventExpiry(api, clock),
    deployments,
    replicaSets,
    statefulSets,
    pods,
    services,
    claims,
    volumes,
    classes,
    namespaces,
    budgets,
    autoscalers,
    daemonSets,
    jobs,
    cronJobs,
    nodes,
    leases,
  ];
  return {
    dispose: () => {
      for (const part of running) part.dispose();
    },
  };
}

/** By namespace, by node, by controller (or as an orphan), and by the claims it mounts. */
function podIndex({ metadata, spec }: KubernetesObject): string[] {
  const { namespace } = metadata;
  const claims = (spec.volumes ?? [])
    .filter((volume: any) => volume.persistentVolumeClaim)
    .map((volume: any) => `claim/${namespace}/${volume.persistentVolumeClaim.claimName}`);
  const owner = controllerOf({ metadata } as KubernetesObject)?.uid ?? `orphans/${namespace}`;
  return [`namespace/${namespace}`, `node/${spec.nodeName ?? ''}`, owner, ...claims];
}
