import type { Builtin } from './builtins.js';
import { binaryTest, unaryTest } from './conditions.js';
import type { Shell } from './shell.js';

const BINARY = new Set([
  '=',
  '==',
  '!=',
  '<',
  '>',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
]);

/** `test` and `[`: 0 for true, 1 for false, 2 for a wrong expression. */
export const test: Builtin = async ({ shell, name, args, io }) => {
  const words = [...args];
  if (name === '[' && words.pop() !== ']') {
    await shell.complain("[: missing `]'", io);
    return 2;
  }
  try {
    const expression = new Expression(shell, words);
    return Number(!(await expression.evaluate()));
  } catch (error) {
    await shell.complain(error instanceof Error ? error.message : String(error), io);
    return 2;
  }
};

class Expression {
  private at = 0;

  constructor(
    private readonly shell: Shell,
    private readonly words: readonly string[],
  ) {}

  async evaluate(): Promise<boolean> {
    if (this.words.length === 0) return false;
    const result = await this.either();
    if (this.at < this.words.length) throw new Error(`[: ${this.words[this.at]}: unexpected operator`);
    return result;
  }

  private async either(): Promise<boolean> {
    let result = await this.both();
    while (this.words[this.at] === '-o') {
      this.at += 1;
      const other = await this.both();
      result ||= other;
    }
    return result;
  }

  private async both(): Promise<boolean> {
    let result = await this.one();
    while (this.words[this.at] === '-a') {
      this.at += 1;
      const other = await this.one();
      result &&= other;
    }
    return result;
  }

  private async one(): Promise<boolean> {
    const [first = '', second, third] = this.words.slice(this.at);
    const left = this.words.length - this.at;
    if (left >= 3 && second !== undefined && third !== undefined && BINARY.has(second)) {
      this.at += 3;
      return binaryTest(this.shell, first, second, third);
    }
    if (first === '!' && left >= 2) {
      this.at += 1;
      return !(await this.one());
    }
    if (first === '(' && left >= 3) {
      this.at += 1;
      const result = await this.either();
      if (this.words[this.at++] !== ')') throw new Error("[: missing `)'");
      return result;
    }
    if (/^-[a-zA-Z]$/.test(first) && left >= 2) {
      this.at += 2;
      return unaryTest(this.shell, first, second ?? '');
    }
    this.at += 1;
    return first !== '';
  }
}
