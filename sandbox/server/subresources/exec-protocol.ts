/** Subprotocols of remote commands, newest first: the server picks the first one that the client offers. */
export const PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const;

export type Protocol = (typeof PROTOCOLS)[number];

export const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

const MESSAGE_LIMIT = 32 * 1024;

export const chooseProtocol = (offered: ReadonlySet<string>): Protocol | undefined =>
  PROTOCOLS.find((protocol) => offered.has(protocol));

/** Cuts bytes into messages of one channel. */
export const frame = (protocol: Protocol, channel: number, bytes: Uint8Array): (Buffer | string)[] => {
  const frames: (Buffer | string)[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += MESSAGE_LIMIT) {
    const piece = bytes.subarray(start, start + MESSAGE_LIMIT);
    frames.push(
      protocol.includes('base64')
        ? `${channel}${Buffer.from(piece).toString('base64')}`
        : Buffer.concat([Buffer.from([channel]), piece]),
    );
  }
  return frames;
};

/** Undefined for an empty message, which says nothing. */
export const unframe = (
  protocol: Protocol,
  message: Buffer,
): { channel: number; bytes: Buffer } | undefined => {
  if (message.length === 0) return undefined;
  if (protocol.includes('base64'))
    return {
      channel: message.readUInt8(0) - 0x30,
      bytes: Buffer.from(message.subarray(1).toString(), 'base64'),
    };
  return { channel: message.readUInt8(0), bytes: message.subarray(1) };
};

export type Exit = { code: number } | { error: string };

/** What the error channel says at the end. Before v4 it is plain text, and nothing after a success. */
export const exitMessage = (protocol: Protocol, command: readonly string[], exit: Exit): string => {
  const hasStatus = protocol.startsWith('v4') || protocol.startsWith('v5');
  if ('error' in exit) {
    const once = `Internal error occurred: error executing command in container: ${exit.error}`;
    const message = protocol.startsWith('v5') ? `Internal error occurred: ${once}` : once;
    if (!hasStatus) return message;
    return goJson({
      metadata: {},
      status: 'Failure',
      message,
      reason: 'InternalError',
      details: { causes: [{ message: message.replace(/^Internal error occurred: /, '') }] },
      code: 500,
    });
  }
  if (exit.code === 0) return hasStatus ? goJson({ metadata: {}, status: 'Success' }) : '';
  const why = protocol.startsWith('v5')
    ? `command terminated with exit code ${exit.code}`
    : `error executing command [${command.join(' ')}], exit code ${exit.code}`;
  const message = `command terminated with non-zero exit code: ${why}`;
  if (!hasStatus) return message;
  return goJson({
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exit.code) }] },
  });
};

/** JSON as Go writes it: safe inside HTML. */
const goJson = (value: object): string =>
  JSON.stringify(value).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
