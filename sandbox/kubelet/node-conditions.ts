import { timestamp } from '../controllers/clock.js';
import type { Condition } from '../controllers/pod-condition.js';
import type { NodeFault } from './faults.js';

interface Report {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
}

/** What the kubelet of a node with these faults reports. */
const reports = (faults: ReadonlySet<NodeFault>): Report[] => [
  faults.has('memory-pressure')
    ? {
        type: 'MemoryPressure',
        isTrue: true,
        reason: 'KubeletHasInsufficientMemory',
        message: 'kubelet has insufficient memory available',
      }
    : {
        type: 'MemoryPressure',
        isTrue: false,
        reason: 'KubeletHasSufficientMemory',
        message: 'kubelet has sufficient memory available',
      },
  faults.has('disk-pressure')
    ? {
        type: 'DiskPressure',
        isTrue: true,
        reason: 'KubeletHasDiskPressure',
        message: 'kubelet has disk pressure',
      }
    : {
        type: 'DiskPressure',
        isTrue: false,
        reason: 'KubeletHasNoDiskPressure',
        message: 'kubelet has no disk pressure',
      },
  faults.has('pid-pressure')
    ? {
        type: 'PIDPressure',
        isTrue: true,
        reason: 'KubeletHasInsufficientPID',
        message: 'kubelet has insufficient PID available',
      }
    : {
        type: 'PIDPressure',
        isTrue: false,
        reason: 'KubeletHasSufficientPID',
        message: 'kubelet has sufficient PID available',
      },
  faults.has('not-ready')
    ? {
        type: 'Ready',
        isTrue: false,
        reason: 'KubeletNotReady',
        message:
          'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
      }
    : { type: 'Ready', isTrue: true, reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

export function nodeConditions(
  before: readonly Condition[],
  faults: ReadonlySet<NodeFault>,
  now: number,
): Condition[] {
  const time = timestamp(now);
  return reports(faults).map(({ type, isTrue, reason, message }) => {
    const status = isTrue ? 'True' : 'False';
    const known = before.find((condition) => condition.type === type);
    const lastTransitionTime = (known?.status === status && known.lastTransitionTime) || time;
    return { type, status, lastHeartbeatTime: time, lastTransitionTime, reason, message };
  });
}
