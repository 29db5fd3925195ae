import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ZodError } from 'zod';
import { parseStrictYaml } from '../../shared/kubernetes/strict-yaml.js';
import { projectRoot } from '../../shared/project-root.js';
import { manifestProblems } from './manifest-checks.js';
import type { ManifestTemplate, Offering } from './offering.js';
import { offeringDefinitionSchema } from './offering-definition.js';
import { newSchemaCompiler, ParameterSchema } from './parameter-validation.js';

/** The offerings that come with Meridian; the folder is data and is not copied to dist. */
export const builtInCatalogue = (): string => join(projectRoot(), 'subgraphs/marketplace/catalogue');

/** Everything that is wrong with the catalogue's files, one line for each: file, field, problem. */
export class CatalogueError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the marketplace catalogue can't be used:\n${problems.join('\n')}`);
    this.name = 'CatalogueError';
  }
}

/** The offerings of the marketplace: configuration as code, one folder for each, read and judged once at start. */
export class Catalogue {
  readonly #offerings: ReadonlyMap<string, Offering>;

  constructor(offerings: readonly Offering[]) {
    this.#offerings = new Map(offerings.map((offering) => [offering.definition.name, offering]));
  }

  list(): Offering[] {
    return [...this.#offerings.values()].sort((a, b) =>
      a.definition.displayName.localeCompare(b.definition.displayName, 'en'),
    );
  }

  find(name: string): Offering | undefined {
    return this.#offerings.get(name);
  }

  /** Reads every offering of the folders. Throws CatalogueError with all problems of all files. */
  static load(folders: readonly string[]): Catalogue {
    const problems: string[] = [];
    const offerings: Offering[] = [];
    const compiler = newSchemaCompiler();
    for (const folder of folders) {
      if (!existsSync(folder)) {
        problems.push(`${folder}: there is no such folder`);
        continue;
      }
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
        const reader = new OfferingReader(folder, entry.name, compiler);
        const offering = reader.read();
        problems.push(...reader.problems);
        if (!offering) continue;
        if (offerings.some(({ definition }) => definition.name === offering.definition.name)) {
          problems.push(`${join(folder, entry.name)}: another folder has the offering ${entry.name} already`);
        } else offerings.push(offering);
      }
    }
    if (problems.length > 0) throw new CatalogueError(problems);
    return new Catalogue(offerings);
  }
}

/** Reads one offering's folder and collects what is wrong with it. */
class OfferingReader {
  readonly problems: string[] = [];

  constructor(
    private readonly catalogue: string,
    private readonly name: string,
    private readonly compiler: ReturnType<typeof newSchemaCompiler>,
  ) {}

  read(): Offering | undefined {
    const file = join(this.name, 'offering.yaml');
    const document = this.#parse(file);
    if (document === undefined) return undefined;
    const parsed = offeringDefinitionSchema.safeParse(document);
    if (!parsed.success) {
      this.problems.push(...linesOf(parsed.error).map((line) => `${this.#shown(file)}: ${line}`));
      return undefined;
    }
    const definition = parsed.data;
    if (definition.name !== this.name) {
      this.#report(file, `name: ${definition.name} must be the name of its folder, ${this.name}`);
      return undefined;
    }
    let parameters: ParameterSchema;
    try {
      parameters = new ParameterSchema(definition.parameters, this.compiler);
    } catch (error) {
      this.#report(file, `parameters: ${(error as Error).message}`);
      return undefined;
    }
    const templates = this.#templates();
    if (!templates) return undefined;
    const offering: Offering = { definition, parameters, templates };
    const problems = manifestProblems(offering);
    this.problems.push(...problems.map((problem) => `${this.catalogue}/${problem}`));
    return problems.length === 0 ? offering : undefined;
  }

  #templates(): ManifestTemplate[] | undefined {
    const folder = join(this.name, 'manifests');
    if (!existsSync(join(this.catalogue, folder))) {
      this.#report(folder, 'there is no such folder');
      return undefined;
    }
    const files = readdirSync(join(this.catalogue, folder))
      .filter((file) => /\.ya?ml$/.test(file))
      .sort();
    const templates = files.map((name) => ({
      file: join(folder, name),
      template: this.#parse(join(folder, name)),
    }));
    return templates.some(({ template }) => template === undefined) ? undefined : templates;
  }

  #parse(file: string): unknown {
    try {
      return parseStrictYaml(readFileSync(join(this.catalogue, file), 'utf8'), {
        maxBytes: 256 * 1024,
        maxDepth: 40,
      });
    } catch (error) {
      this.#report(file, (error as Error).message);
      return undefined;
    }
  }

  #report(file: string, problem: string): void {
    this.problems.push(`${this.#shown(file)}: ${problem}`);
  }

  #shown(file: string): string {
    return join(this.catalogue, file);
  }
}

const linesOf = (error: ZodError): string[] =>
  error.issues.map(({ path, message }) => `${path.join('.') || '(the whole file)'}: ${message}`);
