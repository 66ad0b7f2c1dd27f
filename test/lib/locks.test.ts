import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withFileLock } from '../../src/lib/files.js';

/** Takes the lock of a file again and again, and adds to a number in it, in steps that nobody else may come between. */
const COUNT = `
  for (let turn = 0; turn < Number(process.argv[3]); turn += 1) {
    await withFileLock(file, async () => {
      const before = Number(readFileSync(file, 'utf8'));
      await new Promise(setImmediate);
      writeFileSync(file, String(before + 1));
    });
  }`;
/** Takes the lock and keeps it. */
const HOLD = `await withFileLock(file, () => { process.stdout.write('held'); return new Promise((_, reject) => setTimeout(reject, 1e6)); });`;

let tools: string;
let home: string;
let file: string;
let lock: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  tools = mkdtempSync(join(tmpdir(), 'hugwire-locker-'));
  for (const [name, work] of Object.entries({ count: COUNT, hold: HOLD })) {
    const contents = `import { readFileSync, writeFileSync } from 'node:fs';
      import { withFileLock } from './src/lib/files.js';
      const file = process.argv[2];
      ${work}`;
    const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' as const };
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: join(tools, `${name}.mjs`) });
  }
});
afterAll(() => rmSync(tools, { recursive: true }));
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-lock-'));
  file = join(home, 'config.json');
  lock = `${file}.lock`;
  writeFileSync(file, '0');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

function start(tool: 'count' | 'hold', turns = 0): ChildProcess {
  const child = spawn(process.execPath, [join(tools, `${tool}.mjs`), file, String(turns)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function holdElsewhere(): Promise<ChildProcess> {
  const child = start('hold');
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

/** Takes the lock; the pauses between the tries tell whether it had to wait. */
async function take(): Promise<{ waited: boolean }> {
  const waits = vi.spyOn(globalThis, 'setTimeout');
  await withFileLock(file, async () => {});
  return { waited: waits.mock.calls.length > 0 };
}

const readOwner = () => JSON.parse(readFileSync(lock, 'utf8'));
const LONG_AGO = new Date(Date.now() - 3_600_000);
const AHEAD = new Date(Date.now() + 86_400_000);

describe('a lock', () => {
  it('names the process that holds it, and is gone afterwards', async () => {
    await withFileLock(file, async () => {
      expect(readOwner()).toMatchObject({ pid: process.pid, start: expect.any(Number) });
      expect(readOwner().host).toContain(hostname());
    });
    expect(readdirSync(home)).toEqual(['config.json']);
  });

  it('is free at once when its owner was killed', async () => {
    const owner = await holdElsewhere();
    expect(readOwner().pid).toBe(owner.pid);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(existsSync(lock)).toBe(true);
    expect(await take()).toEqual({ waited: false });
    expect(readdirSync(home)).toEqual(['config.json']);
  });

  it('is free at once when its owner was killed as it was about to remove the lock of a dead one', async () => {
    const owner = await holdElsewhere();
    const { id } = readOwner();
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    writeFileSync(`${lock}.${id}`, readFileSync(lock, 'utf8').replace(id, 'abcdefabcdef'));
    await withFileLock(file, async () => {});
    expect(readdirSync(home)).toEqual(['config.json']);
  });

  it.runIf(process.platform === 'linux')(
    'is free when the number of its owner belongs to another process by now',
    async () => {
      const other = await holdElsewhere();
      const owner = { ...readOwner(), start: readOwner().start - 1 };
      writeFileSync(lock, JSON.stringify(owner));
      expect(await take()).toEqual({ waited: false });
      other.kill();
    },
  );

  it.each([
    ['long ago', LONG_AGO],
    ['ahead of its time', AHEAD],
  ])('that says nothing of its owner, dated %s, is void', async (_, time) => {
    const make = [() => mkdirSync(lock), () => writeFileSync(lock, ''), () => writeFileSync(lock, '{"pid":-1}')];
    for (const each of make) {
      each();
      utimesSync(lock, time, time);
      expect(await take()).toEqual({ waited: false });
    }
  });

  it.each([
    ['long ago', LONG_AGO],
    ['ahead of its time', AHEAD],
  ])('of another machine, dated %s, is void', async (_, time) => {
    writeFileSync(lock, JSON.stringify({ id: '0123456789ab', pid: process.pid, start: 1, host: 'elsewhere' }));
    utimesSync(lock, time, time);
    expect(await take()).toEqual({ waited: false });
  });

  it.runIf(process.platform === 'linux')('of a process that lives holds, whatever its date', async () => {
    const owner = await holdElsewhere();
    utimesSync(lock, AHEAD, AHEAD);
    // The time to wait goes by without waiting.
    const now = vi.spyOn(performance, 'now');
    now.mockReturnValueOnce(0).mockReturnValue(60_000);
    const refused = withFileLock(file, async () => {});
    await expect(refused).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`process ${owner.pid} on ${hostname()} holds ${lock}`),
    });
  });

  it('that another machine has made lately holds, and the message names the file', async () => {
    writeFileSync(lock, JSON.stringify({ id: '0123456789ab', pid: 1, start: 1, host: 'elsewhere' }));
    vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(60_000);
    await expect(withFileLock(file, async () => {})).rejects.toThrow(`process 1 on elsewhere holds ${lock}`);
  });

  it('whose owner died before it was written is soon void', async () => {
    writeFileSync(lock, '');
    const before = new Date(Date.now() - 1_500);
    utimesSync(lock, before, before);
    expect(await take()).toEqual({ waited: false });
  });

  it('whose directory holds files is left alone', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, 'precious'), 'x');
    utimesSync(lock, LONG_AGO, LONG_AGO);
    await expect(withFileLock(file, async () => {})).rejects.toMatchObject({ code: 'unavailable' });
    expect(readFileSync(join(lock, 'precious'), 'utf8')).toBe('x');
  });

  it('left by a dead process goes to one of the many that find it at once', async () => {
    const owner = await holdElsewhere();
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const counters = Array.from({ length: 6 }, () => start('count', 25));
    const ends = await Promise.all(counters.map((child) => once(child, 'exit')));
    expect(ends.map(([code]) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(readFileSync(file, 'utf8')).toBe('150');
    expect(readdirSync(home)).toEqual(['config.json']);
  }, 60_000);
});
