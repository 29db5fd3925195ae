import type { Descriptors } from './descriptors.js';
import { plain } from './fields.js';
import type { Shell } from './shell.js';
import { DiscardingOutput, EndlessInput, type Input, type Output, TextInput, textOf } from './streams.js';

/** A file that cannot be opened; the command then fails with 1. */
export class RedirectionError extends Error {}

/** The descriptors with what `<`, `>`, `2>&1`, here-documents and the like change about them. */
export async function redirect(
  shell: Shell,
  redirections: readonly any[],
  given: Descriptors,
): Promise<Descriptors> {
  if (redirections.length === 0) return given;
  const io = given.copy();
  for (const { operator, target, fd } of redirections) {
    if (target.type === 'HereDoc') {
      const text = target.quoted
        ? target.content.parts.map((part: any) => part.value ?? '').join('')
        : plain(await shell.expansion.field(target.content.parts));
      io.set(fd ?? 0, new TextInput(text));
      continue;
    }
    const word = await shell.expansion.text(target);
    switch (operator) {
      case '<':
        io.set(fd ?? 0, await openInput(shell, word, io));
        break;
      case '<<<':
        io.set(fd ?? 0, new TextInput(`${word}\n`));
        break;
      case '<&':
      case '>&':
        if (word === '-') io.close(fd ?? (operator === '<&' ? 0 : 1));
        else if (/^\d+$/.test(word)) {
          const stream = io.get(Number(word));
          if (!stream) throw new RedirectionError(`${word}: Bad file descriptor`);
          io.set(fd ?? (operator === '<&' ? 0 : 1), stream);
        } else {
          const both = await openOutput(shell, word, false, io);
          io.set(1, both).set(2, both);
        }
        break;
      case '&>':
      case '&>>': {
        const both = await openOutput(shell, word, operator === '&>>', io);
        io.set(1, both).set(2, both);
        break;
      }
      default:
        io.set(
          fd ?? (operator === '<>' ? 0 : 1),
          await openOutput(shell, word, operator !== '>' && operator !== '>|', io),
        );
    }
  }
  return io;
}

const ZEROS = '\0'.repeat(32_768);

/** Opens a path for reading; devices give what they give for ever. */
export async function openInput(shell: Shell, path: string, io: Descriptors): Promise<Input> {
  const full = shell.resolve(path);
  const descriptor = /^\/(?:dev|proc\/self)\/(?:fd\/(\d+)|(stdin|tty))$/.exec(full);
  if (descriptor) return descriptor[2] === 'tty' ? (shell.terminalInput ?? io.input) : io.input;
  if (full === '/dev/null') return new TextInput('');
  if (full === '/dev/zero') return new EndlessInput(ZEROS);
  if (full === '/dev/urandom' || full === '/dev/random') return new EndlessInput(shell.container.noise());
  const text = await readFile(shell, path);
  return new TextInput(text);
}

/** The bytes of a file. Throws RedirectionError in the words of the shell. */
export async function readFile(shell: Shell, path: string): Promise<string> {
  const full = shell.resolve(path);
  const stat = await shell.files.stat(full).catch(() => undefined);
  if (!stat) throw new RedirectionError(shell.dialect.cannotOpen(path, 'No such file or directory'));
  if (stat.isDirectory) throw new RedirectionError(`${path}: Is a directory`);
  return Buffer.from(await shell.files.readFileBuffer(full)).toString('latin1');
}

async function openOutput(shell: Shell, path: string, isAppended: boolean, io: Descriptors): Promise<Output> {
  const full = shell.resolve(path);
  const descriptor = /^\/(?:dev|proc\/self)\/(?:fd\/(\d+)|stdout|(stderr)|(tty))$/.exec(full);
  if (descriptor) return io.output(descriptor[1] ? Number(descriptor[1]) : descriptor[2] ? 2 : 1);
  const log = /^\/proc\/1\/fd\/([12])$/.exec(full);
  if (log) return shell.container.logOutput(log[1] === '2' ? 'stderr' : 'stdout');
  if (full === '/dev/null') return new DiscardingOutput();
  const stat = await shell.files.stat(full).catch(() => undefined);
  if (stat?.isDirectory) throw new RedirectionError(`${path}: Is a directory`);
  if (shell.container.isReadOnly(full)) throw new RedirectionError(`${path}: Read-only file system`);
  try {
    if (!isAppended || !stat) await shell.files.writeFile(full, '');
  } catch {
    throw new RedirectionError(shell.dialect.cannotCreate(path));
  }
  return new FileOutput(shell, full);
}

class FileOutput implements Output {
  readonly isTerminal = false;

  constructor(
    private readonly shell: Shell,
    private readonly path: string,
  ) {}

  async write(bytes: string): Promise<void> {
    if (bytes === '') return;
    try {
      await this.shell.files.appendFile(this.path, bytes, 'binary');
    } catch {
      throw new Error(`write error: No space left on device`);
    }
  }

  close(): void {}
}

export const resolvePath = (shell: Shell, path: string): string =>
  shell.files.resolvePath(shell.directory, textOf(path) || '.');
