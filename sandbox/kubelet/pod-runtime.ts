import { ApiError, type KubernetesObject } from '../storage/api.js';
import type { ContainerRuntime, ExecProcess, LogSource } from '../storage/runtime.js';
import type { PodWorker } from './pod-worker.js';

/** Finds the container that a log or exec request is about. */
export class PodRuntime implements ContainerRuntime {
  constructor(private readonly workerOf: (pod: KubernetesObject) => PodWorker | undefined) {}

  log(pod: KubernetesObject, container: string, { previous }: { previous: boolean }): LogSource | undefined {
    const machine = this.workerOf(pod)?.machine(container);
    return (previous ? machine?.previous : machine?.instance)?.log;
  }

  exec(
    pod: KubernetesObject,
    container: string,
    options: { command: string[]; tty: boolean; stdin: boolean },
  ): ExecProcess {
    const machine = this.workerOf(pod)?.machine(container);
    if (!machine?.isRunning || !machine.instance)
      throw new ApiError(500, 'InternalError', `container not found ("${container}")`);
    return machine.instance.start(options);
  }
}
