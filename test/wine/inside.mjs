import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';

// Runs on Node for Windows; `run.mjs` starts it. Beside it lies the packed package.

const SCRIPT = join(import.meta.dirname, 'package', 'bin', 'hugwire.js');

// Wine gives every program the directories of its own prefix, which is kept.
const home = join(import.meta.dirname, 'home');
process.env.USERPROFILE = home;
process.env.APPDATA = join(home, 'AppData', 'Roaming');
process.env.LOCALAPPDATA = join(home, 'AppData', 'Local');
process.env.TEMP = process.env.TMP = join(home, 'AppData', 'Local', 'Temp');
mkdirSync(process.env.TEMP, { recursive: true });
// As cmd's `set` leaves it.
process.env.HUGWIRE_HOME = '"%USERPROFILE%\\hug wire"';
const HOME = join(home, 'hug wire');

/** Runs a command to its end. */
function hugwire(...args) {
  const run = () => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8', timeout: 60_000 });
  let { status, stdout, stderr, error } = run();
  // Wine does not always manage to start a program.
  if (error && error.code !== 'ETIMEDOUT') ({ status, stdout, stderr, error } = run());
  assert.ifError(error);
  return { status, stdout, stderr };
}

/** Runs a command that must succeed; gives what it prints. */
function done(...args) {
  const { status, stdout, stderr } = hugwire(...args);
  assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

describe('commands', () => {
  it('run where Windows is', () => assert.equal(process.platform, 'win32'));

  it('tell the version', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package', 'package.json'), 'utf8'));
    assert.equal(done('--version'), `${version}\n`);
  });

  it('play the demo', () => assert.match(done('demo'), /openai\/whisper/));

  it('read HUGWIRE_HOME with its quotes and variables', () => {
    assert.equal(done('config', 'path').trim(), join(HOME, 'config.json'));
  });

  it('change the config, also one that PowerShell 5 wrote', () => {
    done('config', 'set', 'spaces.waitSeconds', '30');
    assert.equal(done('config', 'get', 'spaces.waitSeconds').trim(), '30');
    writeFileSync(join(HOME, 'config.json'), Buffer.from('\uFEFF{ "hub": { "offline": true } }\r\n', 'utf16le'));
    done('config', 'set', 'spaces.waitSeconds', '20');
    assert.equal(done('config', 'get', 'hub.offline').trim(), 'true');
    assert.equal(done('config', 'get', 'spaces.waitSeconds').trim(), '20');
  });

  it('change the config beside a program that reads it all the time', () => {
    const file = join(HOME, 'config.json');
    const read = `for (;;) { try { fs.readFileSync(${JSON.stringify(file)}) } catch {} }`;
    const reader = spawn(process.execPath, ['-e', read], { stdio: 'ignore' });
    try {
      for (const seconds of [21, 22, 23, 24, 25]) done('config', 'set', 'spaces.waitSeconds', String(seconds));
    } finally {
      reader.kill();
    }
    assert.equal(JSON.parse(readFileSync(file, 'utf8').replace('\uFEFF', '')).spaces.waitSeconds, 25);
  });

  it('refuse what Windows would take for something else', () => {
    for (const path of ['NUL', 'C:config.json', 'config.json:stream', '\\\\?\\C:\\config.json']) {
      const { status, stderr } = hugwire('config', 'show', '--config', path);
      assert.equal(status, 2, `${path}: ${stderr}`);
      assert.ok(stderr.includes(path), stderr);
    }
  });
});

