import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { ForbiddenError } from '../../shared/errors.js';
import type { ExecOutput } from '../../shared/kubernetes/exec-socket.js';
import type { Logger } from '../../shared/logger.js';
import type { PublishedEnvironment } from '../../shared/published/environment.js';
import { sealText } from '../../shared/sealed-text.js';
import type { ExecConfig } from '../config.js';
import { podsOf } from '../pod/pod.service.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import { type DebugContainerClient, debuggerName } from './debug-container.client.js';
import type { ExecClient, StartedExec } from './exec-client.js';
import { isAllowedCommand } from './exec-commands.js';
import type { ExecIntent, ExecJournal } from './exec-journal.js';
import { choosePlace, type ExecPlace } from './exec-place.js';
import { ExecRecording } from './exec-recording.js';
import type { ExecRequest } from './exec-request.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import { ExecSession } from './exec-session.js';
import type { ExecSessionRepository } from './exec-session.repository.js';

/** A session that runs, with its record. */
export interface OpenedSession {
  readonly row: ExecSessionEntity;
  readonly session: ExecSession;
  readonly recording: ExecRecording | null;
  readonly process: StartedExec['process'];
  /** Hands over what was printed meanwhile, and lets the output flow: to be called when the session has its reader. */
  readonly flow: () => void;
}

/** How far an attempt got, for what is to be written when it fails. */
export interface ExecAttempt {
  intent?: ExecIntent;
  place?: ExecPlace;
  row?: ExecSessionEntity;
}

/** Opens sessions: who may, where, on record, then the process. */
export class ExecOpener {
  constructor(
    private readonly access: ServiceAccess,
    private readonly environments: { find(id: string): Promise<PublishedEnvironment | undefined> },
    private readonly workloads: WorkloadClient,
    private readonly client: ExecClient,
    private readonly debugContainers: DebugContainerClient,
    private readonly journal: ExecJournal,
    private readonly sessions: ExecSessionRepository,
    private readonly recordingsKey: Uint8Array,
    private readonly config: ExecConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async open(caller: Caller, request: ExecRequest, attempt: ExecAttempt): Promise<OpenedSession> {
    const { set, service } = await this.access.require(caller, 'exec.open', request.serviceId);
    const intent: ExecIntent = {
      ...request,
      caller: set.caller,
      service,
      columns: request.size?.columns ?? 80,
      rows: request.size?.rows ?? 24,
      recorded: request.record || (await this.#isRecordingDemanded(service)),
      recordsInput: request.recordInput,
    };
    attempt.intent = intent;
    await this.#requireRights(caller, request);
    const target = choosePlace(podsOf(await this.workloads.get(service)), request.place, service, set.caller);
    const place = request.debugImage === null ? target : { ...target, container: debuggerName() };
    attempt.place = place;
    await this.client.requirePod(place);
    const row = await this.journal.begin(intent, place);
    attempt.row = row;
    return this.#start(row, request, place, target.container);
  }

  async #start(
    row: ExecSessionEntity,
    request: ExecRequest,
    place: ExecPlace,
    target: string,
  ): Promise<OpenedSession> {
    const early: ExecOutput[] = [];
    let deliver = (output: ExecOutput): void => {
      early.push(output);
    };
    const onOutput = (output: ExecOutput): void => deliver(output);
    const start = { command: request.command, tty: request.tty, ...request.size };
    const { process, command } =
      request.debugImage === null
        ? await this.client.open(place, start, onOutput)
        : await this.debugContainers.open(place, { image: request.debugImage, target }, start, onOutput);
    process.pause();
    const held: { session?: ExecSession } = {};
    const recording = row.recorded ? this.#recording(row, held) : null;
    const session = new ExecSession(
      {
        id: row.id,
        userId: row.userId,
        serviceId: row.serviceId,
        pod: place.pod,
        container: place.container,
        command,
        tty: request.tty,
        recorded: row.recorded,
      },
      this.clock,
      recording,
    );
    held.session = session;
    session.hold(early, true);
    await this.journal.opened(row.id, command).catch(async (error) => {
      await process.close();
      throw error;
    });
    const flow = (): void => {
      for (const output of early) session.output(output);
      deliver = (output) => session.output(output);
      session.hold(early, false);
    };
    return { row, session, recording, process, flow };
  }

  #recording(row: ExecSessionEntity, held: { readonly session?: ExecSession }): ExecRecording {
    const holder = {};
    return new ExecRecording({
      recordsInput: row.recordsInput,
      limit: this.config.recordingBytes,
      write: (sequence, text) =>
        this.sessions.appendRecording(row.id, sequence, sealText(text, this.recordingsKey, row.id)),
      onPressure: (pressed) => held.session?.hold(holder, pressed),
      onLost: () => void held.session?.close('The recording of the session could not be written'),
      clock: this.clock,
      logger: this.logger,
    });
  }

  async #requireRights(caller: Caller, request: ExecRequest): Promise<void> {
    if (request.debugImage !== null) await this.access.require(caller, 'exec.debug', request.serviceId);
    if (isAllowedCommand(request.command, this.config.commands)) return;
    try {
      await this.access.require(caller, 'exec.any-command', request.serviceId);
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      const listed = this.config.commands.map((command) => JSON.stringify(command)).join(', ');
      throw new ForbiddenError(
        'exec.any-command',
        `Without the permission exec.any-command you may run a shell without arguments${listed ? `, or one of ${listed}` : ''}: open a shell, or ask for the permission.`,
      );
    }
  }

  /** When the landscape is not known, as if it were production. */
  async #isRecordingDemanded({ environmentId }: ServiceEntity): Promise<boolean> {
    if (this.config.record !== 'production') return this.config.record === 'all';
    return (await this.environments.find(environmentId))?.production ?? true;
  }
}
