interface Variable {
  /** An indexed array has its elements by number. */
  value: string | Map<number, string> | undefined;
  isExported: boolean;
  isReadonly: boolean;
}

export class ReadonlyError extends Error {}

/** The variables of a shell, with the scopes of functions. Elements of arrays are named `name[3]`. */
export class VariableTable {
  private readonly scopes: Map<string, Variable>[];

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.scopes = [
      new Map(
        Object.entries(environment).map(([name, value]) => [
          name,
          { value, isExported: true, isReadonly: false },
        ]),
      ),
    ];
  }

  /** What a subshell starts with. */
  copy(): VariableTable {
    const copied = new VariableTable();
    copied.scopes.length = 0;
    for (const scope of this.scopes)
      copied.scopes.push(
        new Map(
          [...scope].map(([name, { value, ...rest }]) => [
            name,
            { ...rest, value: value instanceof Map ? new Map(value) : value },
          ]),
        ),
      );
    return copied;
  }

  get(name: string): string | undefined {
    const { base, index } = split(name);
    const value = this.find(base)?.value;
    if (index === undefined) return value instanceof Map ? value.get(0) : value;
    if (value instanceof Map) return value.get(index < 0 ? last(value) + 1 + index : index);
    return index === 0 ? value : undefined;
  }

  /** All elements of an array, or the one value. */
  elements(name: string): [number, string][] {
    const value = this.find(name)?.value;
    if (value instanceof Map) return [...value].sort(([a], [b]) => a - b);
    return value === undefined ? [] : [[0, value]];
  }

  set(name: string, value: string): void {
    const { base, index } = split(name);
    const variable = this.writable(base);
    if (index === undefined && !(variable.value instanceof Map)) variable.value = value;
    else {
      const elements =
        variable.value instanceof Map
          ? variable.value
          : new Map(variable.value === undefined ? [] : [[0, variable.value]]);
      elements.set(index ?? 0, value);
      variable.value = elements;
    }
  }

  setArray(name: string, values: readonly string[], { append = false } = {}): void {
    const before = append ? this.elements(name) : [];
    const start = (before.at(-1)?.[0] ?? -1) + 1;
    this.writable(name).value = new Map([
      ...before,
      ...values.map((value, index): [number, string] => [start + index, value]),
    ]);
  }

  unset(name: string): void {
    const { base, index } = split(name);
    const variable = this.find(base);
    if (variable?.isReadonly) throw new ReadonlyError(`${base}: cannot unset: readonly variable`);
    if (index !== undefined && variable?.value instanceof Map) variable.value.delete(index);
    else for (const scope of this.scopes) scope.delete(base);
  }

  mark(name: string, marks: { isExported?: boolean; isReadonly?: boolean }): void {
    const variable = this.find(name) ?? this.declare(name);
    Object.assign(variable, marks);
  }

  /** A variable of the running function; hides one of the same name outside. */
  declareLocal(name: string): void {
    this.scopes.at(-1)?.set(name, { value: undefined, isExported: false, isReadonly: false });
  }

  enterFunction(): void {
    this.scopes.push(new Map());
  }

  leaveFunction(): void {
    if (this.scopes.length > 1) this.scopes.pop();
  }

  get isInFunction(): boolean {
    return this.scopes.length > 1;
  }

  /** What a program that is started sees. */
  exported(): Record<string, string> {
    return Object.fromEntries(
      this.all().flatMap(([name, { value, isExported }]) =>
        isExported && typeof value === 'string' ? [[name, value]] : [],
      ),
    );
  }

  names(): string[] {
    return this.all().flatMap(([name, { value }]) => (value === undefined ? [] : [name]));
  }

  isExported(name: string): boolean {
    return this.find(name)?.isExported ?? false;
  }

  private all(): [string, Variable][] {
    return [...new Map(this.scopes.flatMap((scope) => [...scope]))];
  }

  private find(name: string): Variable | undefined {
    for (let index = this.scopes.length - 1; index >= 0; index--) {
      const variable = this.scopes[index]?.get(name);
      if (variable) return variable;
    }
    return undefined;
  }

  private declare(name: string): Variable {
    const variable: Variable = { value: undefined, isExported: false, isReadonly: false };
    this.scopes[0]?.set(name, variable);
    return variable;
  }

  private writable(name: string): Variable {
    const variable = this.find(name) ?? this.declare(name);
    if (variable.isReadonly) throw new ReadonlyError(`${name}: readonly variable`);
    return variable;
  }
}

function split(name: string): { base: string; index: number | undefined } {
  const match = /^(\w+)\[(-?\d+)\]$/.exec(name);
  return match ? { base: match[1] ?? '', index: Number(match[2]) } : { base: name, index: undefined };
}

const last = (values: ReadonlyMap<number, string>): number => Math.max(-1, ...values.keys());
