import { isIP } from 'node:net';
import type { InputProblem } from '../../../shared/errors.js';
import { isValidName, quoted } from '../../../shared/kubernetes/names.js';
import type { PortSpec, ServiceSpec } from '../service-spec.js';
import { inRange, problem, repeated } from './problem.js';

const portNamePattern = /^(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*$/;
/** What Kubernetes takes for an Ingress path of type Prefix. */
const ingressPath = /^\/[A-Za-z0-9/\-._~%!$&'()*+,;=:@]*$/;

const isHostName = (domain: string): boolean =>
  isValidName(domain) && domain.includes('.') && isIP(domain) === 0;

export const isHttp = (protocol: string): boolean => protocol === 'HTTP' || protocol === 'HTTPS';

/** Ports, their host names and paths. */
export function portProblems({ ports }: ServiceSpec, at: readonly string[]): InputProblem[] {
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
      ...(port.domain === null || isHostName(port.domain)
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
      ...pathProblems(port, path(index, 'path')),
      ...tlsProblems(port, path(index, 'tlsSecret')),
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
    ...places(ports).flatMap(({ port, index, first }) =>
      port.targetPort === first.targetPort
        ? []
        : [
            problem(
              path(index, 'path'),
              `The ports ${quoted(first.name)} and ${quoted(port.name)} have the same host name and path, so nothing would reach ${port.targetPort}: give one of them another path or domain.`,
            ),
          ],
    ),
  ];
}

/** Public HTTP ports whose host and path an earlier one has. With the same target it only adds HTTPS to HTTP, say. */
function places(ports: readonly PortSpec[]): { port: PortSpec; index: number; first: PortSpec }[] {
  const taken = new Map<string, PortSpec>();
  return ports.flatMap((port, index) => {
    if (port.exposure !== 'PUBLIC' || !isHttp(port.protocol)) return [];
    const place = `${port.domain ?? ''}${port.path}`;
    const first = taken.get(place);
    if (first) return [{ port, index, first }];
    taken.set(place, port);
    return [];
  });
}

function pathProblems({ path, exposure, protocol }: PortSpec, at: readonly string[]): InputProblem[] {
  if (path === '/') return [];
  if (exposure !== 'PUBLIC' || !isHttp(protocol)) {
    return [problem(at, 'path is for PUBLIC HTTP and HTTPS ports only.')];
  }
  const good = path.length <= 1_024 && ingressPath.test(path) && !/\/\/|\/\.{1,2}(?:\/|$)|%2f/i.test(path);
  return good ? [] : [problem(at, `${quoted(path)} is not a path: write it such as /api.`)];
}

function tlsProblems({ tlsSecret, protocol, domain }: PortSpec, at: readonly string[]): InputProblem[] {
  if (tlsSecret === null) return [];
  if (protocol !== 'HTTPS' || domain === null) {
    return [problem(at, 'tlsSecret is for HTTPS ports with a domain of their own only.')];
  }
  return isValidName(tlsSecret)
    ? []
    : [problem(at, `${quoted(tlsSecret)} is not the name of a Secret: use that of one of the namespace.`)];
}
