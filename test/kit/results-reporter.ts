import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** What .ci/run counts, and which files it runs once more by themselves. Files are named from the project's root. */
export interface TestResults {
  readonly passed: number;
  readonly failed: number;
  /** Not proven: a test or a hook of it failed, its process died, or an error nobody handled came while it ran. */
  readonly unproven: { readonly file: string; readonly passed: number; readonly failed: number }[];
  /** Errors that came from no file in particular: the run failed, and no file can be asked again. */
  readonly strays: string[];
}

/** Writes the results of a run for .ci/run. Vitest's own JSON knows neither of dead processes nor of stray errors. */
export class ResultsReporter implements Reporter {
  readonly #output: string;

  constructor(output: string) {
    this.#output = output;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    mkdirSync(dirname(this.#output), { recursive: true });
    writeFileSync(this.#output, JSON.stringify(resultsOf(modules, errors)));
  }
}

/** The file that ran when the error came. */
function fileOf({ VITEST_TEST_PATH: path }: SerializedError): string | undefined {
  return typeof path === 'string' ? relative(process.cwd(), path) : undefined;
}

function resultsOf(modules: readonly TestModule[], errors: readonly SerializedError[]): TestResults {
  const files = modules.map((module) => {
    const tests = [...module.children.allTests()].map((test) => test.result().state);
    return {
      file: relative(process.cwd(), module.moduleId),
      passed: tests.filter((state) => state === 'passed').length,
      failed: tests.filter((state) => state === 'failed').length,
      proven: module.state() === 'passed' || module.state() === 'skipped',
    };
  });
  const accused = new Set(errors.map(fileOf).filter((file) => file !== undefined));
  const unproven = files.filter(({ file, proven }) => !proven || accused.has(file));
  // A process that died takes its error with it: the file it ran is pending, and stands for it.
  const explained = unproven.length > accused.size;
  const strays = errors.filter((error) => fileOf(error) === undefined && !explained);
  return {
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    failed: files.reduce((sum, { failed }) => sum + failed, 0),
    unproven: unproven.map(({ file, passed, failed }) => ({ file, passed, failed })),
    strays: strays.map(({ message }) => message),
  };
}
