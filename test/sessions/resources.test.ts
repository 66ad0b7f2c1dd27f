import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameSession } from '../../src/sessions/names.js';
import { openResources, type ResourceContents, type ResourcesOptions } from '../../src/sessions/resources.js';
import { SavedFileIndex } from '../../src/sessions/saved-files.js';
import { canLink } from '../platform.js';
import { END, makeState, place, shortSession, writeJournal } from './directory.js';

const OLD = 's_20261101T080000_999999999_aaaaaa';
const NOW = 's_20261120T120000_999999999_bbbbbb';

let home: ReturnType<typeof makeState>;
let saveTo: string;
let index: SavedFileIndex;
beforeEach(() => {
  home = makeState();
  saveTo = join(home.state, 'pictures');
  mkdirSync(saveTo);
  index = new SavedFileIndex(join(home.state, 'saved-files.jsonl'));
});
afterEach(() => home.remove());

function openAll(options: Partial<ResourcesOptions> = {}) {
  return openResources({
    directory: home.directory,
    current: NOW,
    settled: async () => {},
    enabled: () => true,
    files: index,
    ...options,
  });
}

async function readJson(uri: string, options?: Partial<ResourcesOptions>) {
  const contents = await openAll(options).read(uri);
  expect(contents).toMatchObject({ uri, mimeType: 'application/json' });
  return JSON.parse((contents as { text: string }).text);
}

