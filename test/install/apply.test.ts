import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getClient } from '../../src/install/find.js';
import { applyChange, previewChange } from '../../src/install/plan.js';
import { canBeDenied, canLink, hasModes } from '../platform.js';

const LAUNCH = { command: 'npx', args: ['-y', 'hugwire'] };
const client = getClient('cursor');
const OTHER = '{\n  // mine\n  "mcpServers": { "other": {} }\n}\n';

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-install-'));
  path = join(home, '.cursor', 'mcp.json');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (text: string | Buffer) => {
  mkdirSync(join(home, '.cursor'), { recursive: true });
  writeFileSync(path, text);
};
const read = (file = path) => readFileSync(file, 'utf8');
const install = (name = 'hugwire') => applyChange({ client, path, name, launch: LAUNCH });
const uninstall = (name = 'hugwire') => applyChange({ client, path, name });
const files = () => readdirSync(join(home, '.cursor')).sort();

describe('applyChange', () => {
  it('makes the file and its directory, and removes the file again', async () => {
    expect(await install()).toMatchObject({ status: 'added', before: undefined });
    expect(JSON.parse(read())).toEqual({ mcpServers: { hugwire: LAUNCH } });
    expect(await uninstall()).toMatchObject({ status: 'removed', after: undefined });
    expect(files()).toEqual([]);
  });

  it('keeps what was there in a backup, once', async () => {
    put(OTHER);
    expect(await install()).toMatchObject({ status: 'added', backup: `${path}.bak` });
    const installed = read();
    expect(await install()).toMatchObject({ status: 'unchanged' });
    expect(read()).toBe(installed);
    expect(read(`${path}.bak`)).toBe(OTHER);
    expect(await uninstall()).toMatchObject({ status: 'removed', left: [] });
    expect(read()).toBe(OTHER);
    expect(files()).toEqual(['mcp.json']);
  });

  it('removes its backups once they hold nothing that the file does not, and tells of others', async () => {
    put(OTHER);
    await install();
    await install('hf');
    put(read().replace('"other": {}', '"other": {}, "another": { "command": "x" }'));
    expect(await uninstall()).toMatchObject({ left: [] });
    // hugwire is still there under another name.
    expect(files()).toEqual(['mcp.json', 'mcp.json.bak', 'mcp.json.bak.2']);
    expect(await uninstall('hf')).toMatchObject({ left: [] });
    expect(files()).toEqual(['mcp.json']);
    expect(read()).toContain('another');
    await install();
    put(read().replace('"command": "x"', '"command": "y"'));
    expect(await uninstall()).toMatchObject({ status: 'removed', left: [`${path}.bak`] });
  });

  it('overwrites no earlier backup', async () => {
    put(OTHER);
    writeFileSync(`${path}.bak`, 'somebody else’s');
    expect(await install()).toMatchObject({ backup: `${path}.bak.2` });
    put('{}');
    expect(await install()).toMatchObject({ backup: `${path}.bak.3` });
    expect([1, 2, 3].map((at) => read(at === 1 ? `${path}.bak` : `${path}.bak.${at}`))).toEqual([
      'somebody else’s',
      OTHER,
      '{}',
    ]);
    expect(await uninstall()).toMatchObject({ left: [`${path}.bak`, `${path}.bak.2`] });
    expect(read()).toBe('{}');
  });

  it('leaves nothing where it has nothing to do', async () => {
    expect(await uninstall()).toMatchObject({ status: 'unchanged' });
    expect(readdirSync(home)).toEqual([]);
    expect(await previewChange({ client, path, name: 'hugwire', launch: LAUNCH })).toMatchObject({ status: 'added' });
    expect(readdirSync(home)).toEqual([]);
  });

  it.runIf(hasModes)('keeps permissions, also for the backup', async () => {
    put(OTHER);
    chmodSync(path, 0o600);
    await install();
    expect([path, `${path}.bak`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it.runIf(canLink)('follows links', async () => {
    mkdirSync(join(home, 'dotfiles'));
    mkdirSync(join(home, '.cursor'));
    writeFileSync(join(home, 'dotfiles', 'mcp.json'), OTHER);
    symlinkSync(join(home, 'dotfiles', 'mcp.json'), path);
    await install();
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(read(join(home, 'dotfiles', 'mcp.json'))).toContain('hugwire');
    await uninstall();
    expect(read(join(home, 'dotfiles', 'mcp.json'))).toBe(OTHER);
  });

  it('loses nothing when several run at once', async () => {
    put(OTHER);
    const names = ['one', 'two', 'three', 'four', 'five'];
    const all = await Promise.all([...names, 'one', 'two'].map((name) => install(name)));
    expect(all.filter(({ status }) => status === 'added')).toHaveLength(5);
    const { mcpServers } = JSON.parse(read().replace('// mine', ''));
    expect(Object.keys(mcpServers).sort()).toEqual([...names, 'other'].sort());
    await Promise.all(names.map((name) => uninstall(name)));
    expect(read()).toBe(OTHER);
  });

  it.each([
    ['a broken file', '{"mcpServers": {', 'invalid_arguments', /mcp\.json: It is not valid JSON: line 1, column 17/],
    ['another kind of value', '{"mcpServers": []}', 'invalid_arguments', /mcp\.json: "mcpServers" is a list/],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x7b, 0xff, 0x7d]),
      'unavailable',
      /mcp\.json cannot be read: it is not UTF-8/,
    ],
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 'unavailable', /it is not UTF-8/],
  ])('refuses %s and leaves it as it is', async (_, text, code, message) => {
    put(text);
    for (const attempt of [install, uninstall]) {
      if (attempt === uninstall && text === '{"mcpServers": []}') continue;
      const error = await attempt().catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: 'HugwireError', code, message: expect.stringMatching(message) });
    }
    expect(readFileSync(path)).toEqual(Buffer.from(text));
    expect(files()).toEqual(['mcp.json']);
  });

  it('changes nothing when no backup can be kept', async () => {
    put(OTHER);
    mkdirSync(`${path}.bak`);
    await expect(install()).rejects.toThrow(/mcp\.json cannot be backed up: it is a directory\./);
    expect(read()).toBe(OTHER);
  });

  it('says that a directory is no file', async () => {
    mkdirSync(path, { recursive: true });
    await expect(install()).rejects.toThrow(/mcp\.json cannot be read: it is a directory/);
  });

  it.runIf(canBeDenied)('says that it may not write', async () => {
    put(OTHER);
    chmodSync(join(home, '.cursor'), 0o500);
    await expect(install()).rejects.toThrow(/cannot be (?:locked|backed up)/);
    chmodSync(join(home, '.cursor'), 0o700);
    expect(files()).toEqual(['mcp.json']);
  });

  it('says that a part of the path is a file', async () => {
    writeFileSync(join(home, '.cursor'), '');
    await expect(install()).rejects.toThrow(/a part of its path is a file/);
    expect(existsSync(path)).toBe(false);
  });
});
