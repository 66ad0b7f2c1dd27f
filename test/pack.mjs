import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';

// Packs the package, installs it where nothing else is, and runs what was installed. Needs no network.

/** Size of the tarball when it was last looked at. Whoever lets it grow by more than a tenth says why where this was changed. */
const KNOWN_PACKED_BYTES = 1_620_000;
const MAX_UNPACKED_BYTES = 7_000_000;
const ROOT = resolve(import.meta.dirname, '..');
const EXPECTED = new Set(['bin', 'dist', 'package.json', 'README.md', 'LICENSE']);
const DEPENDENCY_FIELDS = ['dependencies', 'optionalDependencies', 'bundleDependencies'];

const work = mkdtempSync(join(tmpdir(), 'hugwire-pack-'));
const installed = join(work, 'prefix', 'node_modules', 'hugwire');
const env = {
  PATH: process.env.PATH,
  SystemRoot: process.env.SystemRoot,
  TMPDIR: work,
  TEMP: work,
  HOME: join(work, 'home'),
  HUGWIRE_HOME: join(work, 'home'),
};
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Runs the installed program to its end, as `npx hugwire …` does. */
function hugwire(args, input = '') {
  const bin = join(work, 'prefix', 'node_modules', '.bin', 'hugwire');
  const shell = process.platform === 'win32'; // a .cmd file there
  return spawnSync(shell ? `"${bin}"` : bin, args, { env, input, shell, cwd: work, encoding: 'utf8', timeout: 60_000 });
}

function npm(args, cwd) {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
}

/** Every file of the installed package, as paths below it. */
function listFiles() {
  return readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(installed, file)).isFile(),
  );
}

/** The bytes of the tarball, and of each installed file as they are and compressed; the largest are printed. */
let packedBytes;
function measureFiles() {
  const sizes = listFiles().map((file) => {
    const bytes = readFileSync(join(installed, file));
    return { file, bytes: bytes.length, compressed: gzipSync(bytes, { level: 9 }).length };
  });
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const row = (bytes, compressed, name) =>
    console.log(`${String(bytes).padStart(9)} ${String(compressed).padStart(9)}  ${name}`);
  row('bytes', 'packed', 'file');
  for (const { file, bytes, compressed } of sizes.toSorted((a, b) => b.compressed - a.compressed).slice(0, 15)) {
    row(bytes, compressed, file);
  }
  row(total, packedBytes, `in ${sizes.length} files`);
  return total;
}

before(() => {
  npm(['pack', '--silent', '--pack-destination', work], ROOT);
  const tarball = join(
    work,
    readdirSync(work).find((file) => file.endsWith('.tgz')),
  );
  packedBytes = statSync(tarball).size;
  for (const directory of ['prefix', 'home']) mkdirSync(join(work, directory));
  writeFileSync(join(work, 'prefix', 'package.json'), '{}');
  npm(['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], join(work, 'prefix'));
});
after(() => rmSync(work, { recursive: true, force: true }));

describe('the package', () => {
  it('is one, without dependencies', () => {
    const packages = readdirSync(join(work, 'prefix', 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(packages, ['hugwire']);
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const { peerDependencies, peerDependenciesMeta } = manifest;
    for (const name of Object.keys(peerDependencies)) assert.equal(peerDependenciesMeta[name]?.optional, true, name);
    for (const field of DEPENDENCY_FIELDS) assert.equal(manifest[field], undefined, field);
  });

  it(`is hardly larger than it was, ${KNOWN_PACKED_BYTES} bytes packed, and at most ${MAX_UNPACKED_BYTES} unpacked`, () => {
    const unpackedBytes = measureFiles();
    assert.ok(packedBytes <= 1.1 * KNOWN_PACKED_BYTES, `${packedBytes} bytes packed`);
    assert.ok(unpackedBytes <= MAX_UNPACKED_BYTES, `${unpackedBytes} bytes unpacked`);
  });

  it('holds the program, its readme and its licence, and nothing else', () => {
    assert.deepEqual(new Set(readdirSync(installed)), EXPECTED);
  });

  it('has no source maps, and nothing of the machine that built it', () => {
    // With a slash, since a home such as `/root` is also an ordinary word.
    const traces = [`${ROOT}${sep}`, `${homedir()}${sep}`, 'sourceMappingURL='];
    for (const file of listFiles()) {
      assert.doesNotMatch(file, /\.map$/);
      // A library's snippets name the home of a container, which is no trace of this machine.
      const text = readFileSync(join(installed, file), 'utf8').replaceAll(':/root/.cache/huggingface', '');
      for (const trace of traces) assert.ok(!text.includes(trace), `${file} holds ${trace}`);
    }
  });
});

describe('the installed program', () => {
  it('tells its version', () => {
    const { status, stdout } = hugwire(['--version']);
    assert.equal(status, 0);
    assert.equal(stdout, `${version}\n`);
  });

  it('serves, and ends with its input', () => {
    const clientInfo = { name: 'pack', version: '1' };
    const messages = [
      { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/list' },
    ];
    const input = messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
    const { status, stdout } = hugwire(['serve'], input);
    assert.equal(status, 0);
    const [initialized, listed] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).result);
    assert.deepEqual(initialized.serverInfo, { name: 'hugwire', title: 'hugwire', version });
    assert.ok(listed.tools.some(({ name }) => name === 'hub_search'));
  });

  it('runs its demo', () => {
    const { status, stdout, stderr } = hugwire(['demo']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /openai\/whisper/);
  });
});
