import type {
  CommandNode,
  PipelineNode,
  ScriptNode,
  SimpleCommandNode,
  StatementNode,
  WordNode,
} from 'just-bash';

/** Where a process's standard streams are in its file system. */
export interface StreamPaths {
  /** Undefined for a process without input. */
  readonly input: string | undefined;
  /** A read of this path gives one line. */
  readonly inputLine: string | undefined;
  /** A read of this path tells `cat` to pass its input on as it comes. */
  readonly inputStream: string | undefined;
  readonly output: string;
  readonly errors: string;
}

type Redirection = SimpleCommandNode['redirections'][number];

const READERS = new Set(
  'cat wc sort head tail grep egrep fgrep sed awk tr tee xargs uniq cut rev tac nl base64 md5sum sha1sum sha256sum od sh bash'.split(
    ' ',
  ),
);

/**
 * just-bash gives output when a whole script has ended. This sends the output of every command that would reach the
 * terminal there itself, as an ordinary redirection, so that it arrives when that command has ended; and lets
 * commands that read standard input read the process's.
 */
export function redirectToTerminal(script: ScriptNode, paths: StreamPaths): ScriptNode {
  return { ...script, statements: rewriteAll(script.statements, paths) };
}

/** just-bash writes the end of a here-document wrongly where a pipe follows; a here-string says the same. */
function withoutHereDocuments<T extends { redirections: Redirection[] }>(command: T): T {
  const redirections = command.redirections.map((each): Redirection => {
    if (each.target.type !== 'HereDoc') return each;
    const { content, quoted } = each.target;
    const parts = content.parts.map((part, index) =>
      part.type === 'Literal' && index === content.parts.length - 1
        ? { ...part, value: part.value.replace(/\n$/, '') }
        : part,
    );
    const text = parts.map((part) => ('value' in part ? part.value : '')).join('');
    const isLiteral = quoted || parts.every(({ type }) => type === 'Literal');
    const word: WordNode = {
      type: 'Word',
      parts: [isLiteral ? { type: 'SingleQuoted', value: text } : { type: 'DoubleQuoted', parts }],
    };
    return { type: 'Redirection', fd: each.fd, operator: '<<<', target: word };
  });
  return { ...command, redirections };
}

const rewriteAll = (statements: readonly StatementNode[], paths: StreamPaths): StatementNode[] =>
  statements.map((statement) => ({
    ...statement,
    pipelines: statement.pipelines.map((pipeline) => rewritePipeline(pipeline, paths)),
  }));

function rewritePipeline(pipeline: PipelineNode, paths: StreamPaths): PipelineNode {
  const last = pipeline.commands.length - 1;
  const commands = pipeline.commands.map((command, index) => {
    const redirections = [
      ...(index === 0 ? inputFor(command, last === 0, paths) : []),
      ...(index === last ? [redirection(1, '>>', paths.output)] : []),
      ...(pipeline.pipeStderr?.[index] ? [] : [redirection(2, '>>', paths.errors)]),
    ];
    return rewriteCommand(command, redirections, last === 0, paths);
  });
  return { ...pipeline, commands };
}

function rewriteCommand(
  given: CommandNode,
  added: readonly Redirection[],
  isAlone: boolean,
  paths: StreamPaths,
): CommandNode {
  const command = withoutHereDocuments(given);
  // A function writes to where its caller's output goes.
  if (command.type === 'FunctionDef') return command;
  if (command.type === 'SimpleCommand' && (!command.name || nameOf(command) === 'exec')) return command;
  const isOpen = isAlone && command.redirections.length === 0;
  if (isOpen) {
    const body = 'body' in command ? { body: rewriteAll(command.body, paths) } : undefined;
    switch (command.type) {
      case 'For':
      case 'CStyleFor':
      case 'Subshell':
      case 'Group':
        return { ...command, ...body };
      case 'While':
      case 'Until':
        return { ...command, ...body, condition: rewriteAll(command.condition, paths) };
      case 'If':
        return {
          ...command,
          clauses: command.clauses.map(({ condition, body: then }) => ({
            condition: rewriteAll(condition, paths),
            body: rewriteAll(then, paths),
          })),
          elseBody: command.elseBody && rewriteAll(command.elseBody, paths),
        };
      case 'Case':
        return {
          ...command,
          items: command.items.map((item) => ({ ...item, body: rewriteAll(item.body, paths) })),
        };
      default:
    }
  }
  return { ...command, redirections: [...added, ...command.redirections] };
}

function inputFor(command: CommandNode, isAlone: boolean, paths: StreamPaths): Redirection[] {
  if (
    command.type !== 'SimpleCommand' ||
    command.redirections.some(({ operator }) => operator.startsWith('<'))
  )
    return [];
  const name = nameOf(command);
  if (name === 'read' && isAlone) return paths.inputLine ? [redirection(0, '<', paths.inputLine)] : [];
  const isStream =
    name === 'cat' && isAlone && command.redirections.length === 0 && command.args.length === 0;
  if (isStream) return paths.inputStream ? [redirection(0, '<', paths.inputStream)] : [];
  const reads = name !== undefined && READERS.has(name) && paths.input && !namesFile(name, command.args);
  return reads && paths.input ? [redirection(0, '<', paths.input)] : [];
}

/** Whether the command has an operand that it reads instead of its input. */
function namesFile(name: string, args: readonly WordNode[]): boolean {
  const operands = args.filter((word) => !literal(word)?.startsWith('-'));
  const needed: Record<string, number> = {
    grep: 2,
    egrep: 2,
    fgrep: 2,
    sed: 2,
    awk: 2,
    tr: 3,
    xargs: 99,
    tee: 99,
  };
  return operands.length >= (needed[name] ?? 1);
}

const nameOf = ({ name }: SimpleCommandNode): string | undefined => (name ? literal(name) : undefined);

function literal({ parts }: WordNode): string | undefined {
  const [part] = parts;
  return parts.length === 1 && part && 'value' in part ? part.value : undefined;
}

const redirection = (fd: number, operator: '<' | '>>', path: string): Redirection => ({
  type: 'Redirection',
  fd,
  operator,
  target: { type: 'Word', parts: [{ type: 'Literal', value: path }] },
});
