import { afterAll, describe, expect, it } from 'vitest';
import accounts from '../../src/world/hub/data/accounts.json' with { type: 'json' };
import discussions from '../../src/world/hub/data/discussions.json' with { type: 'json' };
import storages from '../../src/world/hub/data/storages.json' with { type: 'json' };
import { startHub } from '../world/hub/ask.js';
import { type Operation, operations } from './openapi.js';

// Asks the small Hub for everything that the documents describe, for every repository that it has, and with every value
// that a parameter may take. What it answers must be as the document says; what the document forbids it must refuse.

/** Of an account that has something of its own. */
const WRITER = 'hf_demo_write_maya';

const hub = await startHub();
afterAll(() => hub.close());

const KINDS = ['models', 'datasets', 'spaces'] as const;
type Kind = (typeof KINDS)[number];

const ids = Object.fromEntries(
  await Promise.all(
    KINDS.map(async (kind) => [
      kind,
      (await hub.get(`/api/${kind}?limit=500`, WRITER)).json.map(({ id }: { id: string }) => id),
    ]),
  ),
) as Record<Kind, string[]>;
const collections: string[] = (await hub.get('/api/collections?limit=100')).json.map(
  ({ slug }: { slug: string }) => slug,
);
const papers: string[] = (await hub.get('/api/papers?limit=100')).json.map(({ id }: { id: string }) => id);

/** One that has ended. */
const job = await hub.get('/api/jobs/maya', WRITER, {
  method: 'POST',
  body: JSON.stringify({
    dockerImage: 'python:3.12',
    command: ['echo', 'done'],
    flavor: 'cpu-basic',
    timeoutSeconds: 60,
  }),
});

const idOf = (id: string) => ({ namespace: id.split('/')[0] ?? '', repo: id.split('/')[1] ?? '' });

let made = 0;
/** A name that nothing has yet. */
const fresh = () => `made-${++made}`;

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
  if (template.startsWith('/api/jobs/')) return [{ namespace: 'maya', jobId: job.json.id }];
  if (template.startsWith('/api/users/')) return ['maya', 'Xenova'].map((username) => ({ username }));
  if (/\{(?:username|name)\}/.test(template)) return ['Qwen', 'maya'].map((name) => ({ username: name, name }));
  if (!template.includes('{repo}')) return [{}];
  if (/\/discussions\/\{num\}(?:\/comment|\/status)?$/.test(template)) {
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
        return {
          repoType,
          ...idOf(id),
          rev: template.includes('/branch/') ? fresh() : 'main',
          path,
          compare: 'main..main',
        };
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

/** What is sent, by the end of a template. */
const BODIES: Record<string, () => unknown> = {
  '/oauth/register': () => ({ redirect_uris: ['http://127.0.0.1:4000/callback'] }),
  '/paths-info/{rev}': () => ({ paths: ['README.md'], expand: true }),
  '/quicksearch': () => ({ q: 'qwen' }),
  '/repos/create': () => ({ name: fresh() }),
  '/collections': () => ({ title: 'Small models', namespace: 'maya' }),
  '/jobs/{namespace}': () => ({ dockerImage: 'python:3.12', command: ['true'], flavor: 'cpu-basic' }),
  '/secrets': () => ({ key: 'KEY', value: 'x' }),
  '/variables': () => ({ key: 'KEY', value: 'x' }),
  '/preupload/{rev}': () => ({ files: [{ path: 'notes.txt', size: 5, sample: 'aGVsbG8=' }] }),
  '/commit/{rev}': () =>
    [
      { key: 'header', value: { summary: 'Add notes' } },
      { key: 'file', value: { path: 'notes.txt', content: fresh() } },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
  '/tag/{rev}': () => ({ tag: fresh() }),
  '/discussions': () => ({ title: 'A question', description: 'How?' }),
  '/comment': () => ({ comment: 'Thanks' }),
  '/status': () => ({ status: 'closed' }),
  '/duplicate': () => ({ repository: `maya/${fresh()}` }),
};
async function ask({ method, template }: Operation, path: string, token: string | undefined) {
  const body = Object.entries(BODIES).find(([end]) => template.endsWith(end))?.[1]() ?? {};
  const isLines = typeof body === 'string';
  const { status, headers, json, text } =
    method === 'POST'
      ? await hub.get(path, token, {
          method,
          headers: { 'content-type': isLines ? 'application/x-ndjson' : 'application/json' },
          body: isLines ? body : JSON.stringify(body),
        })
      : await hub.get(path, token);
  return { status, type: headers.get('content-type') ?? '', body: json ?? text };
}

const isMissing = ({ template }: Operation, { status, body }: { status: number; body: unknown }) =>
  status === 404 && (!template.includes('{') || /find the page you are looking for/.test(JSON.stringify(body)));

/** Those that the small Hub serves, with a first path of each. */
const served: [string, Operation][] = [];
for (const operation of operations.filter(({ method }) => method === 'GET' || method === 'POST')) {
  const path = pathOf(operation, fillings(operation.template)[0] ?? {}) + queryOf(operation);
  if (!isMissing(operation, await ask(operation, path, WRITER)))
    served.push([`${operation.method} ${operation.template}`, operation]);
}

describe('the small Hub', () => {
  it('serves what the documents describe', () => {
    expect(served.length).toBeGreaterThan(10);
  });

  it.each(served)('%s answers as its schema says', async (_, operation) => {
    const wrong: string[] = [];
    let accepted = 0;
    const check = async (path: string, token: string | undefined, refused = false) => {
      const { status, type, body } = await ask(operation, path, token);
      if (status < 400) accepted++;
      const shown = path.length > 160 ? `${path.slice(0, 160)}…` : path;
      if (refused && ![400, 422].includes(status)) wrong.push(`${shown}: ${status}, though it is not allowed`);
      if (!refused && status >= 400 && ![401, 403].includes(status))
        wrong.push(`${shown}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
      wrong.push(...operation.checkAnswer(status, type, body).map((line) => `${shown}: ${line}`));
    };
    const isViewer = operation.template.startsWith('/datasets-server');
    const tokens = operation.template.includes('whoami')
      ? accounts.tokens.filter((one) => !('expired' in one)).map(({ token }) => token)
      : [WRITER];
    const all = fillings(operation.template);
    for (const token of tokens) {
      for (const filling of all) await check(pathOf(operation, filling) + queryOf(operation), token);
    }
    if (isViewer) for (const table of TABLES) await check(operation.template + queryOf(operation, table), undefined);
    const path = pathOf(operation, all[0] ?? {});
    for (const { more, refused } of variants(operation)) await check(path + queryOf(operation, more), WRITER, refused);
    for (const { name, in: place, required } of operation.parameters) {
      if (place === 'query' && required) await check(path + queryOf(operation, { [name]: undefined }), WRITER, true);
    }
    expect(wrong.slice(0, 12)).toEqual([]);
    // Refusals alone would show nothing.
    expect(accepted).toBeGreaterThan(0);
  });
});
