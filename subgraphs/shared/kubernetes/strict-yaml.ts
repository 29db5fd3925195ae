import {
  Composer,
  CST,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  Lexer,
  type Node,
  Parser,
} from 'yaml';

/**
 * One YAML (or JSON) document from outside as plain values. What makes YAML dangerous or ambiguous is refused:
 * anchors and aliases (they multiply), tags, duplicate keys, several documents, keys that are no text, great depth.
 *
 * @throws Error whose message completes "<what> …" and repeats no value
 */
export function parseStrictYaml(text: string, limits: { maxBytes: number; maxDepth: number }): unknown {
  if (Buffer.byteLength(text) > limits.maxBytes) {
    throw new Error(`is larger than ${Math.floor(limits.maxBytes / 1024)} KiB.`);
  }
  const composer = new Composer({
    schema: 'core',
    merge: false,
    strict: true,
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = [...composer.compose(tokensOf(text, limits.maxDepth))];
  if (!document?.contents) throw new Error('is empty.');
  if (second) throw new Error('holds more than one document: give one.');
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const line = text.slice(0, problem.pos[0]).split('\n').length;
    throw new Error(`can't be read at line ${line}: ${explain(problem.code)}.`);
  }
  refuseSpecials(document.contents, 1, limits.maxDepth);
  return document.toJS({ maxAliasCount: 0 });
}

/**
 * What parseAllDocuments reads, up to too great a depth: composing it is recursive, and at the end of the stack V8 may
 * end the whole process instead of throwing.
 */
function* tokensOf(text: string, maxDepth: number): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    // The document and everything that is open in it.
    if (parser.stack.length > maxDepth && parser.stack.filter(CST.isCollection).length > maxDepth) {
      throw new Error(`is nested deeper than ${maxDepth} levels.`);
    }
  }
  yield* parser.end();
}

const explain = (code: string): string =>
  code === 'DUPLICATE_KEY' ? 'a key stands twice' : code.toLowerCase().replaceAll('_', ' ');

function refuseSpecials(node: Node, depth: number, maxDepth: number): void {
  if (depth > maxDepth) throw new Error(`is nested deeper than ${maxDepth} levels.`);
  if (isAlias(node)) throw new Error(`contains the alias *${node.source}: write the value out.`);
  if ((isScalar(node) || isCollection(node)) && node.anchor) {
    throw new Error(`contains the anchor &${node.anchor}: write the value out.`);
  }
  if (node.tag) throw new Error('contains a tag (!): write plain values.');
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key) || typeof key.value !== 'string') throw new Error('has a key that is no text.');
      refuseSpecials(key, depth, maxDepth);
      if (key.value === '<<') throw new Error('contains a merge key (<<): write the values out.');
      if (isNode(value)) refuseSpecials(value, depth + 1, maxDepth);
    }
  } else if (isCollection(node)) {
    for (const item of node.items) if (isNode(item)) refuseSpecials(item, depth + 1, maxDepth);
  }
}
