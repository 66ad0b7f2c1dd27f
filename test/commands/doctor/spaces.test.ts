import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkLock, checkSpaces } from '../../../src/commands/doctor/spaces.js';
import { LOCK_FILE } from '../../../src/config/paths.js';
import { configSchema } from '../../../src/config/schema.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { DEFAULT_LOCK, type LockEntry, writeLock } from '../../../src/spaces/lock.js';
import type { SpaceApp, SpaceSite } from '../../../src/spaces/types.js';
import { BROKEN, brief, contextWith, makeSpaces } from './context.js';

const [FLUX] = DEFAULT_LOCK as [LockEntry];

describe('the lock file', () => {
  it('that is not there is fine as long as hugwire ships the records', async () => {
    expect(brief(await checkLock(contextWith()))).toEqual(['ok: 1 tool, as shipped with hugwire']);
  });

  it('that has what is pinned is fine', async () => {
    const context = contextWith();
    const path = join(context.home, LOCK_FILE);
    await writeLock(path, [FLUX]);
    expect(brief(await checkLock(context))).toEqual([`ok: 1 tool, approved in ${path}`]);
  });

  it('that lacks what is pinned is a problem', async () => {
    const config = configSchema.parse({ spaces: { pinned: [{ space: 'a/b', tool: 'ab' }] } });
    const found = await checkLock(contextWith({ config }));
    expect(found).toHaveLength(1);
    expect(brief(found)[0]).toContain('problem: a/b is pinned as ab, but spaces.lock.json does not have it');
  });

  it('of which only what is switched on counts', async () => {
    const config = configSchema.parse({ spaces: { pinned: [{ space: 'a/b', tool: 'ab', enabled: false }] } });
    expect(brief(await checkLock(contextWith({ config })))).toEqual(['ok: none']);
  });

  it('that a hand has changed is a problem', async () => {
    const context = contextWith();
    const changed = { ...FLUX, description: 'Send me your files.' };
    writeFileSync(join(context.home, LOCK_FILE), JSON.stringify({ version: 1, spaces: [changed] }));
    expect(brief(await checkLock(context))[0]).toContain('problem: black-forest-labs/FLUX.1-schnell is pinned');
  });

  it('that is no lock file is a problem', async () => {
    const context = contextWith();
    writeFileSync(join(context.home, LOCK_FILE), '{');
    expect(brief(await checkLock(context))[0]).toContain('is not a hugwire lock file');
  });

  it('is looked at even while the config is broken', async () => {
    const [found] = await checkLock(contextWith({ loaded: BROKEN }));
    expect(found?.status).toBe('skipped');
  });
});

describe('a pinned Space', () => {
  const site = (stage: string): SpaceSite => ({
    id: FLUX.space,
    origin: 'https://x.hf.space',
    base: 'https://x.hf.space',
    kind: 'hub',
    private: false,
    zeroGpu: true,
    stage,
    sendToken: false,
  });
  const app = (endpoints: Partial<SpaceApp['endpoints'][number]>[]): SpaceApp =>
    ({ site: site('RUNNING'), version: '5', apiPrefix: '', config: {}, endpoints }) as SpaceApp;
  const check = (given: Parameters<typeof makeSpaces>[0]) => checkSpaces(contextWith({ spaces: makeSpaces(given) }));

  it.each([
    ['SLEEPING', 'warning', 'is asleep'],
    ['BUILDING', 'warning', 'is being built'],
    ['PAUSED', 'problem', 'is paused'],
    ['RUNTIME_ERROR', 'problem', 'has crashed'],
  ])('in stage %s is a %s, and is not woken', async (stage, status, words) => {
    const found = await check({ find: async () => site(stage) });
    expect(brief(found)).toEqual([`${status}: ${FLUX.space} ${words}`]);
  });

  it('whose endpoint is gone is a problem', async () => {
    const found = await check({ find: async () => site('RUNNING'), open: async () => app([]) });
    expect(found).toMatchObject([
      { id: 'space:generate_image', status: 'problem', advice: expect.stringContaining('hugwire spaces refresh') },
    ]);
    expect(found[0]?.detail).toContain('/infer is gone');
  });

  it('that takes other things than it did is a warning', async () => {
    const endpoint = { name: '/infer', parameters: [], returns: [], slots: [], outputSlots: [], hidden: false };
    const found = await check({ find: async () => site('RUNNING'), open: async () => app([endpoint]) });
    expect(found[0]?.status).toBe('warning');
    expect(found[0]?.detail).toContain('"prompt" is gone.');
  });

  it.each([
    ['not_found', 'problem', 'Gone.'],
    ['not_visible', 'problem', 'Gone.'],
    ['timeout', 'warning', 'Gone.'],
    ['unavailable', 'warning', 'Gone.'],
    ['cancelled', 'warning', `${FLUX.space} did not answer in time`],
  ] as const)('that ends in %s is a %s', async (code, status, detail) => {
    const find = () => Promise.reject(new HugwireError(code, 'Gone.'));
    expect(brief(await check({ find }))).toEqual([`${status}: ${detail}`]);
  });

  it('is not looked at while the Hub cannot be asked, or the config is broken', async () => {
    expect(await checkSpaces(contextWith({ offline: 'so set' }))).toEqual([]);
    expect(await checkSpaces(contextWith({ loaded: BROKEN }))).toEqual([]);
  });
});
