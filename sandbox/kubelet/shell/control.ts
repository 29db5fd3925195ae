/** How commands leave the place where they stand. */
export class BreakLoop extends Error {
  constructor(readonly levels: number) {
    super('break');
  }
}

export class ContinueLoop extends Error {
  constructor(readonly levels: number) {
    super('continue');
  }
}

export class ReturnFromFunction extends Error {
  constructor(readonly code: number) {
    super('return');
  }
}

export class ExitShell extends Error {
  constructor(readonly code: number) {
    super('exit');
  }
}

export const isControl = (error: unknown): boolean =>
  error instanceof BreakLoop ||
  error instanceof ContinueLoop ||
  error instanceof ReturnFromFunction ||
  error instanceof ExitShell;
