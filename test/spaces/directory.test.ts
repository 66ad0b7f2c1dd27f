import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { findSpace, type TokenMode } from '../../src/spaces/directory.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { connect } from '../tools/context.js';
import { hubDouble } from './hub-double.js';

const PATH = '/api/spaces/owner/name';

/** The Hub's record of a running public Space, with changes. */
function recordOf(changes: Record<string, unknown> = {}, runtime: Record<string, unknown> = {}) {
  return {
    id: 'owner/name',
    sdk: 'gradio',
    subdomain: 'owner-name',
    private: false,
    sha: 'abc',
    cardData: { title: 'A Maker', short_description: 'Makes a thing' },
    runtime: { stage: 'RUNNING', hardware: { current: 'cpu-basic', requested: 'cpu-basic' }, ...runtime },
    ...changes,
  };
}

const find = (answers: Record<string, unknown>, token?: TokenMode, endpoint?: string) =>
  findSpace(hubDouble(answers, endpoint).hub, 'owner/name', { token });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    return `found ${JSON.stringify(await promise)}`;
  } catch (error) {
    if (error instanceof HugwireError) return error.code;
    throw error;
  }
}

describe('findSpace', () => {
  it('tells where a Space is and what the Hub knows of it', async () => {
    const { hub, asked } = hubDouble({ [PATH]: recordOf() });
    expect(await findSpace(hub, 'owner/name')).toEqual({
      id: 'owner/name',
      origin: 'https://owner-name.hf.space',
      base: 'https://owner-name.hf.space',
      kind: 'hub',
      private: false,
      zeroGpu: false,
      sdk: 'gradio',
      stage: 'RUNNING',
      hardware: 'cpu-basic',
      title: 'A Maker',
      summary: 'Makes a thing',
      sha: 'abc',
      sendToken: false,
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.request?.query?.['expand[]']).toEqual(expect.arrayContaining(['runtime', 'subdomain', 'private']));
  });

  it('asks the Hub whose address a *.hf.space host is', async () => {
    const { hub } = hubDouble({ '/api/spaces/by-subdomain/owner-name': { id: 'owner/name' }, [PATH]: recordOf() });
    expect(await findSpace(hub, 'https://owner-name.hf.space/some/page')).toMatchObject({ id: 'owner/name' });
    const lying = hubDouble({ '/api/spaces/by-subdomain/x': { id: '../../evil' } });
    expect(await codeOf(findSpace(lying.hub, 'https://x.hf.space'))).toBe('not_found');
  });

  it('takes over the new id of a renamed Space', async () => {
    expect(await find({ [PATH]: recordOf({ id: 'new/name', subdomain: 'new-name' }) })).toMatchObject({
      id: 'new/name',
      origin: 'https://new-name.hf.space',
    });
    expect(await find({ [PATH]: recordOf({ id: 'a/b/../c' }) })).toMatchObject({ id: 'owner/name' });
  });

  it('never asks the Hub about an app on this machine', async () => {
    const { hub, asked } = hubDouble({});
    expect(await findSpace(hub, 'http://127.0.0.1:7860/sub/', { token: 'always' })).toEqual({
      id: 'http://127.0.0.1:7860/sub',
      origin: 'http://127.0.0.1:7860',
      base: 'http://127.0.0.1:7860/sub',
      kind: 'local',
      private: false,
      zeroGpu: false,
      sendToken: false,
    });
    expect(asked).toEqual([]);
  });

  it('cleans what the author wrote', async () => {
    const site = await find({
      [PATH]: recordOf({ cardData: { title: 'A\u202e\nMaker\u001b[31m' } }, { errorMessage: 'x'.repeat(9999) }),
    });
    expect(site.title).toBe('A Maker');
    expect(site.stageReason?.length).toBeLessThanOrEqual(300);
  });

  it('does with whatever the Hub leaves out', async () => {
    const site = await find({ [PATH]: { subdomain: 'owner-name' } });
    expect(site).toMatchObject({ id: 'owner/name', sendToken: false, private: false });
    expect(site.stage).toBeUndefined();
  });

  it("passes the Hub's own errors on", async () => {
    expect(await codeOf(find({}))).toBe('not_found');
    const hidden = new HugwireError('not_visible', 'owner/name does not exist or is private.');
    expect(await codeOf(find({ [PATH]: hidden }))).toBe('not_visible');
  });
});

describe('the origin', () => {
  const originOf = async (changes: Record<string, unknown>, runtime = {}, host?: unknown, endpoint?: string) => {
    const answers = { [PATH]: recordOf(changes, runtime), ...(host ? { [`${PATH}/host`]: { host } } : {}) };
    return (await find(answers, undefined, endpoint)).origin;
  };
  const domains = (...names: unknown[]) => ({ domains: names.map((domain) => ({ domain, stage: 'READY' })) });

  it('is the *.hf.space host that the Hub names', async () => {
    expect(await originOf({}, domains('owner-name-2.hf.space'))).toBe('https://owner-name-2.hf.space');
    expect(await originOf({}, { domains: ['owner-name-3.hf.space'] })).toBe('https://owner-name-3.hf.space');
    expect(await originOf({ subdomain: undefined }, {}, 'https://owner-name-4.hf.space')).toBe(
      'https://owner-name-4.hf.space',
    );
  });

  it('is never a custom domain, nor anything that only looks right', async () => {
    const odd = [
      'my-app.com',
      'evil.com/.hf.space',
      'x.hf.space.evil.com',
      'x.hf.space:8443',
      'a.b.hf.space',
      'http://x.hf.space',
      'u@x.hf.space',
      'x.hf.space/path',
      '127.0.0.1:80',
      7,
      null,
      '',
    ];
    expect(await originOf({}, domains(...odd))).toBe('https://owner-name.hf.space');
    for (const host of odd.filter(Boolean)) {
      expect(await codeOf(originOf({ subdomain: 'evil.com/' }, {}, host)), String(host)).toMatch(/space_broken/);
    }
  });

  it('may be on this machine where the Hub itself is', async () => {
    const hub = 'http://127.0.0.1:9000';
    expect(await originOf({}, domains('127.0.0.1:7860'), undefined, hub)).toBe('http://127.0.0.1:7860');
    expect(await originOf({}, {}, 'http://localhost:7861', hub)).toBe('http://localhost:7861');
    expect(await codeOf(originOf({}, domains('192.168.0.1:7860'), 'http://10.0.0.1', hub))).toBe('space_broken');
  });
});

describe('the token rule', () => {
  const zero = { hardware: { current: 'zero-a10g' } };
  it.each<[string, Record<string, unknown>, Record<string, unknown>, TokenMode | undefined, boolean]>([
    ['a public Space', {}, {}, undefined, false],
    ['a private Space', { private: true }, {}, undefined, true],
    ['a Space on ZeroGPU', {}, zero, 'auto', true],
    [
      'ZeroGPU that is asked for but not there yet',
      {},
      { hardware: { current: null, requested: 'zero-a10g' } },
      'auto',
      true,
    ],
    ['a public Space when the user said so', {}, {}, 'always', true],
    ['a private Space when the user forbade it', { private: true }, {}, 'never', false],
    ['"private" that is no boolean', { private: 'yes' }, {}, 'auto', false],
  ])('for %s', async (_, changes, runtime, token, expected) => {
    expect((await find({ [PATH]: recordOf(changes, runtime) }, token)).sendToken).toBe(expected);
  });

  it('keeps the token from every app that is not on https below .hf.space', async () => {
    const record = recordOf({ private: true }, { domains: [{ domain: '127.0.0.1:7860' }] });
    const site = await find({ [PATH]: record }, 'always', 'http://127.0.0.1:9000');
    expect(site).toMatchObject({ origin: 'http://127.0.0.1:7860', sendToken: false });
  });
});

describe('with the small Hub', () => {
  let hub: DemoHub;
  beforeAll(async () => {
    hub = await startDemoHub({ spaceHost: '127.0.0.1:7860' });
  });
  afterAll(() => hub.close());

  it('finds the demo Space where the Hub says it is', async () => {
    expect(await findSpace(connect(hub.url), 'hugwire/demo-space')).toMatchObject({
      id: 'hugwire/demo-space',
      origin: 'http://127.0.0.1:7860',
      kind: 'hub',
      sdk: 'gradio',
      stage: 'RUNNING',
      title: 'hugwire demo',
      sendToken: false,
    });
  });

  it('says "not visible" of a private Space without a token', async () => {
    expect(await codeOf(findSpace(connect(hub.url), 'maya/diary-search'))).toBe('not_visible');
  });
});
