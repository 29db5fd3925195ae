import { createHash } from 'node:crypto';
import { servedVersions } from '../served-groups.js';
import { servedKinds } from '../served-kinds.js';
import { pathsOf } from './paths.js';
import { Schemas } from './schemas.js';

interface OpenApiDocument {
  readonly text: string;
  /** Of the text; a client may keep the document for as long as it names this. */
  readonly hash: string;
}

/** The OpenAPI documents of a server, one for each group and version, generated when they are first asked for. */
export class OpenApiDocuments {
  private readonly documents = new Map<string, OpenApiDocument>();

  constructor(private readonly version: string) {}

  /** What `/openapi/v3` lists. */
  index(): object {
    const entries = servedVersions().map(({ group, version }) => {
      const path = pathOf(group, version);
      return [
        path,
        { serverRelativeURL: `/openapi/v3/${path}?hash=${this.find(path)?.hash ?? ''}` },
      ] as const;
    });
    return { paths: Object.fromEntries(entries) };
  }

  /** By the path below `/openapi/v3/`; undefined when nothing is served there. */
  find(path: string): OpenApiDocument | undefined {
    const known = this.documents.get(path);
    if (known) return known;
    const served = servedVersions().find(({ group, version }) => pathOf(group, version) === path);
    if (!served) return undefined;
    const text = JSON.stringify(this.generate(served));
    const hash = createHash('sha512').update(text).digest('hex').toUpperCase();
    const document = { text, hash };
    this.documents.set(path, document);
    return document;
  }

  private generate({ group, version }: { group: string; version: string }): object {
    const kinds = servedKinds.filter((kind) => kind.group === group && kind.version === version);
    const schemas = new Schemas();
    for (const { model, resource } of kinds) schemas.addKind(model, { group, version, kind: resource.kind });
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.version },
      paths: Object.assign({}, ...kinds.map(pathsOf)) as object,
      components: { schemas: schemas.all },
    };
  }
}

const pathOf = (group: string, version: string): string =>
  group ? `apis/${group}/${version}` : `api/${version}`;
