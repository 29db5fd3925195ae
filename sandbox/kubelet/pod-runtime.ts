import { ApiError, type KubernetesObject } from '../storage/api.js';
import type { ContainerRuntime, ExecProcess, LogSource } from '../storage/runtime.js';
import type { ContainerInstance } from './container-instance.js';
import type { PodWorker } from './pod-worker.js';

const KUBELET_PORT = 10250;

/** Finds the container that a log or exec request is about. */
export class PodRuntime implements ContainerRuntime {
  constructor(private readonly workerOf: (pod: KubernetesObject) => PodWorker | undefined) {}

  log(pod: KubernetesObject, container: string, { previous }: { previous: boolean }): LogSource | undefined {
    const machine = this.reach(pod)?.machine(container);
    return (previous ? machine?.previous : machine?.instance)?.log;
  }

  exec(
    pod: KubernetesObject,
    container: string,
    options: { command: string[]; tty: boolean; stdin: boolean },
  ): ExecProcess {
    return this.running(pod, container).start(options);
  }

  attach(pod: KubernetesObject, container: string, options: { stdin: boolean }): ExecProcess {
    return this.running(pod, container).attach(options);
  }

  private running(pod: KubernetesObject, container: string): ContainerInstance {
    const machine = this.reach(pod)?.machine(container);
    if (!machine?.isRunning || !machine.instance)
      throw new ApiError(500, 'InternalError', `container not found ("${container}")`);
    return machine.instance;
  }

  /** Throws when the pod's node is lost: the API server asks its kubelet. */
  private reach(pod: KubernetesObject): PodWorker | undefined {
    const worker = this.workerOf(pod);
    if (worker?.isNodeLost)
      throw new ApiError(
        500,
        'InternalError',
        `error dialing backend: dial tcp ${pod['status']?.hostIP}:${KUBELET_PORT}: connect: no route to host`,
      );
    return worker;
  }
}
