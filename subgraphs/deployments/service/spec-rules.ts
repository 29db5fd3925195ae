import { BadUserInputError, type InputProblem } from '../../shared/errors.js';
import { isLabelName, isValidName, quoted } from '../../shared/kubernetes/names.js';
import { compareQuantities, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { ProbeSpec, ResourceAmountsSpec, ServiceSpec } from './service-spec.js';

export const maximumReplicas = 1_000;
const maximumListed = 100;
const maximumFileBytes = 512 * 1024;

/** Distribution's reference grammar: https://github.com/distribution/reference */
const imagePattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,128})?$/;
const variablePattern = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const portNamePattern = /^(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*$/;
const pathPattern = /^\/[^\0]*$/;
const countOrPercent = /^\d{1,4}%?$/;

const problem = (field: readonly string[], message: string): InputProblem => ({ field, message });

export const isImageReference = (image: string): boolean => image.length <= 512 && imagePattern.test(image);

/** Everything that is wrong with a specification, each with the path of its field below `input`. */
export function specProblems(spec: ServiceSpec, at: readonly string[] = ['input', 'spec']): InputProblem[] {
  const problems: InputProblem[] = [];
  const check = (good: boolean, field: readonly string[], message: string): void => {
    if (!good) problems.push(problem([...at, ...field], message));
  };
  check(
    isImageReference(spec.image),
    ['image'],
    spec.image === ''
      ? 'image is missing: name a container image such as nginx:1.27.'
      : `${quoted(spec.image)} is not an image reference: write [registry/]repository[:tag][@digest], such as registry.example/shop/web:1.4.`,
  );
  check(
    inRange(spec.replicas, 0, maximumReplicas),
    ['replicas'],
    `replicas is ${spec.replicas}: use 0 to ${maximumReplicas}.`,
  );
  check(
    inRange(spec.stopGraceSeconds, 0, 3_600),
    ['stopGraceSeconds'],
    `stopGraceSeconds is ${spec.stopGraceSeconds}: use 0 to 3600.`,
  );
  check(
    inRange(spec.progressDeadlineSeconds, 5, 86_400),
    ['progressDeadlineSeconds'],
    `progressDeadlineSeconds is ${spec.progressDeadlineSeconds}: use 5 to 86400.`,
  );
  for (const key of ['ports', 'environmentVariables', 'files', 'volumes'] as const) {
    check(
      spec[key].length <= (key === 'environmentVariables' ? 5 * maximumListed : maximumListed),
      [key],
      `${key} has ${spec[key].length} entries: too many.`,
    );
  }
  problems.push(
    ...portProblems(spec, at),
    ...variableProblems(spec, at),
    ...fileProblems(spec, at),
    ...amountProblems(spec.requests, [...at, 'requests']),
    ...amountProblems(spec.limits, [...at, 'limits']),
    ...limitProblems(spec, at),
    ...probeProblems(spec.readiness, [...at, 'readiness']),
    ...probeProblems(spec.liveness, [...at, 'liveness']),
    ...strategyProblems(spec, at),
  );
  return problems;
}

export function requireValidSpec(spec: ServiceSpec, at?: readonly string[]): void {
  const problems = specProblems(spec, at);
  if (problems.length > 0) throw new BadUserInputError(problems);
}

const inRange = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

/** Paths of the entries that repeat an earlier one. */
function repeated<T>(items: readonly T[], keyOf: (item: T) => string): number[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) return [index];
    seen.add(key);
    return [];
  });
}

function portProblems({ ports }: ServiceSpec, at: readonly string[]): InputProblem[] {
  const path = (index: number, field: string): string[] => [...at, 'ports', String(index), field];
  return [
    ...ports.flatMap((port, index) => [
      ...(port.name.length <= 15 && portNamePattern.test(port.name)
        ? []
        : [
            problem(
              path(index, 'name'),
              `${quoted(port.name)} is not a port name: use at most 15 lower-case letters, digits and "-", with a letter.`,
            ),
          ]),
      ...(['port', 'targetPort'] as const)
        .filter((field) => !inRange(port[field], 1, 65_535))
        .map((field) => problem(path(index, field), `${field} is ${port[field]}: use 1 to 65535.`)),
      ...(port.domain === null || (isValidName(port.domain) && port.domain.includes('.'))
        ? []
        : [
            problem(
              path(index, 'domain'),
              `${quoted(port.domain)} is not a host name: write it in lower case, such as shop.example.com.`,
            ),
          ]),
      ...(port.domain !== null && (port.exposure !== 'PUBLIC' || !isHttp(port.protocol))
        ? [problem(path(index, 'domain'), 'domain is for PUBLIC HTTP and HTTPS ports only.')]
        : []),
    ]),
    ...repeated(ports, (port) => port.name).map((index) =>
      problem(
        path(index, 'name'),
        `Two ports are named ${quoted(ports[index]?.name)}: name each differently.`,
      ),
    ),
    ...repeated(ports, (port) => `${port.port}/${port.protocol === 'UDP' ? 'UDP' : 'TCP'}`).map((index) =>
      problem(path(index, 'port'), `Port ${ports[index]?.port} is given twice: use each number once.`),
    ),
  ];
}

export const isHttp = (protocol: string): boolean => protocol === 'HTTP' || protocol === 'HTTPS';

