import {
  type ConfigOf,
  duration,
  type Env,
  integer,
  list,
  oneOf,
  optionalUrl,
  readConfig,
  text,
} from '../shared/config.js';

const mebibyte = 1024 * 1024;

const deploymentsSettings = {
  exec: {
    /**
     * What may be run besides shells without the permission exec.any-command: `df -h` allows exactly that, `ls *` also
     * more arguments.
     */
    commands: list('MERIDIAN_EXEC_COMMANDS'),
    /** Open at a time, in all processes together. */
    sessionsPerUser: integer('MERIDIAN_EXEC_SESSIONS_PER_USER', { min: 1, max: 1_000 }, 5),
    /** How long a session waits for its reader to come back. */
    grace: duration('MERIDIAN_EXEC_GRACE', '60s'),
    /** A session without input and output ends after this. */
    idle: duration('MERIDIAN_EXEC_IDLE', '30m'),
    /** No session lasts longer. */
    longest: duration('MERIDIAN_EXEC_LONGEST', '8h'),
    /** Which sessions are recorded: those that ask for it, also those in production landscapes, or all. */
    record: oneOf('MERIDIAN_RECORD_EXEC', ['asked', 'production', 'all'], 'production'),
    /** Bytes of one recording at most. */
    recordingBytes: mebibytes('MERIDIAN_EXEC_RECORDING_MIB', 16),
    debugImage: text('MERIDIAN_DEBUG_IMAGE', 'busybox:1.37'),
    /** A process that has not been heard of for this long has ended, and its sessions with it. */
    lease: duration('MERIDIAN_EXEC_LEASE', '30s'),
    /** Where the gateway reaches this very process, when there are several behind one address. */
    replicaUrl: optionalUrl('MERIDIAN_REPLICA_URL', ['http:', 'https:']),
  },
};
export type DeploymentsConfig = ConfigOf<typeof deploymentsSettings>;
export type ExecConfig = DeploymentsConfig['exec'];

export const readDeploymentsConfig = (env: Env): DeploymentsConfig => readConfig(env, deploymentsSettings);

function mebibytes(name: string, fallback: number) {
  const setting = integer(name, { min: 1, max: 1_024 }, fallback);
  return { name, parse: (value: string | undefined): number => setting.parse(value) * mebibyte };
}
