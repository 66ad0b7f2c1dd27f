import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { surveyToken } from '../../../src/commands/auth/token.js';
import { type Home, makeTokenHome } from './world.js';

const SECRET = 'hf_survey_secret_0123456789';
let home: Home;
beforeEach(() => {
  home = makeTokenHome();
});
afterEach(() => home.remove());

const OWN = `file ${join('~', 'hugwire', 'state', 'token')}`;
const SHARED = `file ${join('~', '.cache', 'huggingface', 'token')}`;
const nothing = { used: false };

it('names every place in the order of the search, and what is there', async () => {
  expect(await surveyToken(home)).toEqual({
    found: { source: 'none' },
    setting: 'auto',
    places: [
      { place: 'env HF_TOKEN', state: 'not set', ...nothing },
      { place: 'env HUGGING_FACE_HUB_TOKEN', state: 'not set', ...nothing },
      { place: SHARED, state: 'missing', ...nothing },
      { place: OWN, state: 'missing', ...nothing },
    ],
  });
});

it('says which one wins, and which are passed over for it', async () => {
  home.put(home.shared, SECRET);
  home.put(home.own, 'hf_other');
  const { found, places } = await surveyToken(home.with({ source: 'auto' }, { HF_TOKEN: ' ' }));
  expect(found.value).toBe(SECRET);
  expect(places.map(({ state, used, ignored }) => [state, used, ignored])).toEqual([
    ['empty', false, undefined],
    ['not set', false, undefined],
    ['found', true, undefined],
    ['found', false, `${SHARED} wins`],
  ]);
});

it('says when what comes first cannot be used, and keeps the rest from being used', async () => {
  home.put(home.own, SECRET);
  const { found, places } = await surveyToken(home.with({ source: 'auto' }, { HF_TOKEN: 'two words' }));
  expect(found.value).toBeUndefined();
  expect(places[0]).toMatchObject({ state: 'invalid' });
  expect(places.at(-1)?.ignored).toBe('env HF_TOKEN comes first, and cannot be used');
});

it.skipIf(process.getuid?.() === 0)('tells a file that may not be read from one that is not there', async () => {
  home.put(home.shared, SECRET);
  chmodSync(home.shared, 0o000);
  const { places } = await surveyToken(home);
  expect(places.map(({ state }) => state)).toEqual(['not set', 'not set', 'unreadable', 'missing']);
});

it('says when HF_HUB_DISABLE_IMPLICIT_TOKEN keeps all of them from being used', async () => {
  const { found, places } = await surveyToken(
    home.with({ source: 'auto' }, { HF_TOKEN: SECRET, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }),
  );
  expect(found.value).toBeUndefined();
  expect(places[0]).toEqual({
    place: 'env HF_TOKEN',
    state: 'found',
    used: false,
    ignored: 'HF_HUB_DISABLE_IMPLICIT_TOKEN is set',
  });
});

it.each([
  ['none', { source: 'none' as const }, []],
  ['env', { source: 'env' as const, name: 'MINE' }, [{ place: 'env MINE', state: 'not set', used: false }]],
])('looks where the config says with source %s, and tells of what lies elsewhere', async (source, config, own) => {
  home.put(home.own, SECRET);
  const { places } = await surveyToken(home.with(config));
  expect(places).toEqual([...own, { place: OWN, state: 'found', used: false, ignored: `token.source is "${source}"` }]);
});

it('runs a command once, and tells whether it gave a token', async () => {
  const node = (script: string) => `"${process.execPath}" -e "${script}"`;
  const good = await surveyToken(
    home.with({ source: 'command', command: node(`console.log('${SECRET}')`) }, process.env),
  );
  expect(good).toMatchObject({ found: { value: SECRET }, places: [{ place: 'command', state: 'found', used: true }] });
  const bad = await surveyToken(home.with({ source: 'command', command: node('process.exit(1)') }, process.env));
  expect(bad.places[0]).toEqual({ place: 'command', state: 'failed', used: false });
});

it('never holds the value but in what was found', async () => {
  home.put(home.shared, SECRET);
  const { found: _, ...rest } = await surveyToken(home.with({ source: 'auto' }, { HF_TOKEN: SECRET }));
  expect(JSON.stringify(rest)).not.toContain(SECRET);
});
