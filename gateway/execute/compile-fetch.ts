import type { FetchNode, ResponsePath as PlanPath } from '@apollo/query-planner';
import { type DocumentNode, Kind, OperationTypeNode, parse } from 'graphql';
import type { SubgraphFetch, SubgraphResult } from '../sources/source.js';
import { compileContexts, type EntitiesInContext } from './contextual-arguments.js';
import { type FetchTarget, located, reportErrors } from './fetch-errors.js';
import { Merger, type Selected, selectedBy } from './merge.js';
import { copyOf, isObject, type ObjectValue } from './own-property.js';
import { objectsAt } from './places.js';
import { compileRepresentation, type MakeRepresentation } from './representations.js';
import { compileRewrites, type Rewrite, renamedBy } from './rewrites.js';
import type { Run, Step } from './run.js';
import type { TypeConditions } from './type-conditions.js';

/** A fetch of a plan, compiled: what it sends, and what becomes of the answer. */
export class CompiledFetch {
  readonly #subgraph: string;
  readonly #query: string;
  readonly #operationName: string | undefined;
  readonly #repeatable: boolean;
  readonly #variables: readonly string[];
  /** The JSON text of a request up to its variables. */
  readonly #bodyStart: string;
  readonly #represent: MakeRepresentation | undefined;
  readonly #rewriteInput: Rewrite | undefined;
  readonly #rewriteOutput: Rewrite | undefined;
  readonly #selected: Selected;
  readonly #target: FetchTarget;
  readonly #merger: Merger;
  readonly #contexts: ReturnType<typeof compileContexts> | undefined;

