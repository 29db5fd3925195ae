import type { ContainerRole } from './container-restarts.js';
import { type ImageReference, parseImage } from './image.js';

/** Stands for a name that is no image's. */
export const UNKNOWN_IMAGE = parseImage('unknown');

const FIELDS: Readonly<Record<ContainerRole, string>> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  main: 'containers',
  ephemeral: 'ephemeralContainers',
};

/** As events name a container, such as `spec.containers{nginx}`. */
export const fieldPathOf = (container: any, role: ContainerRole): string =>
  `spec.${FIELDS[role]}{${container.name}}`;

/** Undefined when the name of the image is not valid. */
export function imageOf(container: any): ImageReference | undefined {
  try {
    return parseImage(container.image);
  } catch {
    return undefined;
  }
}
