import { HugwireError } from '../../lib/errors.js';
import { formatDay, plural } from '../../lib/format.js';
import { cleanMarkdown } from '../../lib/markdown.js';
import { nearest } from '../../lib/nearest.js';
import { cutText, showName, takePage } from '../../lib/text.js';
import { count, line, record, records } from '../fields.js';
import { showReference } from '../reference.js';
import { attempt } from '../repo/lookup.js';
import type { HubClient } from '../types.js';
import type { Document, ReadOptions } from './document.js';

// What the Hub has beside repositories, papers and documentation.

const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const MAX_BIO = 500;
const MOST_ORGS = 12;

/** What is counted of an owner, and in which field. */
const COUNTED = { model: 'numModels', dataset: 'numDatasets', Space: 'numSpaces', paper: 'numPapers' };

/**
 * Reads what the Hub says of a user or an organisation.
 * @param hub the Hub
 * @param name of the account
 * @param options how much of what they say of themselves
 * @throws HugwireError `not_found` when there is neither
 */
export async function readOwner(hub: HubClient, name: string, { maxChars }: ReadOptions): Promise<Document> {
  const ask = async (kind: 'users' | 'organizations') => {
    const answer = await hub.request(`/api/${kind}/${encodeURIComponent(name)}/overview`, { cache: 'repo' });
    return record(answer.json());
  };
  const known = await hub.recall(`account ${name}`);
  const kinds =
    known === 'organizations' ? (['organizations', 'users'] as const) : (['users', 'organizations'] as const);
  let outcome = await attempt(ask(kinds[0]));
  const isOther = 'error' in outcome && outcome.error.code === 'not_found';
  if (isOther) outcome = await attempt(ask(kinds[1]));
  if ('error' in outcome) throw explainNoOwner(name, outcome.error);
  const { value } = outcome;
  const kind = kinds[isOther ? 1 : 0];
  await hub.keep(`account ${name}`, kind);
  const full = line(value.fullname, 100);
  const about = [full !== name && full, typeof value.details === 'string' && cleanMarkdown(value.details)];
  const counts = Object.entries(COUNTED).flatMap(([what, field]) => {
    const number = count(value[field]);
    return number ? [plural(number, what)] : [];
  });
  const followers = count(value.numFollowers);
  const orgs = records(value.orgs).flatMap((org) => line(org.name, 60) ?? []);
  const since = formatDay(line(value.createdAt, 40));
  return {
    uri: `users/${name}`,
    type: 'owner',
    facts: [
      kind === 'users' ? 'user' : 'organisation',
      [...counts, followers !== undefined && plural(followers, 'follower'), since && `since ${since}`]
        .filter(Boolean)
        .join(', '),
      ...(orgs.length > 0
        ? [
            `member of ${orgs
              .slice(0, MOST_ORGS)
              .map((org) => showName(org))
              .join(', ')}`,
          ]
        : []),
      `hub_search author="${name}" lists what they publish`,
    ].filter(Boolean),
    body: cutText(about.filter(Boolean).join('\n'), Math.min(MAX_BIO, maxChars)) || undefined,
  };
}

function explainNoOwner(name: string, error: HugwireError): HugwireError {
  if (error.code !== 'not_found' && error.code !== 'not_visible') return error;
  return new HugwireError('not_found', `The Hub has no user or organisation ${name}.`, {
    hint: `hub_search query="${name}" looks for repositories of that name.`,
    requestId: error.requestId,
    cause: error,
  });
}

/**
 * Tells what a task is, and which models, datasets and Spaces the Hub recommends for it: from the Hub's own library,
 * without a request.
 * @param name of the task; "" lists all
 * @param options how much of it
 * @throws HugwireError `not_found` that names the nearest task
 */
export async function readTaskPage(name: string, { offset = 0, maxChars }: ReadOptions): Promise<Document> {
  const { PIPELINE_DATA, TASKS_DATA } = await import('@huggingface/tasks');
  const tasks = Object.keys(PIPELINE_DATA) as (keyof typeof PIPELINE_DATA)[];
  const task = tasks.find((one) => one === name);
  if (name !== '' && !task) {
    const meant = nearest(name, tasks);
    throw new HugwireError('not_found', `The Hub has no task "${name}".`, {
      hint: `${meant ? `Did you mean tasks/${meant}? ` : ''}hub_read uris=["tasks"] lists them.`,
    });
  }
  const data = task && TASKS_DATA[task];
  const pick = (what: string, rows: readonly { id: string; description: string }[], prefix: string) =>
    rows.length > 0 ? [`${what}:`, ...rows.map(({ id, description }) => `- ${prefix}${id}: ${description}`)] : [];
  const text = task
    ? [
        data?.summary,
        data?.metrics.length ? `metrics: ${data.metrics.map(({ id }) => id).join(', ')}` : undefined,
        ...pick('models', data?.models ?? [], 'models/'),
        ...pick('datasets', data?.datasets ?? [], 'datasets/'),
        ...pick('Spaces', data?.spaces ?? [], 'spaces/'),
      ]
        .filter((part) => part !== undefined)
        .join('\n')
    : tasks.map((one) => `tasks/${one}: ${PIPELINE_DATA[one].name}`).join('\n');
  const page = takePage(text, offset, maxChars);
  return {
    uri: showReference({ type: 'task', name }),
    type: 'task',
    facts: task
      ? [`task ${PIPELINE_DATA[task].name}`, `hub_search task="${task}" finds models`]
      : [`${tasks.length} tasks`],
    body: page.text || undefined,
    length: text.length,
    next: page.next,
  };
}

/**
 * Reads a page of text, such as a blog post.
 * @param hub the Hub
 * @param path of the page below the Hub
 * @param options how much of it
 * @throws HugwireError `not_found` when there is no such page
 */
export async function readPage(hub: HubClient, path: string, options: ReadOptions): Promise<Document> {
  const address = `https://huggingface.co/${path}`;
  const answer = await hub
    .request(`/${path.split('/').map(encodeURIComponent).join('/')}`, {
      // Programs get Markdown where the Hub has it.
      headers: { accept: 'text/markdown, text/html;q=0.9' },
      maxBytes: MAX_PAGE_BYTES,
      truncate: true,
      cache: 'vocabulary',
    })
    .catch((error) => {
      if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
      throw new HugwireError('not_found', `The Hub has no page ${path}.`, {
        hint: `Its address would be ${address}.`,
        requestId: error.requestId,
        cause: error,
      });
    });
  const isHtml = answer.headers.get('content-type')?.includes('html') ?? false;
  const text = cleanMarkdown(isHtml ? mainPart(answer.text()) : answer.text()).replaceAll(
    '](/',
    '](https://huggingface.co/',
  );
  if (text === '') {
    throw new HugwireError('unavailable', `The page ${path} holds no text that can be read without a browser.`, {
      hint: `Open ${address} in a browser.`,
    });
  }
  const page = takePage(text, options.offset ?? 0, options.maxChars);
  return {
    uri: path,
    type: 'page',
    facts: ['page of the Hub'],
    body: page.text || undefined,
    length: text.length,
    next: page.next,
  };
}

/** What a page is about, without what stands around it on every page. */
function mainPart(html: string): string {
  const lower = html.toLowerCase();
  for (const name of ['article', 'main', 'body']) {
    const start = lower.indexOf(`<${name}`);
    if (start === -1) continue;
    const end = lower.lastIndexOf(`</${name}>`);
    return html.slice(start, end > start ? end : undefined);
  }
  return html;
}
