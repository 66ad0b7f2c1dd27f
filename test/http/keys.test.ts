import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { addKey, findKey, keysFile, openKeys, readKeys, removeKey } from '../../src/http/keys.js';
import { redact } from '../../src/lib/text.js';

let directory: string;
const config = configSchema.parse({});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-keys-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('makes a key at the first start, and shows it this once', async () => {
  const first = await openKeys(directory, config);
  expect(first.made).toMatch(/^hugwire_[\w-]{43}$/);
  expect(first.secret).toHaveLength(32);
  const second = await openKeys(directory, config);
  expect(second).toEqual({ secret: first.secret, made: undefined });
  const keys = readKeys(directory, config);
  expect(findKey(first.made ?? '', keys)).toMatchObject({ name: 'first' });
  expect(readFileSync(keysFile(directory), 'utf8')).not.toContain(first.made);
  if (process.platform !== 'win32') expect(statSync(keysFile(directory)).mode & 0o777).toBe(0o600);
  expect(redact(`Authorization: ${first.made}`)).toBe('Authorization: [key]');
});

it('makes two starts at once agree', async () => {
  const opened = await Promise.all([1, 2, 3, 4].map(() => openKeys(directory, config)));
  expect(opened.filter(({ made }) => made !== undefined)).toHaveLength(1);
  expect(new Set(opened.map(({ secret }) => secret.toString('hex')))).toHaveLength(1);
});

it('makes no key where the config has one', async () => {
  const sha256 = 'a'.repeat(64);
  const own = configSchema.parse({ http: { keys: { team: { sha256 } } } });
  expect((await openKeys(directory, own)).made).toBeUndefined();
  expect(readKeys(directory, own)).toEqual([{ name: 'team', sha256 }]);
});

it('adds keys with what they may, and takes them away', async () => {
  const limits = { all: { perMinute: 5 } };
  const key = await addKey(directory, { name: 'reader', profile: 'readers', limits });
  const keys = readKeys(directory, config);
  expect(findKey(key, keys)).toMatchObject({ name: 'reader', profile: 'readers', limits });
  await expect(addKey(directory, { name: 'reader' })).rejects.toThrow('A key named reader already exists.');
  await expect(addKey(directory, { name: 'two words' })).rejects.toThrow('letters, digits');
  expect(await removeKey(directory, 'nobody')).toBe(false);
  expect(await removeKey(directory, 'reader')).toBe(true);
  expect(findKey(key, readKeys(directory, config))).toBeUndefined();
});

it('knows no key that is not exactly one', async () => {
  const key = await addKey(directory, { name: 'one' });
  const keys = readKeys(directory, config);
  for (const wrong of ['', key.slice(0, -1), `${key}x`, key.toUpperCase(), ` ${key}`, keys[0]?.sha256 ?? '']) {
    expect(findKey(wrong, keys)).toBeUndefined();
  }
});

it.each([
  ['no JSON', '{'],
  ['another form', '[]'],
  ['no secret', '{"keys": []}'],
  ['a key in place of its hash', `{"secret": "${'0'.repeat(64)}", "keys": [{"name": "a", "sha256": "hugwire_x"}]}`],
])('refuses a file with %s, and shows nothing of it', async (_, text) => {
  writeFileSync(keysFile(directory), text);
  expect(() => readKeys(directory, config)).toThrow(/http-keys\.json/);
  await expect(openKeys(directory, config)).rejects.toThrow(/http-keys\.json/);
  await expect(addKey(directory, { name: 'b' })).rejects.not.toThrow(/hugwire_x/);
  expect(readFileSync(keysFile(directory), 'utf8')).toBe(text);
});

it('takes only the name of a profile that is there', () => {
  const keys = { team: { sha256: 'a'.repeat(64), profile: 'gone' } };
  expect(configSchema.safeParse({ http: { keys } }).error?.issues[0]).toMatchObject({
    path: ['http', 'keys', 'team', 'profile'],
    message: 'must be the name of a profile',
  });
  expect(configSchema.safeParse({ http: { keys }, profiles: { gone: {} } }).success).toBe(true);
});
