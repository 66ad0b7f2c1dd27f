import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

// Many more fuzzed runs than CI plays: `npm run fuzz -- --runs 10000`, for one suite `npm run fuzz -- hub --runs 10000`. A failing
// run is told with its seed; `npm run fuzz -- hub --seed 1234 --runs 1` plays it again.

const SUITES = ['frames', 'hub', 'space'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});
const { runs, seed = String(Math.floor(Math.random() * 1e9)) } = values;
const unknown = positionals.filter((name) => !SUITES.includes(name));
if (unknown.length > 0 || !/^\d+$/.test(runs) || !/^\d+$/.test(seed)) {
  console.error(`Usage: npm run fuzz -- [${SUITES.join(' | ')}] [--runs N] [--seed S]`);
  process.exit(2);
}
const files = (positionals.length > 0 ? positionals : SUITES).map((name) => `test/fuzz/${name}.test.ts`);
console.log(`${runs} runs of each from seed ${seed}`);
const { status } = spawnSync('npx', ['vitest', 'run', ...files], {
  stdio: 'inherit',
  shell: process.platform === 'win32', // npx is a .cmd file there
  env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed },
});
process.exitCode = status ?? 1;
