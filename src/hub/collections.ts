import { HugwireError } from '../errors.js';
import { formatDay, plural } from '../text/format.js';
import { takePage } from '../text/page.js';
import type { Document, ReadOptions } from './document.js';
import { count, line, record, records } from './fields.js';
import { showReference } from './reference.js';
import { type HubClient, REPO_KINDS } from './types.js';

/**
 * Reads a collection: its title and what is in it.
 * @param hub the Hub
 * @param slug `owner/slug`
 * @param options how much of the list
 */
export async function readCollection(hub: HubClient, slug: string, options: ReadOptions): Promise<Document> {
  const path = slug.split('/').map(encodeURIComponent).join('/');
  const answer = await hub.request(`/api/collections/${path}`, { cache: 'repo' }).catch((error) => {
    throw isMissing(error) ? explainMiss(slug, error) : error;
  });
  const body = record(answer.json());
  const items = records(body.items);
  const shown = items.map(showItem).join('\n');
  const page = takePage(shown, options.offset ?? 0, options.maxChars);
  const upvotes = count(body.upvotes);
  return {
    uri: showReference({ type: 'collection', slug }),
    type: 'collection',
    facts: [
      `collection: ${line(body.title, 200) ?? slug}`,
      [
        plural(items.length, 'item'),
        upvotes !== undefined && plural(upvotes, 'upvote'),
        line(body.lastUpdated, 40) && `updated ${formatDay(line(body.lastUpdated, 40))}`,
      ]
        .filter(Boolean)
        .join(', '),
      ...(line(body.description, 400) ? [`description: ${line(body.description, 400)}`] : []),
    ],
    body: page.text,
    length: shown.length,
    ...(page.next === undefined ? {} : { next: page.next }),
  };
}

const isMissing = (error: unknown): error is HugwireError =>
  error instanceof HugwireError && ['not_found', 'unauthorized'].includes(error.code);

function explainMiss(slug: string, cause: HugwireError): HugwireError {
  return new HugwireError('not_found', `There is no collection ${slug}, or it is private.`, {
    hint: 'A slug ends in its code of 24 digits; hub_search kinds=["collection"] finds it.',
    requestId: cause.requestId,
    cause,
  });
}

/** Items are flat: the fields of the repository beside the item's own. */
function showItem(item: Record<string, unknown>): string {
  const id = line(item.id, 120) ?? '';
  const kind = REPO_KINDS.find((known) => known === item.type);
  const uri = kind ? showReference({ type: 'repo', kind, id }) : `${line(item.type, 20)}s/${id}`;
  const note = line(record(item.note).text ?? item.note, 160);
  const title = item.type === 'paper' ? line(item.title, 160) : undefined;
  return [uri, title, note && `(${note})`].filter(Boolean).join(' ');
}
