import { posix } from 'node:path';
import type { InputProblem } from '../../../shared/errors.js';
import { isLabelName, isValidName, quoted } from '../../../shared/kubernetes/names.js';
import { readQuantity } from '../../../shared/kubernetes/quantity.js';
import type { ServiceSpec } from '../service-spec.js';
import { problem, repeated } from './problem.js';
import { secretProblems } from './variable-rules.js';

const maximumFileBytes = 512 * 1024;
// Kubernetes takes no ":" in the path of a mount.
const pathPattern = /^\/[^\0:]*$/;
/** Names of the volumes that hold the files. */
const takenVolumeNames: readonly string[] = ['files', 'secret-files'];

/** Files and volumes. */
export function storageProblems({ files, volumes }: ServiceSpec, at: readonly string[]): InputProblem[] {
  const path = (list: string, index: number, field: string): string[] => [...at, list, String(index), field];
  const isPath = (value: string): boolean =>
    value.length <= 1_024 && pathPattern.test(value) && value !== '/' && !value.split('/').includes('..');
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content ?? ''), 0);
  return [
    ...files.flatMap(({ name }, index) =>
      isPath(name) && !name.endsWith('/')
        ? []
        : [
            problem(
              path('files', index, 'path'),
              `${quoted(name)} is not an absolute path of a file: write it such as /etc/app.conf, without ":" and "..".`,
            ),
          ],
    ),
    ...files.flatMap(({ name, content, ...reference }, index) =>
      content === null
        ? secretProblems(name, reference, 'content', (field) => path('files', index, field))
        : [],
    ),
    ...(bytes > maximumFileBytes
      ? [
          problem(
            [...at, 'files'],
            `files hold ${bytes} bytes: at most ${maximumFileBytes} are taken, so bring large ones with the image or on a volume.`,
          ),
        ]
      : []),
    ...volumes.flatMap(({ name, path: mount, size, storageClass }, index) => [
      ...(isLabelName(name) && !takenVolumeNames.includes(name)
        ? []
        : [
            problem(
              path('volumes', index, 'name'),
              `${quoted(name)} is not a name for a volume: use at most 63 lower-case letters, digits and "-", and none of ${takenVolumeNames.join(', ')}.`,
            ),
          ]),
      ...(isPath(mount)
        ? []
        : [
            problem(
              path('volumes', index, 'path'),
              `${quoted(mount)} is not an absolute path: write it such as /data, without ":" and "..".`,
            ),
          ]),
      ...(size === null || (readQuantity(size)?.nanos ?? 0n) > 0n
        ? []
        : [problem(path('volumes', index, 'size'), `${quoted(size)} is not a size such as 1Gi.`)]),
      ...(storageClass === null || (size !== null && isValidName(storageClass))
        ? []
        : [
            problem(
              path('volumes', index, 'storageClass'),
              `${quoted(storageClass)} needs a size and must be the name of a storage class.`,
            ),
          ]),
    ]),
    ...repeated(volumes, ({ name }) => name).map((index) =>
      problem(
        path('volumes', index, 'name'),
        `Two volumes are named ${quoted(volumes[index]?.name)}: name each differently.`,
      ),
    ),
    ...placeProblems(files, volumes, path),
  ];
}

/** Each place can be given to one file or volume only. */
function placeProblems(
  files: ServiceSpec['files'],
  volumes: ServiceSpec['volumes'],
  path: (list: string, index: number, field: string) => string[],
): InputProblem[] {
  const mounts = [
    ...files.map(({ name }, index) => ({ place: name, field: path('files', index, 'path') })),
    ...volumes.map((volume, index) => ({ place: volume.path, field: path('volumes', index, 'path') })),
  ];
  return repeated(mounts, ({ place }) => posix.normalize(place).replace(/\/$/, '')).flatMap((index) => {
    const mount = mounts[index];
    return mount
      ? [
          problem(
            mount.field,
            `Another file or volume is at ${quoted(mount.place)} already: give each a path of its own.`,
          ),
        ]
      : [];
  });
}
