import { BackOff } from './back-off.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerState } from './container-state.js';
import type { Fault, Steering } from './faults.js';
import { type ImageReference, imageSize, parseImage } from './image.js';

const PULL_MS = 1000;
const LOOK_UP_MS = 150;
const FAIL_MS = 300;
const SLOW_PULL_MS = 30_000;
const RETRY_MS = 12_000;
const LOOK_AGAIN_MS = 13_500;

interface Progress {
  /** When to step again; undefined when the image is there. */
  readonly next: number | undefined;
  readonly state?: ContainerState;
}

/** Gets the image onto the node, or says as the kubelet does why not. */
export class ImagePull {
  private readonly backOff = new BackOff();
  private phase: 'look' | 'pulling' | 'failed' = 'look';
  private due = 0;
  private retryAt = 0;
  private startedAt = 0;
  private lastProblem = '';

  constructor(
    private readonly host: ContainerHost,
    private readonly spec: any,
    private readonly image: ImageReference | undefined,
    private readonly path: string,
  ) {}

  step(steering: Steering): Progress {
    const now = this.host.now();
    if (this.due > now) return { next: this.due };
    if (!this.image) return this.refuseName();
    if (this.phase === 'pulling') return this.finish(this.image, steering);
    if (this.phase === 'failed') return this.backAway();
    return this.look(this.image, steering);
  }

  private look(image: ImageReference, steering: Steering): Progress {
    const isPresent = this.host.images.has(this.host.node, image);
    const policy: string = this.spec.imagePullPolicy ?? (image.tag === 'latest' ? 'Always' : 'IfNotPresent');
    if (isPresent && policy !== 'Always') {
      const message = `Container image "${this.spec.image}" already present on machine and can be accessed by the pod`;
      this.record('Normal', 'Pulled', message);
      return { next: undefined };
    }
    if (policy === 'Never') {
      const message = `Container image "${this.spec.image}" is not present with pull policy of Never`;
      this.record('Warning', 'ErrImageNeverPull', message);
      this.record('Warning', 'Failed', 'Error: ErrImageNeverPull');
      return this.wait(RETRY_MS, { kind: 'waiting', reason: 'ErrImageNeverPull', message });
    }
    this.record('Normal', 'Pulling', `Pulling image "${this.spec.image}"`);
    this.phase = 'pulling';
    this.startedAt = this.host.now();
    const natural = this.problem(image, steering) ? FAIL_MS : isPresent ? LOOK_UP_MS : PULL_MS;
    const asked = steering.pullMs ?? (steering.fault === 'slow-pull' ? SLOW_PULL_MS : undefined);
    return this.waitUntil(
      this.startedAt + (asked === undefined ? this.host.latency(natural) : this.host.scaled(asked)),
    );
  }

  private finish(image: ImageReference, steering: Steering): Progress {
    const problem = this.problem(image, steering);
    if (problem) return this.fail(problem);
    this.phase = 'look';
    this.due = 0;
    this.host.images.add(this.host.node, image);
    const took = `${Math.max(1, Math.round(this.host.now() - this.startedAt))}ms`;
    this.record(
      'Normal',
      'Pulled',
      `Successfully pulled image "${this.spec.image}" in ${took} (${took} including waiting). Image size: ${imageSize(image)} bytes.`,
    );
    return { next: undefined };
  }

  /** Why the image cannot be had now, in containerd's words. */
  private problem(image: ImageReference, { fault }: Steering): string | undefined {
    const kind = fault !== undefined && PULL_FAULTS.has(fault) ? fault : undefined;
    if (!kind && !this.host.isRegistryUnreachable) return undefined;
    return pullError(image, kind ?? 'registry-unreachable');
  }

  private fail(problem: string): Progress {
    this.record('Warning', 'Failed', `Failed to pull image "${this.spec.image}": ${problem}`);
    this.record('Warning', 'Failed', 'Error: ErrImagePull');
    this.phase = 'failed';
    this.lastProblem = problem;
    this.retryAt = this.host.now() + this.host.scaled(this.backOff.next());
    return this.wait(LOOK_AGAIN_MS, { kind: 'waiting', reason: 'ErrImagePull', message: problem });
  }

  private backAway(): Progress {
    this.record('Normal', 'BackOff', `Back-off pulling image "${this.spec.image}"`);
    this.record('Warning', 'Failed', 'Error: ImagePullBackOff');
    this.phase = 'look';
    // The kubelet looks again only so often, also when the back-off is over before.
    this.due = Math.max(this.retryAt, this.host.now() + this.host.scaled(LOOK_AGAIN_MS));
    const message = `Back-off pulling image "${this.spec.image}": ErrImagePull: ${this.lastProblem}`;
    return { next: this.due, state: { kind: 'waiting', reason: 'ImagePullBackOff', message } };
  }

  private refuseName(): Progress {
    const message = nameError(this.spec.image);
    this.record('Warning', 'InspectFailed', message);
    this.record('Warning', 'Failed', 'Error: InvalidImageName');
    return this.wait(RETRY_MS, { kind: 'waiting', reason: 'InvalidImageName', message });
  }

  private wait(ms: number, state?: ContainerState): Progress {
    return this.waitUntil(this.host.now() + this.host.scaled(ms), state);
  }

  private waitUntil(due: number, state?: ContainerState): Progress {
    this.due = due;
    return { next: due, ...(state && { state }) };
  }

  private record(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.host.record(this.path, { type, reason, message });
  }
}

const PULL_FAULTS: ReadonlySet<Fault> = new Set(['image-pull', 'image-denied', 'registry-unreachable']);

/** A repository that does not exist looks to clients as one that they may not read. */
function pullError({ full, registry, repository, tag }: ImageReference, fault: Fault): string {
  const failed = `failed to pull and unpack image "${full}": failed to resolve image`;
  if (fault === 'registry-unreachable')
    return `${failed}: failed to do request: Head "https://${registry}/v2/${repository}/manifests/${tag}": dial tcp 192.0.2.1:443: connect: connection refused`;
  const isTagMissing = fault === 'image-pull' && /missing|does-not-exist/.test(tag);
  return isTagMissing && !/missing|does-not-exist/.test(repository)
    ? `${failed}: ${full}: not found`
    : `${failed}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
}

function nameError(image: string): string {
  try {
    parseImage(image);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
