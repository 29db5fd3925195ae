import { BadUserInputError } from '../../shared/errors.js';
import { isWebAddress, optionalLine } from '../../shared/text-rules.js';

/** Where a deployment came from, as whoever asked for it said. */
export interface DeploymentOrigin {
  readonly commit: string | null;
  readonly triggerUrl: string | null;
}

const longestCommit = 200;
const longestReason = 2_000;

export function requireReason(reason: string | null | undefined): void {
  if ((reason?.length ?? 0) > longestReason) {
    throw BadUserInputError.at(
      ['input', 'reason'],
      `reason is longer than ${longestReason} characters: shorten it.`,
    );
  }
}

/** Throws BadUserInputError for what is no name of a commit and no address. */
export function originOf(input: {
  readonly commit?: string | null | undefined;
  readonly triggerUrl?: string | null | undefined;
}): DeploymentOrigin {
  const commit = optionalLine(input.commit, ['input', 'commit'], longestCommit);
  const triggerUrl = input.triggerUrl?.trim() || null;
  if (triggerUrl !== null && !isWebAddress(triggerUrl)) {
    throw BadUserInputError.at(
      ['input', 'triggerUrl'],
      `${JSON.stringify(triggerUrl.slice(0, 100))} is no address to link to: write https://… of at most 2000 characters, without user name and password.`,
    );
  }
  return { commit, triggerUrl };
}
