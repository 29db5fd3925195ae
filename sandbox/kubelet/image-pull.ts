import { BackOff } from './back-off.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerState } from './container-state.js';
import type { Steering } from './faults.js';
import { type ImageReference, imageSize, parseImage } from './image.js';

const PULL_MS = 1000;
const LOOK_UP_MS = 150;
const FAIL_MS = 300;
const SYNC_MS = 1000;
const RETRY_MS = 12_000;

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

  constructor(
    private readonly host: ContainerHost,
    private readonly spec: any,
    private readonly image: ImageReference | undefined,
  ) {}

  step(steering: Steering): Progress {
    const now = this.host.now();
    if (this.due > now) return { next: this.due };
    if (!this.image) return this.refuseName();
    if (this.phase === 'pulling') return this.finish(this.image, steering);
    if (this.phase === 'failed') return this.backAway(this.image);
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
    const natural = steering.fault === 'image-pull' ? FAIL_MS : isPresent ? LOOK_UP_MS : PULL_MS;
    return this.wait(steering.pullMs ?? natural);
  }

  private finish(image: ImageReference, steering: Steering): Progress {
    if (steering.fault === 'image-pull') return this.fail(image);
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

  private fail(image: ImageReference): Progress {
    const problem = pullError(image);
    this.record('Warning', 'Failed', `Failed to pull image "${this.spec.image}": ${problem}`);
    this.record('Warning', 'Failed', 'Error: ErrImagePull');
    this.phase = 'failed';
    this.retryAt = this.host.now() + this.host.scaled(this.backOff.next());
    return this.wait(SYNC_MS, { kind: 'waiting', reason: 'ErrImagePull', message: problem });
  }

  private backAway(image: ImageReference): Progress {
    this.record('Normal', 'BackOff', `Back-off pulling image "${this.spec.image}"`);
    this.record('Warning', 'Failed', 'Error: ImagePullBackOff');
    this.phase = 'look';
    this.due = this.retryAt;
    const message = `Back-off pulling image "${this.spec.image}": ErrImagePull: ${pullError(image)}`;
    return { next: this.due, state: { kind: 'waiting', reason: 'ImagePullBackOff', message } };
  }

  private refuseName(): Progress {
    const message = nameError(this.spec.image);
    this.record('Warning', 'InspectFailed', message);
    this.record('Warning', 'Failed', 'Error: InvalidImageName');
    return this.wait(RETRY_MS, { kind: 'waiting', reason: 'InvalidImageName', message });
  }

  private wait(ms: number, state?: ContainerState): Progress {
    this.due = this.host.now() + this.host.scaled(ms);
    return { next: this.due, ...(state && { state }) };
  }

  private record(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.host.record(`spec.containers{${this.spec.name}}`, { type, reason, message });
  }
}

const pullError = ({ full, repository, tag }: ImageReference): string =>
  /missing|does-not-exist/.test(repository) || !/missing|does-not-exist/.test(tag)
    ? `failed to pull and unpack image "${full}": failed to resolve image: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`
    : `failed to pull and unpack image "${full}": failed to resolve image: ${full}: not found`;

function nameError(image: string): string {
  try {
    parseImage(image);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
