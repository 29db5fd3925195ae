import type { KubernetesObject } from '../../storage/api.js';
import { badRequest } from '../../storage/api-errors.js';
import type { LogEntry, LogReader, LogSource } from '../../storage/runtime.js';
import { getExisting } from '../reads.js';
import type { ResourceRequest } from '../resource-request.js';
import { chooseContainer, containerStatus } from './container-choice.js';
import { type LogOptions, logTimestamp, readLogOptions } from './log-options.js';

/** So many lines are made at a time, so that few wait for a slow client. */
const PIECE = 100;

/** Why a container that has not run has no log, in the words of the real server. */
const waitingReasons: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

export const handleLog = (request: ResourceRequest): void => {
  const { context, query, name, response } = request;
  const options = readLogOptions(query, name, context.now());
  const pod = getExisting(request);
  const container = chooseContainer(pod, query.get('container'));
  if (!pod['spec'].nodeName) {
    response.writeHead(204);
    response.end();
    return;
  }
  requireStarted(pod, container, options.previous);
  const source = context.runtime()?.log(pod, container, { previous: options.previous });
  if (!source) {
    if (options.previous) throw noPrevious(pod, container);
    throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ContainerCreating`);
  }
  const { since, tailLines: tail } = options;
  new LogWriter(request, options, source, source.open({ since, tail })).start();
};

const noPrevious = ({ metadata }: KubernetesObject, container: string) =>
  badRequest(`previous terminated container "${container}" in pod "${metadata.name}" not found`);

const requireStarted = (pod: KubernetesObject, container: string, previous: boolean): void => {
  const status = containerStatus(pod, container);
  if (previous) {
    if (!status?.lastState?.terminated) throw noPrevious(pod, container);
    return;
  }
  const { waiting } = status?.state ?? {};
  if (!waiting || status.lastState?.terminated) return;
  const why = waitingReasons[waiting.reason] ?? waiting.reason ?? 'ContainerCreating';
  throw badRequest(`container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${why}`);
};

/** Writes what a reader finds, at the pace of the client: a slow one reads on later, from what is kept by then. */
class LogWriter {
  private left: number;
  private isEnded = false;
  private isWaiting = false;
  private unwatch: () => void = () => undefined;

  constructor(
    private readonly request: ResourceRequest,
    private readonly options: LogOptions,
    private readonly source: LogSource,
    private readonly reader: LogReader,
  ) {
    this.left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  start(): void {
    const { options, source } = this;
    const { response } = this.request;
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
    if (options.follow) response.flushHeaders();
    response.once('close', () => this.end());
    if (options.follow && !source.isEnded) this.unwatch = source.watch(() => this.pump());
    this.pump();
  }

  private pump(): void {
    const { response } = this.request;
    while (!this.isEnded && !this.isWaiting) {
      const entries = this.reader.next(PIECE);
      if (entries.length === 0) {
        if (!this.options.follow || this.source.isEnded) this.end();
        return;
      }
      for (const entry of entries) this.write(entry);
      if (response.writableNeedDrain) {
        this.isWaiting = true;
        response.once('drain', () => {
          this.isWaiting = false;
          this.pump();
        });
      }
    }
  }

  private write({ time, text, bytes, partial }: LogEntry): void {
    if (this.isEnded) return;
    const line = Buffer.concat([
      Buffer.from(this.options.timestamps ? `${logTimestamp(time)} ` : ''),
      bytes ?? Buffer.from(text),
      Buffer.from(partial ? '' : '\n'),
    ]);
    this.request.response.write(line.length > this.left ? line.subarray(0, this.left) : line);
    this.left -= line.length;
    if (this.left <= 0) this.end();
  }

  private end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.unwatch();
    this.request.response.end();
  }
}
