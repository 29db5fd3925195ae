import { quoted } from '../../shared/kubernetes/names.js';
import type { Secret } from '../../shared/kubernetes/resources.js';
import type { BoundVariables } from '../binding/bound-variables.js';
import type { ServiceSpec } from '../service/service-spec.js';
import type { SpecProblem } from './spec-problem.js';

/** A Secret that pods or the ingress need. */
export interface SecretNeed {
  readonly secret: string;
  /** Null: any. */
  readonly types: readonly string[] | null;
  readonly keys: readonly string[];
  /** Where the specification says so; empty for a binding. */
  readonly path: readonly string[];
  /** For a person: what needs it. */
  readonly what: string;
}

const pullTypes = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];

export function secretNeeds(spec: ServiceSpec, bound: readonly BoundVariables[]): SecretNeed[] {
  const own = new Set(spec.environmentVariables.map(({ name }) => name));
  return [
    ...(['environmentVariables', 'files'] as const).flatMap((list) =>
      spec[list].flatMap(({ name, secretRef, secretKey }, index) =>
        secretRef === null || secretKey === null
          ? []
          : [
              {
                secret: secretRef,
                types: null,
                keys: [secretKey],
                path: [list, String(index)],
                what: `${list === 'files' ? 'the file' : 'the variable'} ${quoted(name)}`,
              },
            ],
      ),
    ),
    ...(spec.imagePullSecret === null
      ? []
      : [
          {
            secret: spec.imagePullSecret,
            types: pullTypes,
            keys: [],
            path: ['imagePullSecret'],
            what: 'pulling the image',
          },
        ]),
    ...spec.ports.flatMap(({ tlsSecret, domain }, index) =>
      tlsSecret === null
        ? []
        : [
            {
              secret: tlsSecret,
              types: ['kubernetes.io/tls'],
              keys: ['tls.crt', 'tls.key'],
              path: ['ports', String(index), 'tlsSecret'],
              what: `the certificate of ${domain}`,
            },
          ],
    ),
    ...bound.flatMap(({ secret, variables }) => {
      const used = variables.filter(({ name }) => !own.has(name));
      return used.length === 0
        ? []
        : [
            {
              secret,
              types: null,
              keys: used.map(({ key }) => key),
              path: [],
              what: 'a binding of the service',
            },
          ];
    }),
  ];
}

/** What is not as it is needed. `coming` are keys that go into the Secret with the deployment itself. */
export function secretProblems(
  needs: readonly SecretNeed[],
  secrets: ReadonlyMap<string, Secret>,
  coming: { readonly secret: string; readonly keys: ReadonlySet<string> },
): SpecProblem[] {
  return needs.flatMap(({ secret: name, types, keys, path, what }) => {
    const wanted = keys.filter((key) => name !== coming.secret || !coming.keys.has(key));
    if (types === null && wanted.length === 0) return [];
    const secret = secrets.get(name);
    const remedy = name === coming.secret ? 'give the value again' : 'create it, or name another';
    if (!secret) return [{ path, message: `There is no Secret ${quoted(name)} for ${what}: ${remedy}.` }];
    if (types && !types.includes(secret.type ?? 'Opaque')) {
      return [
        {
          path,
          message: `The Secret ${quoted(name)} for ${what} is of type ${quoted(secret.type ?? 'Opaque')}: use one of type ${types[0]}.`,
        },
      ];
    }
    const missing = wanted.filter((key) => secret.data?.[key] === undefined);
    return missing.length === 0
      ? []
      : [
          {
            path,
            message: `The Secret ${quoted(name)} for ${what} has no key ${missing.map(quoted).join(', ')}: ${name === coming.secret ? remedy : 'add it, or name another'}.`,
          },
        ];
  });
}
