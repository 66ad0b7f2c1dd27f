// Prepares a release: npm run release -- [VERSION | major | minor | patch] [--dry-run] [--notes]
//
// In a clone of HEAD it sets the version everywhere, closes the changelog, builds, packs, tests the package on every line of Node,
// makes the bundle and, where Docker is, the image. Only if all of that went well, and without --dry-run, the version is set here,
// committed and tagged. Nothing is published from here: the tag does that, once it is pushed (.github/workflows/release.yml).
// --notes prints what the changelog says of VERSION.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RAISES = ['major', 'minor', 'patch'];
/** Where the version stands, and how often. */
const VERSIONED = { 'package.json': 1, 'package-lock.json': 2, 'server.json': 2, '.mcpb/manifest.json': 1 };

/**
 * The version that is meant.
 * @param current such as 0.1.0
 * @param wanted a version, or which number of the current one to raise
 * @throws Error when it is neither, or is not newer
 */
export function nextVersion(current, wanted) {
  const numbers = current.split('.').map(Number);
  const place = RAISES.indexOf(wanted);
  if (place >= 0) return numbers.map((number, at) => (at < place ? number : at === place ? number + 1 : 0)).join('.');
  if (!/^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}$/.test(wanted)) {
    throw new Error(`"${wanted}" is not a version. Use a version such as 1.2.3, or ${RAISES.join(', ')}.`);
  }
  const difference = wanted.split('.').map((number, at) => Number(number) - numbers[at]);
  if ((difference.find((one) => one !== 0) ?? 0) > 0) return wanted;
  throw new Error(`${wanted} is not newer than ${current}, which package.json has.`);
}

/**
 * Closes the part of the changelog that is not released yet, and begins a new one.
 * @param text of the changelog
 * @param version that it is released as
 * @param date such as 2026-12-01
 * @throws Error when there is nothing to release
 */
