import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** Constant message, variable data in fields: `logger.warn({ cluster, error }, 'informer restarted')`. */
export type Logger = PinoLogger;

/** Paths that never reach a log line, whatever object is logged. */
const secretPaths = [
  'password',
  'token',
  'authorization',
  'kubeconfig',
  'credentials',
  'secret',
  'cookie',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * JSON lines on standard output; pretty when `pretty` is set (a person at a terminal).
 * Levels: `error` = a person must act, `warn` = it healed itself.
 */
export function createLogger(options: {
  level: string;
  pretty?: boolean;
  destination?: DestinationStream;
}): Logger {
  const base = {
    level: options.level,
    base: null,
    redact: { paths: secretPaths, censor: '***' },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: describeError, err: describeError },
  };
  if (options.destination) return pino(base, options.destination);
  if (options.pretty) {
    return pino({
      ...base,
      transport: {
        target: 'pino-pretty',
        options: { singleLine: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' },
      },
      formatters: {},
    });
  }
  return pino(base);
}

/** Only what helps to find a fault: an error's own properties may hold request bodies, SQL parameters or credentials. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  return { name: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}
