import { ConflictError, type MeridianError, NotFoundError } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import type { ExecEnd, ExecOutput, ExecSocket } from '../../shared/kubernetes/exec-socket.js';
import { openExec } from '../../shared/kubernetes/exec-socket.js';
import { getObject } from '../../shared/kubernetes/objects.js';
import { pause } from '../../shared/kubernetes/pause.js';
import { resources } from '../../shared/kubernetes/resources.js';
import { serviceIdOf } from '../workload/labels.js';
import { shells } from './exec-commands.js';
import type { ExecPlace } from './exec-place.js';
import type { ExecProcess } from './exec-session.js';

/** A shell that neither says anything nor ends in this time is there. */
const shellMilliseconds = 400;
const notFoundCodes = new Set([126, 127, 128]);

export interface ExecStart {
  /** Null: the best shell found. */
  readonly command: readonly string[] | null;
  readonly tty: boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface StartedExec {
  readonly process: ExecProcess;
  readonly command: string[];
}

/** Processes in containers that run. */
export class ExecClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /** The pod must still be the one that was looked at, and the service's. */
  async requirePod(place: ExecPlace): Promise<void> {
    const connection = await this.connections.get(place.clusterId, { actingFor: place.person });
    const pod = await getObject(connection, resources.pods, { namespace: place.namespace, name: place.pod });
    if (pod.metadata?.uid !== place.uid || serviceIdOf(pod) !== place.serviceId) {
      throw new NotFoundError('Pod', place.pod, ['input', 'pod']);
    }
  }

  async open(
    place: ExecPlace,
    start: ExecStart,
    onOutput: (output: ExecOutput) => void,
  ): Promise<StartedExec> {
    if (start.command) {
      return {
        process: await this.#open(place, start, start.command, onOutput),
        command: [...start.command],
      };
    }
    let refusal: MeridianError | undefined;
    for (const shell of shells) {
      const held: ExecOutput[] = [];
      let deliver = (output: ExecOutput): void => {
        held.push(output);
      };
      const heard = new AbortController();
      const socket = await this.#open(place, start, [shell], (given) => {
        deliver(given);
        if (given.bytes.length > 0) heard.abort();
      });
      const end = await Promise.race([
        socket.ended,
        pause(shellMilliseconds, heard.signal).then(() => undefined),
      ]);
      if (end && isMissing(end)) {
        refusal = end.error ?? undefined;
        continue;
      }
      for (const given of held) onOutput(given);
      deliver = onOutput;
      return { process: socket, command: [shell] };
    }
    throw (
      refusal ??
      new ConflictError(
        `The image has none of the shells ${shells.join(', ')}: give a command that it has, or open a debugging container with debug.`,
        { field: ['input', 'command'] },
      )
    );
  }

  async #open(
    place: ExecPlace,
    start: ExecStart,
    command: readonly string[],
    onOutput: (output: ExecOutput) => void,
  ): Promise<ExecSocket> {
    const { tty, columns, rows } = start;
    return openExec(await this.connections.get(place.clusterId, { actingFor: place.person }), {
      namespace: place.namespace,
      pod: place.pod,
      container: place.container,
      command,
      tty,
      stdin: true,
      columns,
      rows,
      onOutput,
    });
  }
}

/** Runtimes say it by exit code, or by an error before anything ran. */
const isMissing = (end: ExecEnd): boolean =>
  (end.exitCode !== null && notFoundCodes.has(end.exitCode)) ||
  /not found|no such file|executable file/i.test(`${end.reason} ${end.error?.message ?? ''}`);
