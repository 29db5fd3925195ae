/**
 * The remote command protocol v4/v5.channel.k8s.io: each binary message is a channel number and its bytes. What comes
 * from a cluster is judged here; nothing throws.
 */
export const execProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

export type ExecFrame =
  | { readonly kind: 'OUTPUT'; readonly stream: 'STDOUT' | 'STDERR'; readonly bytes: Uint8Array }
  | { readonly kind: 'STATUS'; readonly exitCode: number | null; readonly message: string }
  | { readonly kind: 'INVALID'; readonly why: string };

export function parseExecFrame(data: Uint8Array, isBinary: boolean): ExecFrame {
  if (!isBinary) return invalid('a text message');
  const channel = data[0];
  const bytes = data.subarray(1);
  switch (channel) {
    case undefined:
      return invalid('an empty message');
    case channels.stdout:
      return { kind: 'OUTPUT', stream: 'STDOUT', bytes };
    case channels.stderr:
      return { kind: 'OUTPUT', stream: 'STDERR', bytes };
    case channels.status:
      return parseStatus(bytes);
    default:
      return invalid(`a message for channel ${channel}`);
  }
}

interface StatusLike {
  readonly status?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly causes?: unknown } | null;
}

function parseStatus(bytes: Uint8Array): ExecFrame {
  let status: StatusLike | null;
  try {
    status = JSON.parse(Buffer.from(bytes).toString('utf8')) as StatusLike | null;
  } catch {
    return invalid('a status that is not JSON');
  }
  if (status?.status === 'Success') return { kind: 'STATUS', exitCode: 0, message: '' };
  if (status?.status !== 'Failure') return invalid('a status that says neither success nor failure');
  const { causes } = status.details ?? {};
  const cause = (
    Array.isArray(causes) ? (causes as ({ reason?: unknown; message?: unknown } | null)[]) : []
  ).find((candidate) => candidate?.reason === 'ExitCode');
  const exitCode = Number(cause?.message ?? Number.NaN);
  return {
    kind: 'STATUS',
    exitCode: Number.isInteger(exitCode) ? exitCode : null,
    message: typeof status.message === 'string' ? status.message : '',
  };
}

const invalid = (why: string): ExecFrame => ({ kind: 'INVALID', why });

const frame = (channel: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(channel), bytes]);

export const stdinFrame = (bytes: Uint8Array): Uint8Array => frame(channels.stdin, bytes);

export const resizeFrame = (columns: number, rows: number): Uint8Array =>
  frame(channels.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows })));

/** v5 only: says that nothing more comes on stdin. */
export const closeStdinFrame: Uint8Array = Uint8Array.of(channels.close, channels.stdin);
