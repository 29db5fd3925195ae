import { createHash } from 'node:crypto';

export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** As containerd names it: registry, repository and tag or digest. */
  readonly full: string;
  /** The last part of the repository. */
  readonly name: string;
}

const DEFAULT_REGISTRY = 'docker.io';

/** Throws with containerd's words when the name is no reference. */
export function parseImage(image: string): ImageReference {
  const [named = '', digest] = image.split('@');
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const path = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : 'latest';
  const [first = '', ...rest] = path.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const registry = hasRegistry ? first : DEFAULT_REGISTRY;
  const bare = hasRegistry ? rest.join('/') : path;
  const repository = registry === DEFAULT_REGISTRY && !bare.includes('/') ? `library/${bare}` : bare;
  const upper = bare.split('/').find((part) => /[A-Z]/.test(part) && part !== first);
  if (/[A-Z]/.test(bare)) throw refusal(image, `repository name (${upper ?? bare}) must be lowercase`);
  if (!/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(bare)) throw refusal(image);
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw refusal(image);
  const full = digest ? `${registry}/${repository}@${digest}` : `${registry}/${repository}:${tag}`;
  return { registry, repository, tag, full, name: bare.split('/').at(-1) ?? bare };
}

const refusal = (image: string, detail?: string): Error =>
  new Error(
    `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format${detail ? `: ${detail}` : ''}`,
  );

export const imageId = ({ full }: ImageReference): string =>
  `sha256:${createHash('sha256').update(full).digest('hex')}`;

/** Bytes, the same for the same image. */
export const imageSize = ({ full }: ImageReference): number =>
  8_000_000 + (createHash('sha256').update(`size ${full}`).digest().readUInt32BE(0) % 180_000_000);

/** Which images each node has already pulled. */
export class ImageStore {
  private readonly present = new Map<string, Set<string>>();

  has(node: string, image: ImageReference): boolean {
    return this.present.get(node)?.has(image.full) ?? false;
  }

  add(node: string, image: ImageReference): void {
    const images = this.present.get(node) ?? new Set();
    images.add(image.full);
    this.present.set(node, images);
  }
}
