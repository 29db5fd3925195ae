// node .ci/again.mjs <results of the run> <exit code of `npm run check`>
// Asks the files that the run did not prove once more, and prints the totals. See ./run.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

/** More than these failing at once is not chance. */
const mostFiles = 5;

const [resultsFile, checkCode] = process.argv.slice(2);
const first = readResults();
if (!first) end({ passed: 0, failed: 1 });
if (checkCode === '0') end(first);
if (first.strays.length > 0 || first.unproven.length === 0 || first.unproven.length > mostFiles)
  end({ passed: first.passed, failed: Math.max(first.failed, 1) });

let { passed } = first;
// A file with a failed test is unproven: what failed at first is what fails again.
let failed = 0;
const unsteady = [];
for (const { file, ...before } of first.unproven) {
  console.log(`\nOnce more, by itself: ${file}`);
  rmSync(resultsFile, { force: true });
  const { status } = spawnSync('npx', ['vitest', 'run', file], { stdio: 'inherit' });
  const again = readResults() ?? { passed: 0, failed: 1 };
  passed += again.passed - before.passed;
  failed += status === 0 ? 0 : Math.max(again.failed, 1);
  if (status === 0) unsteady.push(file);
}
if (unsteady.length > 0)
  console.log(`\nUNSTEADY, failed beside the others and passed alone: ${unsteady.join(', ')}`);
end({ passed, failed });

/** @returns {import('../test/kit/results-reporter.ts').TestResults | undefined} undefined when no test was run */
function readResults() {
  return existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : undefined;
}

function end({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
