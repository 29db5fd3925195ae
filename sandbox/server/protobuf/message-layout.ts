import { fieldNumbers } from './field-numbers.js';

/** Field names by their numbers; a layout in place of a name is a message whose fields belong to the one around it. */
export type MessageLayout = ReadonlyMap<number, string | MessageLayout>;

const layouts = new Map<string, MessageLayout>();

/** Undefined for a model that no request carries. */
export const layoutOf = (model: string): MessageLayout | undefined => {
  let layout = layouts.get(model);
  const text = fieldNumbers[model];
  if (!layout && text !== undefined) {
    layout = parse(text.match(/[\w]+(=\d+)?|-(=\d+)?\(|\)/g) ?? []);
    layouts.set(model, layout);
  }
  return layout;
};

/** Consumes the tokens up to the end or the closing bracket. */
const parse = (tokens: string[]): MessageLayout => {
  const layout = new Map<number, string | MessageLayout>();
  let number = 0;
  for (let token = tokens.shift(); token !== undefined && token !== ')'; token = tokens.shift()) {
    const [name = '', given] = token.replace('(', '').split('=');
    number = given === undefined ? number + 1 : Number(given);
    layout.set(number, name === '-' ? parse(tokens) : name);
  }
  return layout;
};
