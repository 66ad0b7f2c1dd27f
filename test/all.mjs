import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Runs every check to its end, whatever fails on the way, and sums up. `npm test` is this.

/** What a step exits with that found nothing to run with; it has said so. */
const SKIPPED = 77;
/** npm scripts, in this order. */
const STEPS = ['lint', 'typecheck', 'build', 'test:unit', 'test:contract', 'test:live', 'test:pack', 'test:wine'];

// What hugwire asks of the small Hub in `test:unit` is what `test:contract` looks at.
const requests = mkdtempSync(join(tmpdir(), 'hugwire-requests-'));
process.on('exit', () => rmSync(requests, { recursive: true, force: true }));
const env = { ...process.env, HUGWIRE_TEST_REQUESTS: requests };

const results = STEPS.map((step) => {
  console.log(`\n=== npm run ${step}`);
  const start = Date.now();
  const shell = process.platform === 'win32'; // npm is a .cmd file there
  const { status, signal } = spawnSync('npm', ['run', '--silent', step], { stdio: 'inherit', shell, env });
  // Ctrl-C stops a step's own programs, and this one.
  if (signal) process.exit(1);
  const outcome = { 0: 'passed', [SKIPPED]: 'skipped' }[status] ?? 'FAILED';
  return { step, outcome, seconds: Math.round((Date.now() - start) / 1000) };
});

console.log('\n=== Summary');
for (const { step, outcome, seconds } of results) {
  console.log(`${outcome.padEnd(7)}  ${step.padEnd(13)} ${String(seconds).padStart(5)} s`);
}
const python = process.platform === 'win32' ? 'python' : 'python3';
if (spawnSync(python, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status !== 0) {
  console.log(`skipped the live suites that run Python: ${python} with the venv module was not found`);
}
process.exitCode = results.some(({ outcome }) => outcome === 'FAILED') ? 1 : 0;
