import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { BadUserInputError } from './errors.js';
import { Permission, Shareable } from './federated-schema.js';

/** Items on a page when `first` is not given. */
export const defaultPageSize = 50;
/** More than this is refused. */
export const maximumPageSize = 500;

@ArgsType()
export class PageArguments {
  @Field(() => Int, { nullable: true, description: 'How many, from 0 to 500. Default 50.' })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Those after this cursor, as given by an edge or pageInfo.endCursor.',
  })
  after?: string | null;
}

@ObjectType({ description: 'Where a page stands in its list (Relay).' })
@Shareable()
@Permission('public')
export class PageInfo {
  @Field({ description: 'More items follow.' })
  hasNextPage: boolean;

  @Field({ description: 'Items come before this page.' })
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item; null on an empty page.' })
  startCursor: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last item; null on an empty page.' })
  endCursor: string | null;
}

export interface Edge<T> {
  cursor: string;
  node: T;
}

/** A page of a list. `totalCount` is a getter in the pages made here: it is counted when read, and only then. */
export interface Page<T> {
  edges: Edge<T>[];
  nodes: T[];
  pageInfo: PageInfo;
  readonly totalCount: number | Promise<number>;
}

/**
 * The Relay connection classes for a node type: `connectionOf(Project, 'Project')`. `permission` is that of the node.
 * Use once for each type: `export const ProjectConnection = connectionOf(...)`.
 */
export function connectionOf<T extends object>(
  node: ClassType<T>,
  name: string,
  permission: Parameters<typeof Permission>[0],
): ClassType<Page<T>> {
  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in the list.` })
  @Permission(permission)
  class ConnectionEdge {
    @Field({ description: 'Give it as "after" to go on from here.' })
    cursor: string;

    @Field(() => node, { description: 'The item.' })
    node: T;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${name} items (Relay).` })
  @Permission(permission)
  class Connection {
    @Field(() => [ConnectionEdge], { description: 'The items with their cursors.' })
    edges: ConnectionEdge[];

    @Field(() => [node], { description: 'The items alone.' })
    nodes: T[];

    @Field(() => PageInfo, { description: 'Where this page stands.' })
    pageInfo: PageInfo;

    @Field(() => Int, { description: 'How many there are in all, of those the caller may see.' })
    totalCount: number | Promise<number>;
  }
  return Connection as unknown as ClassType<Page<T>>;
}

/** `first` as a number in range, or a BadUserInputError that names it. */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? defaultPageSize;
  if (size < 0 || size > maximumPageSize) {
    throw BadUserInputError.at(['first'], `first is ${size}: ask for 0 to ${maximumPageSize} items at once.`);
  }
  return size;
}

/** An opaque cursor of the values that order the list (the last one unique). */
export const encodeCursor = (values: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url');

/** The values of a cursor that has `count` of them, or a BadUserInputError. */
export function decodeCursor(cursor: string, count: number): (string | number)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(values) &&
      values.length === count &&
      values.every(
        (value) =>
          (typeof value === 'string' && !value.includes('\0') && value.isWellFormed()) ||
          (typeof value === 'number' && Number.isFinite(value)),
      )
    ) {
      return values;
    }
  } catch {
    // Not JSON: the same answer as for any other foreign text.
  }
  throw BadUserInputError.at(
    ['after'],
    'after is not a cursor of this list: take it from pageInfo.endCursor or an edge.',
  );
}

/** The page made of rows fetched with `limit first + 1`. */
export function pageOfRows<T>(
  rows: readonly T[],
  size: number,
  cursorOf: (row: T) => readonly (string | number)[],
  options: { after: string | null | undefined; totalCount: () => Promise<number> },
): Page<T> {
  const nodes = rows.slice(0, size);
  const edges = nodes.map((node) => ({ cursor: encodeCursor(cursorOf(node)), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: rows.length > size,
      hasPreviousPage: Boolean(options.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    get totalCount() {
      return options.totalCount();
    },
  };
}

/** A page of a list that is in memory, in its order. The key must be unique and stay with its item. */
export function pageOfList<T>(items: readonly T[], page: PageArguments, keyOf: (item: T) => string): Page<T> {
  const size = pageSize(page.first);
  const afterKey = page.after ? String(decodeCursor(page.after, 1)[0]) : undefined;
  const start = afterKey === undefined ? 0 : items.findIndex((item) => keyOf(item) === afterKey) + 1;
  return pageOfRows(items.slice(start, start + size + 1), size, (item) => [keyOf(item)], {
    after: page.after,
    totalCount: async () => items.length,
  });
}
