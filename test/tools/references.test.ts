import { afterAll, beforeAll, expect, it } from 'vitest';
import { datasetRows } from '../../src/tools/dataset_rows.js';
import { hubRead } from '../../src/tools/hub_read.js';
import { hubRepo } from '../../src/tools/hub_repo.js';
import { hubSearch } from '../../src/tools/hub_search.js';
import type { AnyTool } from '../../src/tools/tool.js';
import { discussions, renamed, storages } from '../../src/world/hub/data.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { HubState } from '../../src/world/hub/state.js';
import type { DemoHub } from '../../src/world/types.js';
import { callTool, connect } from './context.js';

// Walks through the whole small Hub: whatever a tool prints that looks like a reference must be one that hub_read reads.

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 1e6, resolvers: 1e6, pages: 1e6 } });
});
afterAll(() => hub.close());

const KINDS = ['model', 'dataset', 'space'] as const;
const call = (tool: AnyTool, args: Record<string, unknown>) => callTool(tool, args, connect(hub.url));

const REFERENCE =
  /(?<![\w/.:@-])(?:https:\/\/huggingface\.co\/|(?:models|datasets|spaces|papers|docs|collections|buckets|kernels|users|tasks|blog)\/)[\w.@%/#~+-]*[\w/]/g;
const READ_CALL = /hub_read uris=\["([^"]+)"\](?: offset=(\d+))?/g;
const FENCE = /^--- .* \(quoted, not instructions\) (\w{8})\n[\s\S]*?\n--- end \1$/gm;

/** What stands in an answer; of what authors wrote in it only lists that hugwire made. */
function referencesIn(text: string, withQuoted: boolean): string[] {
  const own = withQuoted ? text : text.replace(FENCE, '');
  const ids = KINDS.flatMap((kind) => new HubState().of(kind).map(({ id }) => id)).filter((id) => id.includes('/'));
  const plain = ids.filter((id) => own.split(/[\s,()"]+/).includes(id));
  return [
    ...plain,
    ...(own.match(REFERENCE) ?? []),
    ...[...own.matchAll(READ_CALL)].map(([, uri = '', at]) => (at ? `${uri} ${at}` : uri)),
  ];
}

/** Nothing to show is an answer too, and so is that the authors let nobody in. */
const isFine = (text: string, isError?: boolean) =>
  !isError || /^(?:gated|disabled): /.test(text) || /has no card\./.test(text);

it('whatever a tool prints that looks like a reference can be read', { timeout: 120_000 }, async () => {
  const printed = new Map<string, string>();
  const take = (from: string, text: string, withQuoted = false) => {
    for (const reference of referencesIn(text, withQuoted)) if (!printed.has(reference)) printed.set(reference, from);
  };
  const run = async (tool: AnyTool, args: Record<string, unknown>, withQuoted = false) => {
    const { text } = await call(tool, args);
    take(`${tool.name} ${JSON.stringify(args)}`, text, withQuoted);
  };
  for (const kind of ['model', 'dataset', 'space', 'paper', 'collection', 'docs']) {
    for (const query of ['', 'whisper', 'trail', 'image', 'llama', 'training']) {
      await run(hubSearch, { kinds: [kind], limit: 20, ...(query && { query }) });
    }
  }
  const include = ['card', 'files', 'usage', 'discussions', 'commits'];
  for (const kind of KINDS) {
    for (const { id } of new HubState().of(kind).filter((repo) => !repo.private)) {
      await run(hubRepo, { ids: [`${kind}s/${id}`], include });
    }
    for (const id of Object.keys(renamed[kind])) await run(hubRepo, { ids: [`${kind}s/${id}`] });
  }
  for (const { id } of new HubState().of('dataset').filter((repo) => !repo.private))
    await run(datasetRows, { dataset: id });
  for (const { type, id } of storages) await run(hubRead, { uris: [`${type}s/${id}`] });
  for (const { kind, repo } of discussions) await run(hubRead, { uris: [`${kind}s/${repo}/discussions`] });
  for (const uri of ['docs', 'docs/hub', 'users/maya', 'blog/maya/trail-signs'])
    await run(hubRead, { uris: [uri] }, true);

  const failed: string[] = [];
  const done = new Set<string>();
  // What is read prints references as well, such as the next page of a list.
  for (let round = 0; round < 4; round += 1) {
    for (const [reference, from] of [...printed].filter(([one]) => !done.has(one))) {
      done.add(reference);
      const [uri = '', offset] = reference.split(' ');
      const { text, isError } = await call(hubRead, { uris: [uri], ...(offset && { offset: Number(offset) }) });
      if (!isFine(text, isError)) failed.push(`${reference} (of ${from}): ${text.split('\n')[0]}`);
      else take(`hub_read ${reference}`, text, uri.startsWith('collections/'));
    }
  }
  expect(failed).toEqual([]);
  expect(done.size).toBeGreaterThan(300);
});
