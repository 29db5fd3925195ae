import type { Clock } from '../../subgraphs/shared/clock.js';

/** A clock that goes on by itself and can be put forward: what is to expire does so when the test is ready for it. */
export function movableClock(): Clock & { pass(milliseconds: number): void } {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    pass: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}
