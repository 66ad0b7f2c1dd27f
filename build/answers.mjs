// Makes dist/answers.json: what the program answers to every client's first questions when its configuration is all
// defaults. The program that was just built is asked, so the answers are its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';

const ask = (id, method, params) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const home = mkdtempSync(join(tmpdir(), 'hugwire-answers-'));
const { HUGWIRE_READ_ONLY, ...env } = process.env;
const { stdout, stderr } = spawnSync(process.execPath, ['bin/hugwire.js', 'serve'], {
  env: { ...env, HUGWIRE_HOME: home },
  input: `${ask(1, 'initialize', { protocolVersion: LATEST_PROTOCOL_VERSION })}\n${ask(2, 'tools/list')}\n`,
  encoding: 'utf8',
});
rmSync(home, { recursive: true, force: true });
const results = new Map(
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map(({ id, result }) => [id, result]),
);
if (!results.get(1) || !results.get(2)) throw new Error(`The built program does not answer. ${stderr}`);
const { protocolVersion, ...card } = results.get(1);
const older = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== protocolVersion);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const start = { version, args: [], readOnly: false, config: null, lock: null, assistants: null };
const prepared = { card, tools: results.get(2).tools, versions: [protocolVersion, ...older] };
writeFileSync('dist/answers.json', `${JSON.stringify({ start, prepared }, null, 1)}\n`);