  /** @param ownPlaces what is fetched for an entity that stands at several places may come to differ between them */
  constructor(
    node: FetchNode,
    private readonly path: PlanPath,
    types: TypeConditions,
    private readonly ownPlaces = false,
  ) {
    this.#subgraph = node.serviceName;
    this.#query = node.operation;
    this.#operationName = node.operationName;
    this.#repeatable = node.operationKind === OperationTypeNode.QUERY;
    const { contextRewrites } = node;
    this.#contexts = contextRewrites && compileContexts(node, path, types);
    const others = new Set(contextRewrites?.map(({ renameKeyTo }) => renameKeyTo));
    if (node.requires) others.add(representations);
    this.#variables = (node.variableUsages ?? []).filter((name) => !others.has(name));
    this.#bodyStart = this.#bodyStartOf(node.operation);
    this.#represent = node.requires && compileRepresentation(node.requires, types);
    this.#rewriteInput = compileRewrites(node.inputRewrites, types);
    this.#rewriteOutput = compileRewrites(node.outputRewrites, types);
    const document = parse(node.operation, { noLocation: true });
    const renamed = renamedBy(node.outputRewrites);
    const selected = selectedBy(node.requires ? withoutEntitiesField(document) : document, renamed);
    this.#selected = selected;
    this.#target = {
      path,
      fields: [...selected.keys()].filter((name) => name !== '__typename' && !renamed.has(name)),
      renamed,
    };
    this.#merger = new Merger((name) => types.isObjectType(name));
  }

  get step(): Step {
    return this.#represent ? this.#fetchEntities(this.#represent) : (run) => this.#fetchRoot(run);
  }

  /**
   * Takes the answer from elsewhere: the event of a subscription, which stays as it came.
   *
   * @param completed more will be merged into it
   */
  take(run: Run, { data, errors }: SubgraphResult, completed: boolean): void {
    if (errors) {
      const [withPath, without] = [errors.filter(({ path }) => path), errors.filter(({ path }) => !path)];
      reportErrors(run, withPath, this.#target, [[run.data]], false);
      run.errors.push(...without.map((error) => located(error, undefined)));
    }
    const mustCopy = completed || this.#rewriteOutput !== undefined;
    if (data) this.#mergeRoot((mustCopy ? copyOf(data) : data) as ObjectValue, [run.data]);
  }

  async #fetchRoot(run: Run): Promise<void> {
    const targets = this.path.length === 0 ? [run.data] : objectsAt(run.data, this.path);
    if (targets.length === 0) return;
    try {
      const { data, errors } = await run.send(this.#subgraph, this.#request(run));
      if (data) this.#mergeRoot(data as ObjectValue, targets);
      else if (!errors?.length) throw new Error('the subgraph answered neither data nor errors');
      if (errors) reportErrors(run, errors, this.#target, [targets], false);
    } catch (error) {
      reportErrors(run, [asError(error)], this.#target, [targets], false);
    }
  }

  #mergeRoot(data: ObjectValue, targets: readonly ObjectValue[]): void {
    this.#rewriteOutput?.(data);
    for (const [index, target] of targets.entries()) {
      this.#merger.merge(target, index === 0 ? data : (copyOf(data) as ObjectValue), this.#selected);
    }
  }

  #fetchEntities(represent: MakeRepresentation): Step {
    const contexts = this.#contexts;
    if (!contexts) return (run) => this.#fetchEach(run, represent, objectsAt(run.data, this.path));
    return async (run) => {
      const groups = contexts(run.data);
      await Promise.all(
        groups.map(({ entities, ...context }) => this.#fetchEach(run, represent, entities, context)),
      );
    };
  }

  /** @param context what the fetch asks of these entities, and variables that are not the client's */
  async #fetchEach(
    run: Run,
    represent: MakeRepresentation,
    found: readonly ObjectValue[],
    context?: Pick<EntitiesInContext, 'values' | 'query'>,
  ): Promise<void> {
    const texts: string[] = [];
    const values: ObjectValue[] = [];
    const objects: ObjectValue[][] = [];
    const indexByText = new Map<string, number>();
    for (const entity of found) {
      const representation = represent(entity);
      if (!representation) continue;
      this.#rewriteInput?.(representation);
      const text = JSON.stringify(representation);
      const known = indexByText.get(text);
      if (known !== undefined) objects[known]?.push(entity);
      else {
        indexByText.set(text, texts.length);
        texts.push(text);
        values.push(representation);
        objects.push([entity]);
      }
    }
    if (texts.length === 0) return;
    try {
      const { data, errors } = await run.send(this.#subgraph, this.#request(run, { texts, values, context }));
      if (data) this.#mergeEntities(run, data[entitiesField], objects, !errors?.length);
      else if (!errors?.length) throw new Error('the subgraph answered neither data nor errors');
      if (errors) reportErrors(run, errors, this.#target, objects, true);
    } catch (error) {
      reportErrors(run, [asError(error)], this.#target, objects, true);
    }
  }

  /** @param unexplained no error says why an entity is null */
  #mergeEntities(
    run: Run,
    entities: unknown,
    objects: readonly (readonly ObjectValue[])[],
    unexplained: boolean,
  ): void {
    if (!Array.isArray(entities) || entities.length !== objects.length) {
      throw new Error('the subgraph did not answer each representation');
    }
    this.#rewriteOutput?.(entities);
    for (const [index, targets] of objects.entries()) {
      const entity: unknown = entities[index];
      if (!isObject(entity)) {
        if (unexplained && entity === null) for (const target of targets) run.missing.add(target);
        continue;
      }
      for (const target of targets) {
        // What follows is the same for each place of one entity, or else said: they may share what was fetched.
        const own = this.ownPlaces && target !== targets[0];
        this.#merger.merge(target, own ? (copyOf(entity) as ObjectValue) : entity, this.#selected);
      }
    }
  }

  #bodyStartOf(query: string): string {
    const start = JSON.stringify({ query, operationName: this.#operationName ?? null });
    return `${start.slice(0, -1)},"variables":{`;
  }

  #request(
    { variables }: Run,
    entities?: {
      readonly texts: readonly string[];
      readonly values: readonly unknown[];
      readonly context: Pick<EntitiesInContext, 'values' | 'query'> | undefined;
    },
  ): SubgraphFetch {
    const used: ObjectValue = Object.create(null);
    const context = entities?.context;
    let body = context && context.query !== this.#query ? this.#bodyStartOf(context.query) : this.#bodyStart;
    let separator = '';
    for (const name of this.#variables) {
      if (!Object.hasOwn(variables, name) || variables[name] === undefined) continue;
      used[name] = variables[name];
      body += `${separator}${JSON.stringify(name)}:${JSON.stringify(variables[name])}`;
      separator = ',';
    }
    if (entities) {
      if (context) {
        for (const [name, value] of Object.entries(context.values)) {
          used[name] = value;
          body += `${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`;
          separator = ',';
        }
      }
      used[representations] = entities.values;
      body += `${separator}"${representations}":[${entities.texts.join(',')}]`;
    }
    return {
      query: context?.query ?? this.#query,
      operationName: this.#operationName,
      variables: used,
      body: `${body}}}`,
      repeatable: this.#repeatable,
    };
  }
}

const representations = 'representations';
const entitiesField = '_entities';

/** The same document, with the fields of the entities at the root. */
function withoutEntitiesField(document: DocumentNode): DocumentNode {
  return {
    ...document,
    definitions: document.definitions.map((definition) => {
      if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
      const [field] = definition.selectionSet.selections;
      if (field?.kind !== Kind.FIELD || !field.selectionSet) throw new Error('no fetch of entities');
      return { ...definition, selectionSet: field.selectionSet };
    }),
  };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
