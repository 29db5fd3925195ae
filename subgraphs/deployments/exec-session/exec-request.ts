import { BadUserInputError } from '../../shared/errors.js';
import { requireContainer, requireName } from '../../shared/kubernetes/names.js';
import { requireReason } from '../deployment/deployment-origin.js';
import { isImageReference } from '../service/rules/spec-rules.js';
import type { WantedPlace } from './exec-place.js';
import { requireCommand, requireSize } from './exec-rules.js';

export interface ExecInput {
  readonly serviceId?: string | null;
  readonly pod?: string | null;
  readonly container?: string | null;
  readonly command?: readonly string[] | null;
  readonly tty?: boolean | null;
  readonly columns?: number | null;
  readonly rows?: number | null;
  readonly reason?: string | null;
  readonly banner?: boolean | null;
  readonly record?: boolean | null;
  readonly recordInput?: boolean | null;
  readonly debug?: { readonly image?: string | null; readonly target?: string | null } | null;
  readonly sessionId?: string | null;
}

/** What was asked for, checked as far as that goes without looking anything up. */
export interface ExecRequest {
  readonly serviceId: string;
  readonly place: WantedPlace;
  /** Null: the best shell found; of a debugging container what its image runs. */
  readonly command: readonly string[] | null;
  readonly tty: boolean;
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
  readonly reason: string | null;
  readonly banner: boolean;
  readonly record: boolean;
  readonly recordInput: boolean;
  readonly debugImage: string | null;
}

export function checkedRequest(input: ExecInput, defaultDebugImage: string): ExecRequest {
  if (!input.serviceId) {
    throw BadUserInputError.at(
      ['input', 'serviceId'],
      'Give serviceId to open a session, or sessionId to come back to one.',
    );
  }
  const command = input.command ?? null;
  requireReason(input.reason ?? null);
  requireCommand(command);
  return {
    serviceId: input.serviceId,
    place: wantedPlace(input),
    command,
    tty: input.tty ?? command === null,
    size:
      input.columns == null && input.rows == null
        ? undefined
        : requireSize(input.columns ?? 80, input.rows ?? 24),
    reason: input.reason ?? null,
    banner: input.banner ?? false,
    record: (input.record ?? false) || (input.recordInput ?? false),
    recordInput: input.recordInput ?? false,
    debugImage: debugImage(input, defaultDebugImage),
  };
}

function wantedPlace({ pod, container, debug }: ExecInput): WantedPlace {
  if (debug && container != null) {
    throw BadUserInputError.at(
      ['input', 'container'],
      'A debugging container is a new one: name the container to look into as debug.target.',
    );
  }
  const wanted = debug ? debug.target : container;
  const field = debug ? ['input', 'debug', 'target'] : ['input', 'container'];
  return {
    pod: pod == null ? null : requireName(pod, ['input', 'pod'], 'pod'),
    container: wanted == null ? null : requireContainer(wanted, field),
    debug: debug != null,
  };
}

function debugImage({ debug }: ExecInput, fallback: string): string | null {
  if (!debug) return null;
  const image = debug.image ?? fallback;
  if (isImageReference(image)) return image;
  throw BadUserInputError.at(
    ['input', 'debug', 'image'],
    `${JSON.stringify(image.slice(0, 100))} is not an image reference such as busybox:1.37.`,
  );
}
