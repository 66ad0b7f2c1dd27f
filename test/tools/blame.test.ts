import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePaths } from '../../src/config/paths.js';
import { createTokenReader } from '../../src/config/token.js';
import { createHubClient } from '../../src/hub/client/client.js';
import { datasetRows } from '../../src/tools/dataset_rows.js';
import { hubRead } from '../../src/tools/hub_read.js';
import { hubRepo } from '../../src/tools/hub_repo.js';
import { hubSearch } from '../../src/tools/hub_search.js';
import { hubWhoami } from '../../src/tools/hub_whoami.js';
import type { AnyTool } from '../../src/tools/tool.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { callTool, connect } from './context.js';

// Whose fault it is that something cannot be read: nobody's token, a wrong one, or an account without access.

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 1e5, resolvers: 1e5, pages: 1e5 } });
});
afterAll(() => hub.close());

const GATED = 'meta-llama/Llama-3.1-8B-Instruct/config.json';

describe.each(['hf_demo_expired_maya', 'hf_nobody'])(
  'the token %s, which the Hub rejects, is named by its source',
  (token) => {
    it.each([
      ['a gated file', hubRead, { uris: GATED }],
      [
        'a gated file of a dataset',
        hubRead,
        { uris: 'datasets/bigcode/the-stack-v2/data/Ada/train-00000-of-00001.parquet' },
      ],
      ['a public card', hubRead, { uris: 'openai/whisper-large-v3' }],
      ['a collection', hubRead, { uris: 'collections/Qwen/qwen3' }],
      ['a bucket', hubRead, { uris: 'buckets/open-atlas/field-recordings' }],
      ['a paper', hubRead, { uris: 'papers/2407.21783' }],
      ['a docs page', hubRead, { uris: 'docs/transformers/quicktour' }],
      ['a discussion', hubRead, { uris: 'https://huggingface.co/maya/trail-sign-classifier/discussions/1' }],
      ['a repository', hubRepo, { ids: ['openai/whisper-large-v3'] }],
      ['a search', hubSearch, { query: 'whisper' }],
      ['a search of collections', hubSearch, { query: 'speech', kinds: ['collection'] }],
      ['a search of docs', hubSearch, { query: 'pipeline', kinds: ['docs'] }],
      ['rows', datasetRows, { dataset: 'rajpurkar/squad' }],
      ['rows of a gated dataset', datasetRows, { dataset: 'bigcode/the-stack-v2' }],
      ['the account', hubWhoami, {}],
    ] as [string, AnyTool, Record<string, unknown>][])('by %s', async (_, tool, input) => {
      const { text } = await callTool(tool, input, connect(hub.url, token));
      expect(text).toMatch(/The Hub rejected the token from env HF_TOKEN: it is invalid, revoked or expired\./);
      expect(text).toMatch(/Correct HF_TOKEN/);
      expect(text).not.toMatch(/no access yet|Ask for (?:it|access)|Set HF_TOKEN|does not exist/);
    });
  },
);

it('an account without access is told so, and nobody is told to log in', async () => {
  const { text } = await callTool(
    hubRead,
    { uris: 'black-forest-labs/FLUX.1-dev/model_index.json' },
    connect(hub.url, 'hf_demo_read_theo'),
  );
  expect(text).toMatch(/is gated, and your account has no access yet/);
  const anonymous = await callTool(hubRead, { uris: GATED }, connect(hub.url));
  expect(anonymous.text).toMatch(/is gated: its files need a token of an account with access/);
});

describe('a placeholder', () => {
  const env = { HF_TOKEN: `\${HF_TOKEN}`, HUGWIRE_HOME: '/nowhere' };
  const placeholder = () =>
    createHubClient({
      endpoint: hub.url,
      token: createTokenReader({ source: 'auto' }, env, resolvePaths(env)),
      timeoutMs: 5000,
      userAgent: 'hugwire-test',
      network: fetch,
    });

  it('is not sent, and public things can be read', async () => {
    const before = hub.seen.length;
    const { isError } = await callTool(hubRead, { uris: 'openai/whisper-large-v3' }, placeholder());
    expect(isError).toBe(false);
    const sent = hub.seen.slice(before).map(({ headers }) => headers.authorization);
    expect(new Set(sent)).toEqual(new Set([undefined]));
  });

  it.each([
    ['a gated file', hubRead, { uris: GATED }],
    ['a private repository', hubRepo, { ids: ['maya/journal-tagger'] }],
    ['rows of a private dataset', datasetRows, { dataset: 'maya/field-journal' }],
    ['the account', hubWhoami, {}],
  ] as [string, AnyTool, Record<string, unknown>][])('is named by %s', async (_, tool, input) => {
    const { text } = await callTool(tool, input, placeholder());
    expect(text).toMatch(/env HF_TOKEN holds a placeholder, not a token/);
    expect(text).not.toContain(env.HF_TOKEN);
  });
});

describe('what hub_search prints', () => {
  it.each(['model', 'dataset', 'space', 'paper', 'collection', 'docs'])(
    'of kind %s can be read by hub_read',
    async (kind) => {
      const client = connect(hub.url);
      const query = kind === 'docs' ? 'pipeline' : undefined;
      const { data } = await callTool(hubSearch, { kinds: [kind], limit: 5, query }, client);
      const { results } = data as { results: Record<string, { rows: { id: string }[] }> };
      const ids = Object.values(results).flatMap(({ rows }) => rows.map(({ id }) => id));
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) {
        const uri = kind === 'dataset' || kind === 'space' ? `${kind}s/${id}` : id;
        expect(await callTool(hubRead, { uris: uri }, client), uri).toMatchObject({ isError: false });
      }
    },
  );

  it('and what is in a collection, of whatever kind', async () => {
    const client = connect(hub.url);
    const { text } = await callTool(hubRead, { uris: 'https://hf.co/collections/open-atlas/all-we-listen-to' }, client);
    const uris = [
      'collections/open-atlas/speech-for-small-machines-',
      'buckets/open-atlas/field-recordings',
      'kernels/hugwire/fused-norm',
    ];
    for (const uri of uris) expect(text).toContain(uri);
    const slug = /collections\/open-atlas\/speech-for-small-machines-[0-9a-f]{24}/.exec(text)?.[0] ?? '';
    expect((await callTool(hubRead, { uris: slug }, client)).text).toContain('openai/whisper-large-v3');
    const bucket = (
      await callTool(hubRead, { uris: 'https://huggingface.co/buckets/open-atlas/field-recordings' }, client)
    ).text;
    expect(bucket).toMatch(/bucket open-atlas\/field-recordings[\s\S]*3 files, 7\.9 MB[\s\S]*2026\/lapwing\.wav/);
    const below = (await callTool(hubRead, { uris: 'buckets/open-atlas/field-recordings/2026' }, client)).text;
    expect(below).toContain('2026/curlew.wav');
    expect(below).not.toContain('README.md');
    expect((await callTool(hubRead, { uris: 'kernels/hugwire/fused-norm' }, client)).text).toContain('build.toml');
    expect((await callTool(hubRead, { uris: 'kernels/hugwire/nothing' }, client)).text).toMatch(
      /There is no kernel hugwire\/nothing/,
    );
  });
});
