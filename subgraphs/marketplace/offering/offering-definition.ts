import { z } from 'zod';
import { isLabelName, isServiceName } from '../../shared/kubernetes/names.js';
import { compareQuantities, parseQuantity } from '../../shared/kubernetes/quantity.js';
import { compareVersions } from './version-order.js';

/** How offering.yaml reads (see catalogue/redis for an example). What is not listed here is refused. */
const line = z.string().trim().min(1).max(500);
const quantity = z
  .string()
  .refine(isPositiveQuantity, 'is not a Kubernetes quantity above 0, such as 250m or 1Gi');
const label = z.string().refine(isLabelName, 'is not an RFC 1123 label: use a-z, 0-9 and "-"');
const identifier = z.string().regex(/^[a-z][a-zA-Z0-9]{0,62}$/, 'is not a name such as rootPassword');

const version = z.strictObject({
  name: z.string().regex(/^\d+(\.\d+){0,3}$/, 'is not a version such as 8.4'),
  image: z
    .string()
    .max(300)
    .regex(/^[\w][\w./:@-]*$/, 'is not an image reference such as redis:8.2'),
});

const plan = z.strictObject({
  name: label,
  description: line,
  replicas: z.int().min(1).max(9),
  cpu: quantity,
  memory: quantity,
  storage: quantity,
});

export const offeringDefinitionSchema = z
  .strictObject({
    name: z.string().refine(isServiceName, 'is not an RFC 1035 label: use a-z, 0-9 and "-", a letter first'),
    displayName: line,
    description: line,
    category: z.string().regex(/^[A-Z][A-Z_]{1,30}$/, 'is not a word in capitals such as DATABASE'),
    iconUrl: z.url({ protocol: /^https?$/ }).optional(),
    versions: z.array(version).min(1),
    /** Which newer versions can take over the data of older ones. */
    upgrades: z.enum(['ALL', 'NONE']).default('ALL'),
    plans: z.array(plan).min(1),
    /** JSON Schema (draft 2020-12) of an object. */
    parameters: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
    immutableParameters: z.array(z.string()).default([]),
    port: z.int().min(1).max(65_535),
    credentials: z.array(identifier).min(1),
    variables: z.record(
      z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'is not a variable name such as HOST'),
      z.string().regex(/^[-._a-zA-Z0-9]+$/, 'is not a key of a Secret'),
    ),
  })
  .superRefine((offering, context) => {
    const report = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const [list, names] of [
      ['versions', offering.versions.map(({ name }) => name)],
      ['plans', offering.plans.map(({ name }) => name)],
      ['credentials', offering.credentials],
    ] as const) {
      names.forEach((name, index) => {
        if (names.indexOf(name) < index) report([list, index], `${JSON.stringify(name)} stands twice`);
      });
    }
    offering.versions.forEach(({ name }, index) => {
      const previous = offering.versions[index - 1];
      if (previous && compareVersions(previous.name, name) < 0) {
        report(
          ['versions', index, 'name'],
          `${name} is newer than ${previous.name} above it: list the newest first`,
        );
      }
    });
    const properties = (offering.parameters['properties'] ?? {}) as Record<string, unknown>;
    offering.immutableParameters.forEach((name, index) => {
      if (!Object.hasOwn(properties, name)) report(['immutableParameters', index], `${name} is no parameter`);
    });
  });

export type OfferingDefinition = z.infer<typeof offeringDefinitionSchema>;
export type PlanDefinition = OfferingDefinition['plans'][number];
export type VersionDefinition = OfferingDefinition['versions'][number];

function isPositiveQuantity(text: string): boolean {
  try {
    return compareQuantities(parseQuantity(text, []), parseQuantity('0', [])) > 0;
  } catch {
    return false;
  }
}
