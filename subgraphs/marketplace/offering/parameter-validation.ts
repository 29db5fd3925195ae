import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { InputProblem } from '../../shared/errors.js';
import { quoted } from '../../shared/kubernetes/names.js';

export type ParameterValues = Readonly<Record<string, string | number | boolean>>;

/** Compiles the meta-schema on first use, which takes longer than all offerings: one serves the whole catalogue. */
export const newSchemaCompiler = (): Ajv2020 =>
  new Ajv2020({
    allErrors: true,
    strict: true,
    useDefaults: true,
    // Text given where a number is due is refused, not converted.
    coerceTypes: false,
    // Reported by us, with where it comes from.
    logger: false,
  });

/** The parameters of an instance, judged by the offering's JSON Schema; what is left out gets the schema's default. */
export class ParameterSchema {
  readonly #validate: ValidateFunction;

  /** Throws an Error that says what is wrong with the schema. */
  constructor(
    readonly schema: Readonly<Record<string, unknown>>,
    ajv: Ajv2020 = newSchemaCompiler(),
  ) {
    this.#validate = ajv.compile(schema);
    for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Record<string, unknown>)) {
      const { type, default: fallback, description } = property as Record<string, unknown>;
      if (!['string', 'integer', 'number', 'boolean'].includes(String(type))) {
        throw new Error(`properties.${name}.type must be string, integer, number or boolean`);
      }
      if (typeof description !== 'string') throw new Error(`properties.${name}.description is missing`);
      // Templates name parameters: each must have a value.
      if (fallback === undefined && !(schema['required'] as string[] | undefined)?.includes(name)) {
        throw new Error(`properties.${name} needs a default, or must stand in "required"`);
      }
    }
    const [problem] = this.check({}).problems.filter(({ field }) => field.length > 0);
    const required = (schema['required'] as string[] | undefined) ?? [];
    if (problem && !required.includes(problem.field[0] ?? '')) {
      throw new Error(`properties.${problem.field.join('.')}.default is not valid: ${problem.message}`);
    }
  }

  /** The values with defaults, or every problem with the path of its field within the parameters. */
  check(parameters: unknown): { values: ParameterValues; problems: InputProblem[] } {
    // useDefaults writes into what it is given.
    const values = structuredClone(parameters ?? {}) as Record<string, string | number | boolean>;
    if (!this.#validate(values)) {
      return { values: {}, problems: (this.#validate.errors ?? []).map(toProblem) };
    }
    return { values, problems: unsafeTexts(values) };
  }
}

/** What no pattern of a schema should have to think of: a template may put the text into a file or an argument. */
function unsafeTexts(values: ParameterValues): InputProblem[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    if (/\p{Cc}/u.test(value)) {
      return [{ field: [name], message: `${name} holds a control character: remove it.` }];
    }
    // Kubernetes would put the value of a variable, such as the password, in its place.
    if (value.includes('$(')) return [{ field: [name], message: `${name} holds "$(": remove it.` }];
    return [];
  });
}

function toProblem(error: ErrorObject): InputProblem {
  const field = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const name = field.join('.') || 'parameters';
  switch (error.keyword) {
    case 'additionalProperties': {
      const unknown = String(error.params['additionalProperty']);
      return {
        field: [...field, unknown],
        message: `${quoted(unknown)} is not a parameter of this offering: see offering.parameters.`,
      };
    }
    case 'required': {
      const missing = String(error.params['missingProperty']);
      return { field: [...field, missing], message: `${missing} is required.` };
    }
    case 'enum':
      return {
        field,
        message: `${name} must be one of ${(error.params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}.`,
      };
    default:
      return { field, message: `${name} ${error.message ?? 'is not valid'}.` };
  }
}
