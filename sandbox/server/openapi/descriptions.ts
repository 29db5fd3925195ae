import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface ModelText {
  readonly description: string | undefined;
  readonly fields: ReadonlyMap<string, FieldText>;
}

export interface FieldText {
  readonly description: string | undefined;
  readonly isRequired: boolean;
}

const NONE: ModelText = { description: undefined, fields: new Map() };
const FIELD = /(?:\/\*\*\n((?:\s*\*(?!\/).*\n)*)\s*\*\/\n)?\s*'([^']+)'(\??):/g;
const CLASS = /\/\*\*\n((?:\s*\*(?!\/).*\n)*)\s*\*\/\nexport declare class/;

/**
 * What the Kubernetes API reference says about a model. The generated client has it as the comments of its
 * declarations; an installation without those files has no descriptions.
 */
export const describeModel = (model: string): ModelText => {
  let text: string;
  try {
    text = readFileSync(join(modelFolder(), `${model}.d.ts`), 'utf8');
  } catch {
    return NONE;
  }
  const body = text.slice(text.indexOf('export declare class'), text.indexOf('static readonly'));
  const fields = [...body.matchAll(FIELD)].map(([, comment, name = '', optional]): [string, FieldText] => [
    // Names that are words of JavaScript have an underscore in front.
    name.replace(/^_/, ''),
    { description: plainText(comment), isRequired: optional !== '?' },
  ]);
  return { description: plainText(CLASS.exec(text)?.[1]), fields: new Map(fields) };
};

const modelFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node/dist/gen/models/all.js'));

const plainText = (comment: string | undefined): string | undefined =>
  comment
    ?.split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, ''))
    .join('\n')
    .replaceAll('\\"', '"')
    .trim() || undefined;
