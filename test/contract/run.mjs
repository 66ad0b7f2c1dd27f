import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

// npm run test:contract -- FILE…
// Holds the small Hub, and all that hugwire asks of it in the end-to-end suites, against the OpenAPI documents of the Hub
// (https://huggingface.co/.well-known/openapi.json) and of the dataset viewer
// (https://github.com/huggingface/dataset-viewer, docs/source/openapi.json). Without FILE it looks for *.json in
// $HUGWIRE_OPENAPI_DIR, or in openapi/ of the cache of the live suites.

const cache = process.env.HUGWIRE_TEST_CACHE ?? join(homedir(), '.cache', 'hugwire-test');
const folder = process.env.HUGWIRE_OPENAPI_DIR ?? join(cache, 'openapi');
const given = process.argv.slice(2);
const files = given.length > 0 ? given.map((file) => resolve(file)) : listDocuments(folder);

if (files.length === 0) {
  console.log(`SKIPPED: no OpenAPI documents in ${folder}. Give their paths, or set HUGWIRE_OPENAPI_DIR.`);
  // Skipped, as `npm test` understands it.
  process.exit(77);
}
const missing = files.filter((file) => !existsSync(file));
if (missing.length > 0) {
  console.error(`Not found: ${missing.join(', ')}`);
  process.exit(2);
}

// Requests of a run that has just been: `npm test` hands them on.
const kept = process.env.HUGWIRE_TEST_REQUESTS;
const requests = kept ?? mkdtempSync(join(tmpdir(), 'hugwire-requests-'));
try {
  const env = { ...process.env, HUGWIRE_OPENAPI: files.join(delimiter), HUGWIRE_TEST_REQUESTS: requests };
  const suites = kept ? 0 : vitest(['test/e2e', 'test/tools', '--reporter=dot'], env);
  if (suites !== 0) console.error('The end-to-end suites failed: some requests may be missing below.');
  process.exitCode = vitest(['--config', 'vitest.contract.config.ts'], env) || suites;
} finally {
  if (!kept) rmSync(requests, { recursive: true, force: true });
}

function listDocuments(path) {
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(path, name));
}

function vitest(options, env) {
  const entry = join('node_modules', 'vitest', 'vitest.mjs');
  return spawnSync(process.execPath, [entry, 'run', ...options], { stdio: 'inherit', env }).status ?? 1;
}
