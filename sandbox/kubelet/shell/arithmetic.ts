/** What an expression may ask for and change. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  /** Of `$(…)`, `${…}` and strings with expansions inside an expression. */
  expand(text: string): Promise<string>;
  /** An expression given as text, as variables may hold. */
  parse(text: string): any;
}

export class ArithmeticError extends Error {}

const truth = (value: boolean): number => (value ? 1 : 0);

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => Math.trunc(a / nonZero(b)),
  '%': (a, b) => a % nonZero(b),
  '**': (a, b) => a ** b,
  '<<': (a, b) => Number(BigInt.asIntN(64, BigInt(a) << BigInt(b & 63))),
  '>>': (a, b) => Number(BigInt(a) >> BigInt(b & 63)),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '&': (a, b) => Number(BigInt(a) & BigInt(b)),
  '|': (a, b) => Number(BigInt(a) | BigInt(b)),
  '^': (a, b) => Number(BigInt(a) ^ BigInt(b)),
  ',': (_, b) => b,
};

function nonZero(value: number): number {
  if (value === 0) throw new ArithmeticError('division by 0');
  return value;
}

/** Evaluates a parsed expression. Throws ArithmeticError. */
export async function evaluateArithmetic(node: any, variables: Variables, depth = 0): Promise<number> {
  if (depth > 60) throw new ArithmeticError('expression recursion level exceeded');
  const evaluate = (child: any) => evaluateArithmetic(child, variables, depth + 1);
  switch (node.type) {
    case 'ArithmeticExpression':
    case 'ArithGroup':
    case 'ArithNested':
      return evaluate(node.expression);
    case 'ArithNumber':
      if (!Number.isFinite(node.value)) throw new ArithmeticError('syntax error: invalid number');
      return node.value;
    case 'ArithSingleQuote':
      return node.value;
    case 'ArithVariable':
    case 'ArithSpecialVar':
      return numberOf(variables.get(node.name) ?? '', variables, depth);
    case 'ArithBracedExpansion':
      return numberOf(await variables.expand(`\${${node.content}}`), variables, depth);
    case 'ArithCommandSubst':
      return numberOf(await variables.expand(`$(${node.command})`), variables, depth);
    case 'ArithArrayElement':
      return numberOf(
        variables.get(`${node.array}[${node.index ? await evaluate(node.index) : node.stringKey}]`) ?? '',
        variables,
        depth,
      );
    case 'ArithBinary': {
      const left = await evaluate(node.left);
      if (node.operator === '&&') return left === 0 ? 0 : truth((await evaluate(node.right)) !== 0);
      if (node.operator === '||') return left !== 0 ? 1 : truth((await evaluate(node.right)) !== 0);
      const apply = OPERATORS[node.operator];
      if (!apply) throw new ArithmeticError(`syntax error: operator ${node.operator}`);
      return apply(left, await evaluate(node.right));
    }
    case 'ArithUnary':
      return unary(node, variables, evaluate);
    case 'ArithTernary':
      return (await evaluate(node.condition)) === 0 ? evaluate(node.alternate) : evaluate(node.consequent);
    case 'ArithAssignment': {
      const name = node.subscript ? `${node.variable}[${await evaluate(node.subscript)}]` : node.variable;
      const operator = node.operator.slice(0, -1);
      const before = operator ? await numberOf(variables.get(name) ?? '', variables, depth) : 0;
      const value = await evaluate(node.value);
      const result = operator ? (OPERATORS[operator]?.(before, value) ?? value) : value;
      variables.set(name, String(result));
      return result;
    }
    default:
      throw new ArithmeticError(node.message ?? 'syntax error in expression');
  }
}

async function unary(
  node: any,
  variables: Variables,
  evaluate: (child: any) => Promise<number>,
): Promise<number> {
  const value = await evaluate(node.operand);
  switch (node.operator) {
    case '-':
      return -value;
    case '!':
      return truth(value === 0);
    case '~':
      return ~value;
    case '++':
    case '--': {
      const changed = value + (node.operator === '++' ? 1 : -1);
      variables.set(node.operand.name ?? '', String(changed));
      return node.prefix ? changed : value;
    }
    default:
      return value;
  }
}

async function numberOf(text: string, variables: Variables, depth: number): Promise<number> {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  if (/^-?(0|[1-9]\d*)$/.test(trimmed)) return Number(trimmed);
  return evaluateArithmetic(variables.parse(trimmed), variables, depth + 1);
}
