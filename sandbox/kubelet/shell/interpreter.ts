import {
  Bash,
  type Command,
  type CommandName,
  type CommandNode,
  getCommandNames,
  parse,
  type ScriptNode,
  serialize,
} from 'just-bash';
import type { DeviceFiles } from './device-files.js';
import { redirectToTerminal, type StreamPaths } from './terminal-redirects.js';

export interface Outcome {
  readonly code: number;
  /** The script called `exit`, or ended otherwise before its end. */
  readonly isExit: boolean;
}

export interface InterpreterOptions {
  readonly files: DeviceFiles;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly streams: StreamPaths;
  readonly pid: number;
  readonly commands: readonly Command[];
  readonly sleep: (ms: number) => Promise<void>;
  readonly writeError: (text: string) => void;
}

/** Not the variables of the user, but of the interpreter. */
const INTERNAL = new Set(['SHELLOPTS', 'BASHOPTS', 'OSTYPE', 'MACHTYPE', 'HOSTTYPE', 'IFS', 'OPTIND', '?']);

/** Ended scripts answer this to the last command, which is there to tell `exit` from the end of the script. */
const END = '__end_of_script';

/** Bundled commands that run other languages, start worker threads or reach a network. */
const EXCLUDED = new Set<string>(['sqlite3', 'python3', 'python', 'js-exec', 'curl', 'html-to-markdown']);
const COMMANDS = getCommandNames().filter((name) => !EXCLUDED.has(name));

const INTERRUPTED = 130;

/** Few enough commands that a script without end does not hold up the process for long. */
const LIMITS = {
  maxCommandCount: 10_000,
  maxLoopIterations: 10_000,
  maxExecutionTimeMs: 2 ** 31 - 1,
  maxOutputSize: 16 << 20,
  maxStringLength: 16 << 20,
  maxLiveBytes: 64 << 20,
};

/**
 * A shell that keeps its variables, functions and directory from one script to the next. Everything happens in
 * memory: just-bash has no way to start a process of the host, and it is given no network, Python or JavaScript.
 */
export class Interpreter {
  directory: string;
  private variables: Record<string, string>;
  private readonly functions = new Map<string, string>();
  private readonly exported: Set<string>;
  private lastCode = 0;
  private reached = false;
  private readonly bash: Bash;

  constructor(private readonly options: InterpreterOptions) {
    this.directory = options.directory;
    this.variables = { ...options.environment };
    this.exported = new Set(Object.keys(options.environment));
    this.bash = new Bash({
      fs: options.files,
      cwd: options.directory,
      sleep: options.sleep,
      processInfo: { pid: options.pid, ppid: 0, uid: 0, gid: 0 },
      commands: COMMANDS as CommandName[],
      customCommands: [...options.commands, this.endOfScript()],
      executionLimits: LIMITS,
      // It would replace globals such as setTimeout and Function for the time of a script, and this process serves others.
      defenseInDepth: false,
    });
  }

  /** Whether more lines have to follow before the script can run. */
  isIncomplete(script: string): boolean {
    if (/(\\|\||&&)\s*$/.test(script)) return true;
    try {
      serialize(parse(script));
      return false;
    } catch (error) {
      const { message, token } = error as { message: string; token?: { type: string } };
      return token?.type === 'EOF' || /unexpected EOF|unterminated here-document/.test(message);
    }
  }

  async run(script: string, signal: AbortSignal): Promise<Outcome> {
    const source = this.compile(script);
    if (source === undefined) return { code: 2, isExit: false };
    const exported = [...this.exported].filter((name) => name in this.variables && /^\w+$/.test(name));
    const restored = [
      `export ${exported.join(' ')}`,
      ...this.functions.values(),
      ...(/\$\?/.test(script) ? [`(exit ${this.lastCode})`] : []),
    ];
    this.reached = false;
    const result = await this.bash.exec([...restored, source, `${END} $?`].join('\n'), {
      env: this.variables,
      replaceEnv: true,
      cwd: this.directory,
      rawScript: true,
      signal,
    });
    if (signal.aborted) {
      this.lastCode = INTERRUPTED;
      return { code: INTERRUPTED, isExit: false };
    }
    if (result.stderr) this.options.writeError(result.stderr);
    if (this.reached) this.remember(result.env);
    else this.lastCode = result.exitCode;
    return { code: this.lastCode, isExit: !this.reached };
  }

  variable(name: string): string | undefined {
    return this.variables[name];
  }

  set(name: string, value: string): void {
    this.variables[name] = value;
  }

  private compile(script: string): string | undefined {
    let parsed: ScriptNode;
    try {
      parsed = parse(script);
      const wrong = parsed.statements.find(({ deferredError }) => deferredError)?.deferredError;
      if (wrong) throw new Error(wrong.message);
    } catch (error) {
      const text = (error instanceof Error ? error.message : String(error)).replace(
        /^Parse error at [\d:]+: /,
        '',
      );
      this.options.writeError(`bash: ${text}\n`);
      this.lastCode = 2;
      return undefined;
    }
    for (const command of parsed.statements.flatMap(({ pipelines }) =>
      pipelines.flatMap(({ commands }) => commands),
    )) {
      if (command.type === 'FunctionDef') this.functions.set(command.name, sourceOf(command));
      if (command.type === 'SimpleCommand' && /^export /.test(sourceOf(command)))
        for (const [, name = ''] of sourceOf(command).matchAll(/\s(\w+)(?==|\s|$)/g)) this.exported.add(name);
    }
    return serialize(redirectToTerminal(parsed, this.options.streams));
  }

  private remember(environment: Readonly<Record<string, string>>): void {
    this.directory = environment['PWD'] ?? this.directory;
    this.variables = Object.fromEntries(Object.entries(environment).filter(([name]) => !INTERNAL.has(name)));
  }

  private endOfScript(): Command {
    return {
      name: END,
      execute: async ([code]) => {
        this.reached = true;
        this.lastCode = Number(code);
        return { stdout: '', stderr: '', exitCode: this.lastCode };
      },
    };
  }
}

/** One command as a script of its own. */
function sourceOf(command: CommandNode): string {
  const pipeline = { type: 'Pipeline' as const, commands: [command], negated: false };
  const statement = { type: 'Statement' as const, pipelines: [pipeline], operators: [], background: false };
  return serialize({ type: 'Script', statements: [statement] });
}