describe('clients', () => {
  const roaming = process.env.APPDATA;
  const files = {
    'claude-desktop': join(roaming, 'Claude', 'claude_desktop_config.json'),
    cursor: join(home, '.cursor', 'mcp.json'),
    vscode: join(roaming, 'Code', 'User', 'mcp.json'),
    codex: join(home, '.codex', 'config.toml'),
    goose: join(roaming, 'Block', 'goose', 'config', 'config.yaml'),
  };
  const earlier = { cursor: '{\r\n  "mcpServers": {}\r\n}\r\n', codex: '# Zoë\r\nmodel = "a"\r\n' };

  for (const [client, file] of Object.entries(files)) {
    it(`take hugwire in and out: ${client}`, () => {
      const before = earlier[client];
      if (before !== undefined) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, before);
      }
      done('install', client, '--write');
      const text = readFileSync(file, 'utf8');
      assert.match(text, /\bcmd\b.*\/c.*npx.*-y.*hugwire/s);
      assert.match(hugwire('install', '--list').stdout, new RegExp(`${client} +yes, npx`));
      done('uninstall', client, '--yes');
      assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : undefined, before);
    });
  }

  it('are waited for while another program has their file open', async () => {
    const file = files.cursor;
    writeFileSync(file, '{}');
    // cmd opens what it redirects for itself alone: nobody may replace it. It is held for less than hugwire waits.
    const script = join(home, 'hold.bat');
    writeFileSync(script, `@"${process.execPath}" -e "setTimeout(() => {}, 1800)" < "%HELD%"\r\n`);
    const env = { ...process.env, HELD: file };
    const holder = spawn('cmd', ['/c', script], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    try {
      const isHeld = () => {
        writeFileSync(`${file}.new`, '{}');
        try {
          renameSync(`${file}.new`, file);
          return false;
        } catch {
          return true;
        }
      };
      while (!isHeld()) await new Promise((resolve) => setTimeout(resolve, 50));
      done('install', 'cursor', '--write');
    } finally {
      await ended;
    }
    assert.match(readFileSync(file, 'utf8'), /hugwire/);
  });
});

describe('a server over pipes, with the line ends of Windows', () => {
  const documents = join(home, 'Bilder & Töne 日本');
  const list = join(documents, 'Einkauf für Zoë.txt');
  let server;
  let answers;
  let lastId = 0;

  before(() => {
    mkdirSync(documents);
    writeFileSync(list, 'apples\r\nbread\r\n');
    mkdirSync(join(home, 'AppData', 'Local', 'Mail'), { recursive: true });
    writeFileSync(join(home, 'AppData', 'Local', 'Mail', 'notes.txt'), 'private');
    const args = [SCRIPT, 'serve', '--demo', '--read-from', documents, home];
    server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  });
  after(() => server.kill());

  async function request(method, params) {
    lastId += 1;
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: lastId, method, params })}\r\n`);
    for (;;) {
      const { value, done: isOver } = await answers.next();
      assert.ok(!isOver, 'the server ended');
      const message = JSON.parse(value);
      if (message.id === lastId) return message.result;
    }
  }

  async function call(name, args) {
    const { content, isError } = await request('tools/call', { name, arguments: args });
    return { text: content.map(({ text, type }) => text ?? `[${type}]`).join('\n'), isError };
  }

  const send = (file) =>
    call('space_call', { space: 'hugwire/demo-space', endpoint: '/describe_file', arguments: { file } });

  it('begins, and lists its tools', async () => {
    const clientInfo = { name: 'wine', version: '1' };
    const { serverInfo } = await request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
    assert.equal(serverInfo.name, 'hugwire');
    server.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\r\n');
    const { tools } = await request('tools/list', {});
    assert.ok(tools.some(({ name }) => name === 'space_call'));
  });

  it('searches the Hub', async () => {
    assert.match((await call('hub_search', { query: 'whisper' })).text, /openai\/whisper/);
  });

  it('sends a file', async () => {
    const { text, isError } = await send(list);
    assert.ok(!isError, text);
    assert.match(text, /Einkauf/);
  });

  it('saves a file', async () => {
    const drawing = { space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'mountains', seed: 7 } };
    const { text, isError } = await call('space_call', drawing);
    assert.ok(!isError, text);
    const [path] = /[A-Z]:\\[^\n"]*?\.(?:png|webp|svg)/.exec(text) ?? [];
    assert.ok(path && existsSync(path), text);
  });

  const traps = {
    CON: /device/,
    'nul.png': /device/,
    'a.txt.': /ends in a dot/,
    'sub \\a.txt': /ends in a dot or a space/,
    [`${list}:stream`]: /stream/,
    'C:a.txt': /drive C:/,
    '\\\\server\\share\\a.txt': /another computer/,
    'file://server/share/a.txt': /another computer/,
    '\\\\?\\C:\\a.txt': /of the system itself/,
    '\\\\.\\PhysicalDrive0': /of the system itself/,
    [join(home, 'AppData', 'Local', 'Mail', 'notes.txt')]: /programs keep logins/,
  };
  for (const [path, words] of Object.entries(traps)) {
    it(`does not send ${path}, and says why`, async () => {
      const { text, isError } = await send(path);
      assert.ok(isError, text);
      assert.match(text, words);
    });
  }

  it('sends a file whatever the capitals of its path', async () => {
    const { text, isError } = await send(list.toUpperCase());
    assert.ok(!isError, text);
  });

  it('ends with its input', async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.stdin.end();
    assert.equal(await ended, 0);
  });
});
