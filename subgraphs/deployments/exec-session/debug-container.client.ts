import { randomBytes } from 'node:crypto';
import {
  BadUserInputError,
  ConflictError,
  type MeridianError,
  NotFoundError,
  TimeoutError,
} from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import type { ExecEnd, ExecOutput, ExecSocket } from '../../shared/kubernetes/exec-socket.js';
import { openAttach } from '../../shared/kubernetes/exec-socket.js';
import { findObject, getObject } from '../../shared/kubernetes/objects.js';
import { pause } from '../../shared/kubernetes/pause.js';
import { objectPath, type Pod, resources } from '../../shared/kubernetes/resources.js';
import { isImageError } from '../rollout/blockers.js';
import type { ExecStart, StartedExec } from './exec-client.js';
import type { ExecPlace } from './exec-place.js';
import type { ExecProcess } from './exec-session.js';

const runningMilliseconds = 60_000;
const askEveryMilliseconds = 250;
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** As "kubectl debug" names them. */
export const debuggerName = (): string =>
  `debugger-${[...randomBytes(5)].map((byte) => suffixAlphabet.charAt(byte % suffixAlphabet.length)).join('')}`;

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['ephemeralContainerStatuses']>[number];

export interface DebugContainer {
  readonly image: string;
  /** The container whose processes it sees. */
  readonly target: string;
}

/** Ephemeral containers: they stay in the pod's specification for as long as the pod lives, ended or not. */
export class DebugContainerClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /**
   * Adds the container `place.container` to the pod, waits for a minute at most until it runs, and takes over its
   * terminal. BadUserInputError when its image can't be had, ConflictError when it ended before, TimeoutError.
   */
  async open(
    place: ExecPlace,
    debug: DebugContainer,
    start: ExecStart,
    onOutput: (output: ExecOutput) => void,
  ): Promise<StartedExec> {
    const connection = await this.connections.get(place.clusterId, { actingFor: place.person });
    await this.#add(connection, place, debug, start);
    await this.#untilRunning(connection, place, debug);
    const socket = await openAttach(connection, {
      namespace: place.namespace,
      pod: place.pod,
      container: place.container,
      tty: start.tty,
      stdin: true,
      columns: start.columns,
      rows: start.rows,
      onOutput,
    });
    return {
      process: this.#withExitCode(socket, connection, place),
      command: [...(start.command ?? [debug.image])],
    };
  }

  async #add(
    connection: KubernetesConnection,
    place: ExecPlace,
    debug: DebugContainer,
    start: ExecStart,
  ): Promise<void> {
    await connection.request({
      method: 'PATCH',
      path: objectPath(
        resources.pods,
        { namespace: place.namespace, name: place.pod },
        'ephemeralcontainers',
      ),
      query: { fieldManager: 'meridian' },
      // Added to those that are there, by name.
      contentType: 'application/strategic-merge-patch+json',
      body: {
        // Never another pod that took the name.
        metadata: { uid: place.uid },
        spec: {
          ephemeralContainers: [
            {
              name: place.container,
              image: debug.image,
              targetContainerName: debug.target,
              ...(start.command ? { command: start.command } : {}),
              stdin: true,
              // It ends with its session.
              stdinOnce: true,
              tty: start.tty,
              terminationMessagePolicy: 'File',
            },
          ],
        },
      },
    });
  }

  async #untilRunning(
    connection: KubernetesConnection,
    place: ExecPlace,
    debug: DebugContainer,
  ): Promise<void> {
    const deadline = performance.now() + runningMilliseconds;
    for (;;) {
      const pod = await getObject(connection, resources.pods, reference(place));
      if (pod.metadata?.uid !== place.uid) throw new NotFoundError('Pod', place.pod, ['input', 'pod']);
      const status = statusOf(pod, place.container);
      if (status?.state?.running) return;
      const problem = problemOf(pod, status, debug.image);
      if (problem) throw problem;
      if (performance.now() > deadline) {
        const waiting = status?.state?.waiting;
        throw new TimeoutError(
          `The debugging container does not run after ${runningMilliseconds / 1_000} s (${[waiting?.reason, waiting?.message].filter(Boolean).join(': ') || 'the node has not taken it up'}): look at the events of the pod.`,
        );
      }
      await pause(askEveryMilliseconds);
    }
  }

  /** A terminal that was taken over ends without telling how: the container's status does. */
  #withExitCode(socket: ExecSocket, connection: KubernetesConnection, place: ExecPlace): ExecProcess {
    const ended = socket.ended.then(async (end): Promise<ExecEnd> => {
      if (end.exitCode !== 0) return end;
      const terminated = await this.#terminated(connection, place);
      if (!terminated) return end;
      return { ...end, exitCode: terminated.exitCode, reason: `exited with code ${terminated.exitCode}` };
    });
    return {
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      write: (bytes) => socket.write(bytes),
      canCloseInput: socket.canCloseInput,
      closeInput: () => socket.closeInput(),
      resize: (columns, rows) => socket.resize(columns, rows),
      close: () => socket.close(),
      ended,
    };
  }

  async #terminated(connection: KubernetesConnection, place: ExecPlace) {
    for (let asked = 0; asked < 8; asked++) {
      const pod = await findObject(connection, resources.pods, reference(place)).catch(() => undefined);
      const terminated = pod && statusOf(pod, place.container)?.state?.terminated;
      if (!pod || terminated) return terminated;
      await pause(askEveryMilliseconds);
    }
    return undefined;
  }
}

const reference = ({ namespace, pod }: ExecPlace) => ({ namespace, name: pod });

const statusOf = (pod: Pod, container: string): ContainerStatus | undefined =>
  pod.status?.ephemeralContainerStatuses?.find(({ name }) => name === container);

/** What waiting longer does not mend. */
function problemOf(pod: Pod, status: ContainerStatus | undefined, image: string): MeridianError | undefined {
  const { waiting, terminated } = status?.state ?? {};
  if (isImageError(waiting?.reason)) {
    return BadUserInputError.at(
      ['input', 'debug', 'image'],
      `The image ${JSON.stringify(image)} can't be had (${[waiting?.reason, waiting?.message].filter(Boolean).join(': ')}): name another.`,
    );
  }
  if (terminated) {
    return new ConflictError(
      `The debugging container ended at once, with exit code ${terminated.exitCode}${terminated.reason ? ` (${terminated.reason})` : ''}: give an image with a shell, or a command that stays.`,
      { field: ['input', 'debug'] },
    );
  }
  if (
    pod.metadata?.deletionTimestamp ||
    pod.status?.phase === 'Failed' ||
    pod.status?.phase === 'Succeeded'
  ) {
    return new ConflictError('The pod is ending: choose another one.', { field: ['input', 'pod'] });
  }
  return undefined;
}