function variableProblems({ environmentVariables }: ServiceSpec, at: readonly string[]): InputProblem[] {
  const path = (index: number, field: string): string[] => [
    ...at,
    'environmentVariables',
    String(index),
    field,
  ];
  return [
    ...environmentVariables.flatMap(({ name, value, secretRef, secretKey }, index) => [
      ...(name.length <= 200 && variablePattern.test(name)
        ? []
        : [
            problem(
              path(index, 'name'),
              `${quoted(name)} is not the name of an environment variable: use letters, digits, "_", "-" and ".", no digit first.`,
            ),
          ]),
      ...(value === null && (secretRef === null || secretKey === null)
        ? [problem(path(index, 'value'), `${quoted(name)} has no value: give one (an empty one is "").`)]
        : []),
      ...((value?.length ?? 0) > 128 * 1024
        ? [problem(path(index, 'value'), `The value of ${quoted(name)} is longer than 128 KiB.`)]
        : []),
    ]),
    ...repeated(environmentVariables, ({ name }) => name).map((index) =>
      problem(
        path(index, 'name'),
        `The variable ${quoted(environmentVariables[index]?.name)} is given twice: give it once.`,
      ),
    ),
  ];
}

function fileProblems({ files, volumes }: ServiceSpec, at: readonly string[]): InputProblem[] {
  const path = (list: string, index: number, field: string): string[] => [...at, list, String(index), field];
  const isPath = (value: string): boolean =>
    value.length <= 1_024 && pathPattern.test(value) && value !== '/' && !value.split('/').includes('..');
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  return [
    ...files.flatMap(({ name }, index) =>
      isPath(name)
        ? []
        : [problem(path('files', index, 'path'), `${quoted(name)} is not an absolute path of a file.`)],
    ),
    ...(bytes > maximumFileBytes
      ? [
          problem(
            [...at, 'files'],
            `files hold ${bytes} bytes: at most ${maximumFileBytes} fit in a ConfigMap.`,
          ),
        ]
      : []),
    ...repeated(files, ({ name }) => name).map((index) =>
      problem(path('files', index, 'path'), `${quoted(files[index]?.name)} is given twice.`),
    ),
    ...volumes.flatMap(({ name, path: mount, size, storageClass }, index) => [
      ...(isLabelName(name) && name !== 'files'
        ? []
        : [problem(path('volumes', index, 'name'), `${quoted(name)} is not a name for a volume.`)]),
      ...(isPath(mount)
        ? []
        : [problem(path('volumes', index, 'path'), `${quoted(mount)} is not an absolute path.`)]),
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
      problem(path('volumes', index, 'name'), `Two volumes are named ${quoted(volumes[index]?.name)}.`),
    ),
  ];
}

function amountProblems(amounts: ResourceAmountsSpec | null, at: readonly string[]): InputProblem[] {
  return (['cpu', 'memory'] as const).flatMap((field) => {
    const value = amounts?.[field] ?? null;
    if (value === null || (readQuantity(value)?.nanos ?? 0n) > 0n) return [];
    return [
      problem(
        [...at, field],
        `${quoted(value)} is not an amount: write ${field === 'cpu' ? '250m or 2' : '128Mi or 1Gi'}.`,
      ),
    ];
  });
}

function limitProblems({ requests, limits }: ServiceSpec, at: readonly string[]): InputProblem[] {
  return (['cpu', 'memory'] as const).flatMap((field) => {
    const [request, limit] = [readQuantity(requests?.[field]), readQuantity(limits?.[field])];
    if (!request || !limit || compareQuantities(request, limit) <= 0) return [];
    return [
      problem(
        [...at, 'limits', field],
        `The ${field} limit ${limits?.[field]} is below the request ${requests?.[field]}: raise it or lower the request.`,
      ),
    ];
  });
}

function probeProblems(probe: ProbeSpec | null, at: readonly string[]): InputProblem[] {
  if (!probe) return [];
  const problems: InputProblem[] = [];
  const check = (good: boolean, field: string, message: string): void => {
    if (!good) problems.push(problem([...at, field], message));
  };
  check(
    (probe.command !== null) !== (probe.port !== null),
    'port',
    'A probe asks a port (with httpPath: by HTTP) or runs a command: give one of the two.',
  );
  check(
    probe.port === null || inRange(probe.port, 1, 65_535),
    'port',
    `port is ${probe.port}: use 1 to 65535.`,
  );
  check(
    probe.httpPath === null || (probe.httpPath.startsWith('/') && probe.httpPath.length <= 1_024),
    'httpPath',
    `${quoted(probe.httpPath)} is not a path: it starts with "/".`,
  );
  check(probe.httpPath === null || probe.port !== null, 'port', 'httpPath needs a port.');
  check(probe.command === null || probe.command.length > 0, 'command', 'command is empty.');
  check(
    inRange(probe.initialDelaySeconds, 0, 3_600),
    'initialDelaySeconds',
    `initialDelaySeconds is ${probe.initialDelaySeconds}: use 0 to 3600.`,
  );
  for (const field of ['periodSeconds', 'timeoutSeconds', 'failureThreshold'] as const) {
    check(inRange(probe[field], 1, 3_600), field, `${field} is ${probe[field]}: use 1 to 3600.`);
  }
  return problems;
}

function strategyProblems({ strategy }: ServiceSpec, at: readonly string[]): InputProblem[] {
  const problems = (['maxSurge', 'maxUnavailable'] as const)
    .filter((field) => !countOrPercent.test(strategy[field]))
    .map((field) =>
      problem(
        [...at, 'strategy', field],
        `${quoted(strategy[field])} is not a number or percentage, such as 1 or 25%.`,
      ),
    );
  if (/^0+%?$/.test(strategy.maxSurge) && /^0+%?$/.test(strategy.maxUnavailable)) {
    problems.push(
      problem(
        [...at, 'strategy', 'maxSurge'],
        'maxSurge and maxUnavailable are both 0: nothing could ever change.',
      ),
    );
  }
  return problems;
}
