import { afterAll, describe, expect, it } from 'vitest';
import accounts from '../../src/world/hub/data/accounts.json' with { type: 'json' };
import discussions from '../../src/world/hub/data/discussions.json' with { type: 'json' };
import storages from '../../src/world/hub/data/storages.json' with { type: 'json' };
import { MAYA, startHub } from '../world/hub/ask.js';
import { type Operation, operations } from './openapi.js';

// Asks the small Hub for everything that the documents describe, for every repository that it has, and with every value
// that a parameter may take. What it answers must be as the document says; what the document forbids it must refuse.

const hub = await startHub();
afterAll(() => hub.close());

const KINDS = ['models', 'datasets', 'spaces'] as const;
type Kind = (typeof KINDS)[number];

const ids = Object.fromEntries(
  await Promise.all(
    KINDS.map(async (kind) => [
      kind,
      (await hub.get(`/api/${kind}?limit=500`, MAYA)).json.map(({ id }: { id: string }) => id),
    ]),
  ),
) as Record<Kind, string[]>;
const collections: string[] = (await hub.get('/api/collections?limit=100')).json.map(
  ({ slug }: { slug: string }) => slug,
);
const papers: string[] = (await hub.get('/api/papers?limit=100')).json.map(({ id }: { id: string }) => id);

const idOf = (id: string) => ({ namespace: id.split('/')[0] ?? '', repo: id.split('/')[1] ?? '' });

/** Values for the placeholders of a template: one record for each request. */
function fillings(template: string): Record<string, string>[] {
  if (template.includes('{paperId}')) return papers.map((paperId) => ({ paperId }));
  if (template.includes('/collections/')) {
    return collections.map((slug) => {
      const [, namespace = '', name = '', id = ''] = /^(.*)\/(.*)-([0-9a-f]{24})$/.exec(slug) ?? [];
      return { namespace, slug: name, id };
    });
  }
  if (template.startsWith('/datasets-server')) return [{}];
  if (template.startsWith('/api/users/')) return ['maya', 'Xenova'].map((username) => ({ username }));
  if (/\{(?:username|name)\}/.test(template)) return ['Qwen', 'maya'].map((name) => ({ username: name, name }));
  if (!template.includes('{repo}')) return [{}];
  if (template.endsWith('/discussions/{num}')) {
    return discussions.map(({ kind, repo, number }) => ({ repoType: `${kind}s`, ...idOf(repo), num: String(number) }));
  }
  const storage = storages.filter(({ type }) => template.startsWith(`/api/${type}s/`));
  if (storage.length > 0) return storage.map(({ id }) => ({ ...idOf(id), path: '' }));
  const kinds = template.includes('{repoType}') ? KINDS : KINDS.filter((kind) => template.includes(`/${kind}/`));
  return (kinds.length > 0 ? kinds : (['models'] as const)).flatMap((repoType) =>
    ids[repoType]
      .filter((id) => id.includes('/'))
      .map((id) => {
        const path = /resolve/.test(template) ? 'README.md' : '';
        return { repoType, ...idOf(id), rev: 'main', path, compare: 'main..main' };
      }),
  );
}

const TABLES = [
  { dataset: 'rajpurkar/squad', config: 'plain_text', split: 'train', where: '"id" is not null' },
  { dataset: 'ylecun/mnist', config: 'mnist', split: 'train', where: '"label">3' },
  { dataset: 'nyu-mll/glue', config: 'cola', split: 'train', where: '"idx"<9' },
];

/** What a parameter must have where the document asks for some value. */
const REQUIRED: Record<string, string> = { q: 'language model', query: 'the', ...TABLES[0] };

function pathOf({ template }: Operation, filling: Record<string, string>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => filling[name] ?? 'x').replace(/\/$/, '');
}

function queryOf({ parameters }: Operation, more: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const { name, in: place, required } of parameters) {
    if (place === 'query' && required) query.set(name, REQUIRED[name] ?? 'x');
  }
  for (const [name, value] of Object.entries(more)) {
    if (value === undefined) query.delete(name);
    else if (!parameters.some((one) => one.name === name)) continue;
    else query.set(name, value);
  }
  return query.size > 0 ? `?${query}` : '';
}