/** Files that were saved in a session, which is recorded. */
async function saveFiles(files: { name: string; content: string | Buffer; mimeType: string }[], session = NOW) {
  writeJournal(home.directory, NOW, place([{ type: 'FunctionCall' as const, tool: 'draw', arguments: {} }]));
  const own = new SavedFileIndex(join(home.state, 'saved-files.jsonl'), session);
  for (const { name, content, mimeType } of files) {
    const path = join(saveTo, name);
    writeFileSync(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    await own.add({ path, bytes: Buffer.byteLength(content), sha256, mimeType });
  }
}

describe('the resources', () => {
  it('are listed: the fixed ones, the files of this session, and the sessions', async () => {
    writeJournal(home.directory, OLD, place([...shortSession(OLD), END]));
    await saveFiles([
      { name: 'ein Fuchs_1.png', content: 'four', mimeType: 'image/png' },
      { name: 'gone.png', content: 'four', mimeType: 'image/png' },
    ]);
    rmSync(join(saveTo, 'gone.png'));
    const { resources, nextCursor } = await openAll().list();
    expect(resources.map(({ uri }) => uri)).toEqual([
      'hugwire://sessions',
      'hugwire://sessions/current',
      `hugwire://files/${NOW}/ein%20Fuchs_1.png`,
      `hugwire://sessions/${NOW}`,
      `hugwire://sessions/${OLD}`,
    ]);
    expect(resources[2]).toMatchObject({ name: 'ein Fuchs_1.png', mimeType: 'image/png', size: 4 });
    expect(nextCursor).toBeUndefined();
    for (const { uri } of resources) expect(await openAll().read(uri)).toMatchObject({ uri });
  });

  it('are listed a page at a time', async () => {
    for (let count = 0; count < 120; count += 1) {
      const id = nameSession(new Date(Date.UTC(2026, 9, 1, 0, count)), 999_999_999, count / 1000);
      writeJournal(home.directory, id, place(shortSession(id)));
    }
    const all: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined; pages === 0 || cursor; pages += 1) {
      const page = await openAll().list(cursor);
      all.push(...page.resources.map(({ uri }) => uri));
      cursor = page.nextCursor;
    }
    expect(pages).toBe(3);
    expect(new Set(all).size).toBe(122);
    await expect(openAll().list('nonsense')).rejects.toMatchObject({ code: 'invalid_arguments' });

    const ids: string[] = [];
    let uri: string | undefined = 'hugwire://sessions?limit=50';
    while (uri) {
      const page: { sessions: { id: string }[]; next?: string } = await readJson(uri);
      ids.push(...page.sessions.map(({ id }) => id));
      uri = page.next;
    }
    expect(new Set(ids).size).toBe(120);
  });

  it('are none while nothing is recorded', async () => {
    writeJournal(home.directory, NOW, place(shortSession(NOW)));
    const off = openAll({ enabled: () => false });
    expect(await off.list()).toEqual({ resources: [] });
    await expect(off.read('hugwire://sessions')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a session', () => {
  it('is read with its entries, a page at a time', async () => {
    writeJournal(home.directory, NOW, place(shortSession(NOW)));
    const whole = await readJson('hugwire://sessions/current');
    expect(whole.session).toMatchObject({ id: NOW, calls: 2, failed: 1, client: { name: 'editor' } });
    expect(JSON.stringify(whole)).not.toContain(home.state);
    expect(whole.entries.map(({ order }: { order: number }) => order)).toEqual([1, 2, 3, 4, 5, 6]);
    const first = await readJson(`hugwire://sessions/${NOW}?limit=4`);
    expect(first.next).toBe(`hugwire://sessions/${NOW}?after=4&limit=4`);
    const second = await readJson(first.next);
    expect(second.entries.map(({ order }: { order: number }) => order)).toEqual([5, 6]);
    expect(second.next).toBeUndefined();
  });

  it('is free of what nobody sees, though the journal is not', async () => {
    const hidden = '\u202eevil\u{e0041}\u2028next';
    writeJournal(home.directory, NOW, place([{ type: 'FunctionCall', tool: 'draw', arguments: { prompt: [hidden] } }]));
    const { entries } = await readJson('hugwire://sessions/current');
    expect(entries[0].arguments).toEqual({ prompt: ['evil\nnext'] });
  });

  it('is small enough for a message, and never stuck', async () => {
    const text = 'word '.repeat(1500);
    writeJournal(
      home.directory,
      NOW,
      place(Array.from({ length: 100 }, () => ({ type: 'HumanMessage' as const, text }))),
    );
    let count = 0;
    for (let uri: string | undefined = `hugwire://sessions/${NOW}?limit=500`; uri; ) {
      const page: { entries: object[]; next?: string } = await readJson(uri);
      expect(JSON.stringify(page).length).toBeLessThan(250_000);
      count += page.entries.length;
      uri = page.next;
    }
    expect(count).toBe(100);
  });

  it('may have nothing in it yet', async () => {
    expect(await readJson('hugwire://sessions/current')).toEqual({ session: { id: NOW }, entries: [] });
    expect(await readJson('hugwire://sessions')).toEqual({ sessions: [] });
  });

  it.each([
    'hugwire://sessions/nope',
    'hugwire://sessions/..%2F..%2Fetc%2Fpasswd',
    `hugwire://sessions/${OLD}`,
    `hugwire://sessions/${NOW}/more`,
    'hugwire://sessions/%E0%A4%A',
    'hugwire://other',
    'file:///etc/passwd',
    'no uri',
    '',
  ])('is not %j', async (uri) => {
    writeJournal(home.directory, NOW, place(shortSession(NOW)));
    await expect(openAll().read(uri)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['limit=0', 'limit=501', 'limit=x', 'after=x', 'after=-1'])('has no %s', async (query) => {
    writeJournal(home.directory, NOW, place(shortSession(NOW)));
    const reading = openAll().read(`hugwire://sessions/${NOW}?${query}`);
    await expect(reading).rejects.toMatchObject({ code: 'invalid_arguments' });
  });
});

describe('a saved file', () => {
  const read = (name: string): Promise<ResourceContents> => openAll().read(`hugwire://files/${NOW}/${name}`);

  it('is given as text or as base64', async () => {
    await saveFiles([
      { name: 'a.json', content: '{"a": "b\u202e"}', mimeType: 'application/json' },
      { name: 'b.png', content: Buffer.from([0, 1, 255]), mimeType: 'image/png' },
    ]);
    expect(await read('a.json')).toMatchObject({ mimeType: 'application/json', text: '{"a": "b"}' });
    expect(await read('b.png')).toMatchObject({ mimeType: 'image/png', blob: 'AAH/' });
    expect(await openAll().read('hugwire://files/current/b.png')).toMatchObject({ blob: 'AAH/' });
  });

  it.runIf(canLink)('is one that hugwire saved and nobody has replaced, whatever the journal says', async () => {
    const secret = join(home.state, 'secret.txt');
    writeFileSync(secret, 'text');
    const names = ['link.txt', 'folder', 'changed.txt', 'longer.txt'];
    await saveFiles(names.map((name) => ({ name, content: 'text', mimeType: 'text/plain' })));
    for (const name of ['link.txt', 'folder']) rmSync(join(saveTo, name));
    symlinkSync(secret, join(saveTo, 'link.txt'));
    mkdirSync(join(saveTo, 'folder'));
    writeFileSync(join(saveTo, 'changed.txt'), 'TEXT');
    writeFileSync(join(saveTo, 'longer.txt'), 'longer');
    writeFileSync(join(saveTo, 'foreign.txt'), 'text');
    const file = { path: join(saveTo, 'foreign.txt'), bytes: 4, mimeType: 'text/plain' };
    const response = { type: 'FunctionResponse' as const, parent: 'e2', tool: 'draw', summary: '', bytes: 0 };
    writeJournal(
      home.directory,
      NOW,
      place([
        { type: 'FunctionCall' as const, tool: 'draw', arguments: {} },
        { ...response, milliseconds: 1, failed: false, files: [file] },
      ]),
    );
    for (const name of [...names, 'foreign.txt', 'secret.txt', 'passwd', '..', '..%2Fsecret.txt', '%2Fetc%2Fpasswd']) {
      await expect(read(name), name).rejects.toMatchObject({ code: 'not_found' });
    }
    const { resources } = await openAll().list();
    const listed = resources.filter(({ uri }) => uri.startsWith('hugwire://files')).map(({ name }) => name);
    // As many bytes as before: that it is another file is seen when it is read.
    expect(listed).toEqual(['changed.txt']);
  });

  it('was saved in that session, and is not too large', async () => {
    const large = join(saveTo, 'large.txt');
    await saveFiles([{ name: 'large.txt', content: 'x'.repeat(300_000), mimeType: 'text/plain' }]);
    await saveFiles([{ name: 'other.txt', content: 'not of this session', mimeType: 'text/plain' }], OLD);
    await expect(read('large.txt')).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining(large),
    });
    await expect(read('other.txt')).rejects.toMatchObject({ code: 'not_found' });
    rmSync(large);
    await expect(read('large.txt')).rejects.toMatchObject({ code: 'not_found' });
    await expect(openAll().read('hugwire://files/nope/large.txt')).rejects.toMatchObject({ code: 'not_found' });
  });
});
