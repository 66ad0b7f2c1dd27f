import { spawnSync } from 'node:child_process';

// Runs every check to its end, whatever fails on the way, and sums up. `npm test` is this.

/** npm scripts, in this order. */
const STEPS = ['lint', 'typecheck', 'build', 'test:unit', 'test:live', 'test:pack'];

const results = STEPS.map((step) => {
  console.log(`\n=== npm run ${step}`);
  const start = Date.now();
  const shell = process.platform === 'win32'; // npm is a .cmd file there
  const { status, signal } = spawnSync('npm', ['run', '--silent', step], { stdio: 'inherit', shell });
  // Ctrl-C stops a step's own programs, and this one.
  if (signal) process.exit(1);
  return { step, passed: status === 0, seconds: Math.round((Date.now() - start) / 1000) };
});

console.log('\n=== Summary');
for (const { step, passed, seconds } of results) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${step.padEnd(10)} ${String(seconds).padStart(5)} s`);
}
const python = process.platform === 'win32' ? 'python' : 'python3';
if (spawnSync(python, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status !== 0) {
  console.log(`skipped the live suites that run Python: ${python} with the venv module was not found`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