/** Values that the document allows, and some that it does not. */
function variants({ parameters }: Operation): { more: Record<string, string>; refused: boolean }[] {
  return parameters
    .filter(({ in: place }) => place === 'query')
    .flatMap(({ name, schema = {} }) => {
      const of = (values: unknown[], refused = false) =>
        values.map((value) => ({ more: { [name]: String(value) }, refused }));
      if (schema.enum) return [...of(schema.enum), ...of(['no-such-value'], true)];
      if (schema.type === 'boolean') return of([true, false]);
      if (schema.type === 'integer' && schema.maximum < 1e6) {
        return [...of([schema.minimum, schema.maximum]), ...of([schema.minimum - 1, schema.maximum + 1, 'many'], true)];
      }
      if (name === 'expand' && schema.default === true) return of([true, false]);
      if (schema.maxLength)
        return [...of(['a'.repeat(schema.maxLength)]), ...of(['a'.repeat(schema.maxLength + 1)], true)];
      return [];
    });
}

const BODIES: Record<string, unknown> = {
  '/oauth/register': { redirect_uris: ['http://127.0.0.1:4000/callback'] },
  'paths-info': { paths: ['README.md'], expand: true },
  quicksearch: { q: 'qwen' },
};

async function ask(operation: Operation, path: string, token: string | undefined) {
  const body = Object.entries(BODIES).find(([part]) => path.includes(part))?.[1];
  const init = operation.method === 'POST' && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const { status, headers, json, text } = await hub.get(path, token, init || {});
  return { status, type: headers.get('content-type') ?? '', body: json ?? text };
}

const isMissing = ({ template }: Operation, { status, body }: { status: number; body: unknown }) =>
  status === 404 && (!template.includes('{') || /find the page you are looking for/.test(JSON.stringify(body)));

/** Those that the small Hub serves, with a first path of each. */
const served: [string, Operation][] = [];
for (const operation of operations.filter(({ method }) => method === 'GET' || method === 'POST')) {
  const path = pathOf(operation, fillings(operation.template)[0] ?? {}) + queryOf(operation);
  if (!isMissing(operation, await ask(operation, path, MAYA)))
    served.push([`${operation.method} ${operation.template}`, operation]);
}

describe('the small Hub', () => {
  it('serves what the documents describe', () => {
    expect(served.length).toBeGreaterThan(10);
  });

  it.each(served)('%s answers as its schema says', async (_, operation) => {
    const wrong: string[] = [];
    const check = async (path: string, token: string | undefined, refused = false) => {
      const { status, type, body } = await ask(operation, path, token);
      const shown = path.length > 160 ? `${path.slice(0, 160)}…` : path;
      if (refused && ![400, 422].includes(status)) wrong.push(`${shown}: ${status}, though it is not allowed`);
      if (!refused && status >= 400 && ![401, 403].includes(status))
        wrong.push(`${shown}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
      wrong.push(...operation.checkAnswer(status, type, body).map((line) => `${shown}: ${line}`));
    };
    const isViewer = operation.template.startsWith('/datasets-server');
    const tokens = operation.template.includes('whoami')
      ? accounts.tokens.filter((one) => !('expired' in one)).map(({ token }) => token)
      : [MAYA];
    const all = fillings(operation.template);
    for (const token of tokens) {
      for (const filling of all) await check(pathOf(operation, filling) + queryOf(operation), token);
    }
    if (isViewer) for (const table of TABLES) await check(operation.template + queryOf(operation, table), undefined);
    const path = pathOf(operation, all[0] ?? {});
    for (const { more, refused } of variants(operation)) await check(path + queryOf(operation, more), MAYA, refused);
    for (const { name, in: place, required } of operation.parameters) {
      if (place === 'query' && required) await check(path + queryOf(operation, { [name]: undefined }), MAYA, true);
    }
    expect(wrong.slice(0, 12)).toEqual([]);
  });
});
