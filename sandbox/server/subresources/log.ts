import type { KubernetesObject } from '../../storage/api.js';
import { badRequest } from '../../storage/api-errors.js';
import type { LogEntry } from '../../storage/runtime.js';
import { getExisting } from '../reads.js';
import type { ResourceRequest } from '../resource-request.js';
import { chooseContainer, containerStatus } from './container-choice.js';
import { type LogOptions, logTimestamp, readLogOptions } from './log-options.js';

/** A follower whose client reads slower than this is cut off. */
const BUFFER_LIMIT = 16 * 1024 * 1024;

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
  const writer = new LogWriter(request, options);
  writer.writeHistory(source.history());
  if (!options.follow) {
    writer.end();
    return;
  }
  const unfollow = source.follow(
    (entry) => writer.write(entry),
    () => writer.end(),
  );
  response.once('close', unfollow);
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

class LogWriter {
  private left: number;
  private isEnded = false;

  constructor(
    private readonly request: ResourceRequest,
    private readonly options: LogOptions,
  ) {
    this.left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    request.response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
    if (options.follow) request.response.flushHeaders();
  }

  writeHistory(entries: readonly LogEntry[]): void {
    const { since, tailLines } = this.options;
    const recent = since === undefined ? entries : entries.filter(({ time }) => time >= since);
    const last = tailLines === undefined ? recent : tailLines === 0 ? [] : recent.slice(-tailLines);
    for (const entry of last) this.write(entry);
  }

  write({ time, text, partial }: LogEntry): void {
    if (this.isEnded) return;
    const line = Buffer.from(
      `${this.options.timestamps ? `${logTimestamp(time)} ` : ''}${text}${partial ? '' : '\n'}`,
    );
    const { response } = this.request;
    response.write(line.length > this.left ? line.subarray(0, this.left) : line);
    this.left -= line.length;
    if (this.left <= 0) this.end();
    else if (response.writableLength > BUFFER_LIMIT) response.destroy();
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.request.response.end();
  }
}
