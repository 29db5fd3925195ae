import { ArithmeticError } from './arithmetic.js';
import type { Shell } from './shell.js';

/** `[[ … ]]` */
export async function evaluateCondition(shell: Shell, node: any): Promise<boolean> {
  switch (node.type) {
    case 'CondAnd':
      return (await evaluateCondition(shell, node.left)) && evaluateCondition(shell, node.right);
    case 'CondOr':
      return (await evaluateCondition(shell, node.left)) || evaluateCondition(shell, node.right);
    case 'CondNot':
      return !(await evaluateCondition(shell, node.operand));
    case 'CondGroup':
      return evaluateCondition(shell, node.expression);
    case 'CondWord':
      return (await shell.expansion.text(node.word)) !== '';
    case 'CondUnary':
      return unaryTest(shell, node.operator, await shell.expansion.text(node.operand));
    default: {
      const left = await shell.expansion.text(node.left);
      if (['=', '==', '!='].includes(node.operator)) {
        const matches = new RegExp(`^(?:${await shell.expansion.pattern(node.right)})$`).test(left);
        return matches === (node.operator !== '!=');
      }
      const right = await shell.expansion.text(node.right);
      if (node.operator !== '=~') return binaryTest(shell, left, node.operator, right);
      const match = new RegExp(right).exec(left);
      shell.variables.setArray('BASH_REMATCH', match ? [...match].map((group) => group ?? '') : []);
      return match !== null;
    }
  }
}

export async function unaryTest(shell: Shell, operator: string, operand: string): Promise<boolean> {
  if (operator === '-z') return operand === '';
  if (operator === '-n') return operand !== '';
  if (operator === '-v') return shell.parameter(operand) !== undefined;
  if (operator === '-o') return shell.options.has(operand);
  if (operator === '-t') {
    const stream = shell.io.get(Number(operand));
    return stream?.isTerminal ?? false;
  }
  const path = shell.resolve(operand);
  const stat = await (operator === '-h' || operator === '-L'
    ? shell.files.lstat(path)
    : shell.files.stat(path)
  ).catch(() => undefined);
  if (!stat || operand === '') return false;
  const isDevice = path.startsWith('/dev/') && !stat.isDirectory;
  switch (operator) {
    case '-f':
      return stat.isFile && !isDevice;
    case '-d':
      return stat.isDirectory;
    case '-s':
      return stat.isDirectory || stat.size > 0;
    case '-h':
    case '-L':
      return stat.isSymbolicLink;
    case '-x':
      return (stat.mode & 0o111) !== 0;
    case '-w':
      return !shell.container.isReadOnly(path);
    case '-c':
      return isDevice;
    case '-b':
    case '-p':
    case '-S':
      return false;
    default:
      return true;
  }
}

export async function binaryTest(
  shell: Shell,
  left: string,
  operator: string,
  right: string,
): Promise<boolean> {
  const number = (text: string): number => {
    if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new ArithmeticError(`[: ${text}: integer expression expected`);
    return Number(text);
  };
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-eq':
      return number(left) === number(right);
    case '-ne':
      return number(left) !== number(right);
    case '-lt':
      return number(left) < number(right);
    case '-le':
      return number(left) <= number(right);
    case '-gt':
      return number(left) > number(right);
    case '-ge':
      return number(left) >= number(right);
    case '-ef':
      return shell.resolve(left) === shell.resolve(right);
    default: {
      const [a, b] = await Promise.all(
        [left, right].map((path) => shell.files.stat(shell.resolve(path)).catch(() => undefined)),
      );
      const [older, newer] = operator === '-nt' ? [b, a] : [a, b];
      return newer !== undefined && (older === undefined || newer.mtime > older.mtime);
    }
  }
}
