import { quoted } from '../../shared/kubernetes/names.js';
import type { SpecProblem } from '../preflight/spec-problem.js';
import type { ServiceSpec } from '../service/service-spec.js';

/** Names below the cluster's own domain are given by Meridian: a custom one could be another service's tomorrow. */
export const domainProblems = (
  { ports }: Pick<ServiceSpec, 'ports'>,
  ingressDomain: string | null,
): SpecProblem[] =>
  ingressDomain === null
    ? []
    : ports.flatMap(({ domain }, index) =>
        domain !== null && (domain === ingressDomain || domain.endsWith(`.${ingressDomain}`))
          ? [
              {
                path: ['ports', String(index), 'domain'],
                message: `${quoted(domain)} is of the cluster's own domain, whose names Meridian gives: leave domain out, or use one of your own.`,
              },
            ]
          : [],
      );