export function closeChangelog(text, version, date) {
  if (readNotes(text, 'Unreleased') === '') throw new Error('CHANGELOG.md has nothing under "## Unreleased".');
  return text.replace(/^## Unreleased$/m, `## Unreleased\n\n## ${version} (${date})`);
}

/**
 * What the changelog says of a version.
 * @param text of the changelog
 * @param version or `Unreleased`
 * @throws Error when it has no such part
 */
export function readNotes(text, version) {
  const part = text.split(/^## /m).find((one) => /^\S*/.exec(one)[0] === version);
  if (part === undefined) throw new Error(`CHANGELOG.md has no part "## ${version}".`);
  return part.slice(part.indexOf('\n')).trim();
}

/**
 * Sets the version in all files that tell it.
 * @param directory of the repository
 * @throws Error when one of them does not tell the version before as often as it should
 */
export function setVersion(directory, before, version) {
  for (const [name, times] of Object.entries(VERSIONED)) {
    const path = join(directory, name);
    // Of the lock file only the head: packages may have the same version.
    const text = readFileSync(path, 'utf8');
    const end = name === 'package-lock.json' ? text.indexOf('"license"') : text.length;
    const pieces = text.slice(0, end).split(`"version": "${before}"`);
    if (pieces.length !== times + 1) {
      throw new Error(`${name} has "version": "${before}" ${pieces.length - 1} times, not ${times}.`);
    }
    writeFileSync(path, pieces.join(`"version": "${version}"`) + text.slice(end));
  }
}

/** Sets the version and closes the changelog. */
function prepare(directory, before, version) {
  setVersion(directory, before, version);
  const path = join(directory, 'CHANGELOG.md');
  writeFileSync(path, closeChangelog(readFileSync(path, 'utf8'), version, new Date().toISOString().slice(0, 10)));
}

/** Runs a program to its end; what it says is shown when it fails. */
function run(command, args, { cwd = ROOT, env = {} } = {}) {
  const shell = process.platform === 'win32'; // npm and npx are scripts there
  const options = { cwd, shell, encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 28 };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (status === 0) return stdout.trim();
  throw error ?? new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`.trim());
}

const sizeOf = (path) => `${(statSync(path).size / 1e6).toFixed(2)} MB`;
const vitest = (...args) => ['vitest', 'run', '--reporter=dot', ...args];

/** Every step, in order. Each says what it has done, or throws. */
const STEPS = {
  'working tree': ({ dryRun }) => {
    const changed = run('git', ['status', '--porcelain']);
    if (changed === '') return 'clean';
    if (dryRun) return 'has changes that are not committed: they are left out';
    throw new Error(`Commit or undo what has changed first:\n${changed}`);
  },
  clone: ({ clone }) => {
    const commit = run('git', ['rev-parse', 'HEAD']);
    run('git', ['clone', '--quiet', '--no-checkout', ROOT, clone]);
    run('git', ['checkout', '--quiet', commit], { cwd: clone });
    return commit.slice(0, 8);
  },
  packages: ({ clone }) => {
    run('npm', ['ci', '--ignore-scripts', '--prefer-offline'], { cwd: clone });
    return 'as package-lock.json has them';
  },
  version: ({ clone, before, version }) => {
    if (version === before) return `${version} as it stands: there is nothing to release after it`;
    prepare(clone, before, version);
    return `${before} → ${version}, in ${Object.keys(VERSIONED).join(', ')} and CHANGELOG.md`;
  },
  build: ({ clone }) => {
    run('npm', ['run', '--silent', 'build'], { cwd: clone });
    return `${readdirSync(join(clone, 'dist')).length} files`;
  },
  pack: (release) => {
    const { clone, work } = release;
    const [{ filename }] = JSON.parse(
      run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], { cwd: clone }),
    );
    release.tarball = join(work, filename);
    run('npm', ['publish', '--dry-run', '--ignore-scripts', '--access', 'public', release.tarball], { cwd: clone });
    return `${filename}, ${sizeOf(release.tarball)}`;
  },
  manifests: ({ clone }) => {
    // That all tell one version, that server.json is as the registry wants it, and that no page is stale.
    run('npx', vitest('test/package', 'test/readme.test.ts', 'test/docs.test.ts'), { cwd: clone });
    return 'server.json, .mcpb/manifest.json and the pages agree';
  },
  'every Node': ({ clone, tarball, version }) => {
    const env = { HUGWIRE_TARBALL: tarball, CI: 'true' };
    const suite = vitest('--config', 'vitest.live.config.ts', 'test/live/node-versions.test.ts');
    run('npx', suite, { cwd: clone, env });
    return `${version} was installed from the tarball, and runs on Node 20, 22 and 24`;
  },
  bundle: ({ clone, work }) => {
    const file = join(work, 'hugwire.mcpb');
    run('node', ['.mcpb/bundle.mjs', file], { cwd: clone });
    return `hugwire.mcpb, ${sizeOf(file)}`;
  },
  image: ({ clone, version }) => {
    if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0) return 'skipped: there is no Docker here';
    run('docker', ['build', '--quiet', '--tag', `hugwire:${version}`, '.'], { cwd: clone });
    const told = run('docker', ['run', '--rm', `hugwire:${version}`, '--version']);
    if (told !== version) throw new Error(`The image says that it is ${told}.`);
    return `hugwire:${version}`;
  },
  tag: ({ dryRun, before, version }) => {
    if (dryRun) return `not made: this is a dry run. \`npm run release -- ${version}\` makes v${version}`;
    prepare(ROOT, before, version);
    run('git', ['commit', '--quiet', '--all', '--message', `Release ${version}`]);
    run('git', ['tag', '--annotate', `v${version}`, '--message', `hugwire ${version}`]);
    return `v${version}. Publish it: git push --follow-tags`;
  },
};

const say = (text) => void process.stdout.write(`${text}\n`);

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false }, notes: { type: 'boolean', default: false } },
  });
  const [wanted = 'minor'] = positionals;
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  if (values.notes) return say(readNotes(changelog, wanted));
  const { version: before } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const isOpen = readNotes(changelog, 'Unreleased') !== '';
  const work = mkdtempSync(join(tmpdir(), 'hugwire-release-'));
  const release = {
    dryRun: values['dry-run'],
    before,
    // Right after a release, as CI does, the dry run tries that one.
    version: isOpen || !values['dry-run'] ? nextVersion(before, wanted) : before,
    work,
    clone: join(work, 'clone'),
  };
  try {
    for (const [name, step] of Object.entries(STEPS)) {
      const start = performance.now();
      const told = step(release);
      say(`${name.padEnd(13)} ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${told}`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
