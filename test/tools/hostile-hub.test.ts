import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAnswer } from '../../src/hub/client/exchange.js';
import type { HubClient } from '../../src/hub/types.js';
import { datasetRows } from '../../src/tools/dataset_rows.js';
import { hubRead } from '../../src/tools/hub_read.js';
import { hubRepo } from '../../src/tools/hub_repo.js';
import { hubSearch } from '../../src/tools/hub_search.js';
import { hubWhoami } from '../../src/tools/hub_whoami.js';
import type { AnyTool } from '../../src/tools/tool.js';
import { tokens } from '../../src/world/hub/data.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { ATTACK, type Choice, findAttacks, replaceTexts } from '../doubles/attack-words.js';
import { callTool, connect } from './context.js';

// Every text that the Hub answers with, of one field after the other and of all at once, says something evil: nowhere may it
// stand in hugwire's own lines but in quotation marks.

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 1e6, resolvers: 1e6, pages: 1e6 } });
});
afterAll(() => hub.close());

/** The Hub, with the texts of its answers replaced. */
function hostile(client: HubClient, chosen: Choice, keys = new Set<string>()): HubClient {
  const wrapped: HubClient = Object.create(client);
  wrapped.limits = () => client.limits();
  wrapped.token = (...args) => client.token(...args);
  wrapped.withSignal = (signal) => hostile(client.withSignal(signal), chosen, keys);
  wrapped.isAway = () => client.isAway();
  wrapped.request = async (path, request) => {
    const answer = await client.request(path, request);
    if (!answer.headers.get('content-type')?.includes('json')) {
      const bytes = chosen('text') ? new TextEncoder().encode(ATTACK) : answer.bytes;
      return makeAnswer({ ...answer, bytes });
    }
    return makeAnswer({
      ...answer,
      bytes: new TextEncoder().encode(JSON.stringify(replaceTexts(answer.json(), chosen, keys))),
    });
  };
  return wrapped;
}

const CALLS: [tool: AnyTool, args: object][] = [
  ...['model', 'dataset', 'space', 'paper', 'collection', 'docs'].flatMap((kind): [AnyTool, object][] => [
    [hubSearch, { kinds: [kind] }],
    [hubSearch, { kinds: [kind], query: 'text' }],
  ]),
  [hubRepo, { ids: ['PLACE_MODEL'], include: ['card', 'files', 'usage', 'discussions'] }],
  [hubRepo, { ids: ['PLACE_DATASET'], kind: 'dataset', include: ['card', 'files', 'usage', 'discussions'] }],
  [hubRepo, { ids: ['PLACE_SPACE'], kind: 'space', include: ['card', 'files', 'usage', 'discussions'] }],
  [hubRepo, { ids: ['nobody/nothing-here'] }],
  [hubRead, { uris: ['PLACE_MODEL', 'PLACE_MODEL/', 'PLACE_MODEL/config.json', 'PLACE_MODEL/nothing.txt'] }],
  [hubRead, { uris: ['PLACE_PAPER', 'PLACE_COLLECTION', 'docs', 'docs/transformers', 'docs/transformers/nothing'] }],
  [
    hubRead,
    { uris: ['https://huggingface.co/PLACE_MODEL/discussions', 'https://huggingface.co/PLACE_MODEL/discussions/1'] },
  ],
  [datasetRows, { dataset: 'PLACE_DATASET' }],
  [datasetRows, { dataset: 'PLACE_DATASET', config: 'default', split: 'train' }],
  [datasetRows, { dataset: 'PLACE_DATASET', config: 'none', split: 'none' }],
  [datasetRows, { dataset: 'PLACE_DATASET', config: 'default', split: 'train', where: 'nothing = 1' }],
  [hubWhoami, {}],
];

async function faults(client: HubClient, ids: Record<string, string>): Promise<string[]> {
  const found: string[] = [];
  for (const [tool, args] of CALLS) {
    const given = JSON.parse(JSON.stringify(args).replace(/PLACE_[A-Z]+/g, (name) => ids[name] ?? name));
    const { text } = await callTool(tool, given, client);
    found.push(...findAttacks(text).map((line) => `${tool.name} ${JSON.stringify(given).slice(0, 90)}: ${line}`));
  }
  return found;
}

describe('a hostile Hub', () => {
  it('puts no words into lines that are not its own', { timeout: 120_000 }, async () => {
    const client = connect(hub.url, tokens[0]?.token);
    const first = async (kind: string) => {
      const { data } = await callTool(hubSearch, { kinds: [kind] }, client);
      return (data as { results: Record<string, { rows: { id: string }[] }> }).results[kind]?.rows[0]?.id ?? '';
    };
    const ids: Record<string, string> = {};
    for (const kind of ['model', 'dataset', 'space', 'paper', 'collection'])
      ids[`PLACE_${kind.toUpperCase()}`] = await first(kind);
    const keys = new Set<string>();
    expect(
      await faults(
        hostile(client, () => false, keys),
        ids,
      ),
    ).toEqual([]);
    expect(keys.size).toBeGreaterThan(50);
    const found: Record<string, string[]> = {};
    for (const key of [...keys, 'text']) {
      const faulty = await faults(
        hostile(client, (one) => one === key),
        ids,
      );
      if (faulty.length > 0) found[key] = faulty.slice(0, 3);
    }
    const all = await faults(
      hostile(client, () => true),
      ids,
    );
    if (all.length > 0) found.all = all.slice(0, 10);
    expect(found).toEqual({});
  });
});
