import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine, cleanText, showName, takePage } from '../../lib/text.js';
import { type RowReference, showReference } from '../reference.js';
import type { HubClient } from '../types.js';
import { describeMedia, findMedia, type Media, replaceMedia } from '../viewer/media.js';
import { type DatasetRows, fetchRows } from '../viewer/rows.js';
import { withDataset } from '../viewer/viewer.js';
import type { Document, ReadOptions } from './document.js';
import { readBinary } from './file.js';

/** Media of one cell that are fetched at once. */
const MOST_SHOWN = 8;
/** Those of the viewer have about 400 characters. */
const MAX_LINK = 2000;

/**
 * Reads a row of a dataset, or one cell of it: media are shown, text is given whole. The viewer is asked anew each time,
 * since its links to media expire.
 * @param hub the Hub
 * @param reference which row, and which cell
 * @param options how much of it
 * @throws HugwireError `not_found` for a row, column or item that does not exist, or what the viewer refuses
 */
export async function readRow(hub: HubClient, reference: RowReference, options: ReadOptions): Promise<Document[]> {
  const { config, split, row, column } = reference;
  const rows = await withDataset(hub, reference.id, (dataset) =>
    fetchRows(hub, dataset, { config, split, offset: row, limit: 1, fresh: true }),
  );
  const at = { ...reference, id: rows.dataset };
  const [found] = rows.rows;
  if (!found) throw new HugwireError('not_found', explainNoRow(rows));
  if (column === undefined) return [showText(at, showRow(at, rows), options, rows.notes)];
  const known = rows.columns.find(({ name }) => name === column);
  if (!known) throw noColumn(at, rows);
  const cell = found.cells[column];
  const media = known.media ? findMedia(cell) : [];
  return media.length > 0 ? showMedia(hub, at, media, options) : [showText(at, showValue(cell), options, rows.notes)];
}

function explainNoRow({ dataset, config, split, offset, total, within }: DatasetRows): string {
  const size = total ?? within;
  const rows =
    size === undefined
      ? ''
      : `: ${plural(size, 'row')} ${total === undefined ? 'can be read' : 'are in it'}, counted from 0`;
  return `${dataset} has no row ${offset} in ${showName(config)}/${showName(split)}${rows}.`;
}

function noColumn({ id, column = '' }: RowReference, { columns }: DatasetRows): HugwireError {
  const names = columns.map(({ name }) => name);
  const meant = nearest(column, names);
  const shown = names.slice(0, 30).map((name) => showName(name, 60));
  return new HugwireError('not_found', `${id} has no column "${cleanLine(column, 80)}".`, {
    hint: `${meant ? `Did you mean ${showName(meant, 60)}? ` : ''}There are: ${shown.join(', ')}.`,
  });
}

const showValue = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? 'null'));

/** All cells of a row by name, with references in place of media. */
function showRow(at: RowReference, { columns, rows }: DatasetRows): string {
  const cells = columns.map(({ name, media }) => {
    const cell = rows[0]?.cells[name];
    const shown = media
      ? replaceMedia(cell, (one) => `${describeMedia(one)} ${showReference({ ...at, column: name })}`)
      : cell;
    return `${name}: ${showValue(shown)}`;
  });
  return cells.join('\n');
}

function showText(at: RowReference, text: string, { offset = 0, maxChars }: ReadOptions, notes: string[]): Document {
  const clean = cleanText(text);
  const page = takePage(clean, offset, maxChars);
  return {
    uri: showReference(at),
    type: at.column === undefined ? 'row' : 'cell',
    facts: [`${at.column === undefined ? 'row' : 'cell'} of dataset ${at.id}`, ...notes],
    body: page.text || undefined,
    length: clean.length,
    next: page.next,
  };
}

async function showMedia(
  hub: HubClient,
  at: RowReference,
  media: readonly Media[],
  options: ReadOptions,
): Promise<Document[]> {
  const first = at.item ?? 1;
  if (first > media.length) {
    throw new HugwireError('not_found', `The cell holds ${plural(media.length, 'item')}; there is no item ${first}.`, {
      hint: `hub_read uris=["${showReference({ ...at, item: media.length })}"] shows the last one.`,
    });
  }
  const chosen = media.slice(first - 1, at.item === undefined ? MOST_SHOWN : first);
  const documents = await Promise.all(
    chosen.map(async (one, index): Promise<Document> => {
      const item = media.length > 1 ? first + index : undefined;
      const shown = await fetchPicture(hub, at.id, one, options);
      return {
        uri: showReference({ ...at, item }),
        type: 'cell',
        ...shown,
        facts: [
          [describeMedia(one), item && `${item} of ${media.length}`, ...shown.facts].filter(Boolean).join(', '),
          ...(one.link.length > MAX_LINK ? [] : [`link (the viewer's expire after about an hour): ${one.link}`]),
        ],
      };
    }),
  );
  const last = documents.at(-1);
  if (last && at.item === undefined && media.length > chosen.length) {
    last.facts.push(`${media.length - chosen.length} more: item=${chosen.length + 1} and on, one at a time`);
  }
  return documents;
}

/** Its bytes, where it is a picture that may be shown; facts say why not. */
async function fetchPicture(
  hub: HubClient,
  id: string,
  { kind, link }: Media,
  options: ReadOptions,
): Promise<Pick<Document, 'facts' | 'image'>> {
  if (kind !== 'image') return { facts: ['not shown'] };
  const source = sourceOf(link, hub.endpoint);
  if (!source) return { facts: ['not shown: it is kept outside the Hub'] };
  const { path, service } = source;
  try {
    const { bytes, truncated, headers } = await hub.request(path, {
      service,
      repo: { kind: 'dataset', id },
      // Enough to see what it is, also where no picture is to be shown.
      maxBytes: Math.max(options.inlineImageBytes + 1, 4096),
      truncate: true,
    });
    const size = truncated ? Number(headers.get('content-length')) || bytes.length : bytes.length;
    return await readBinary({ path: path.replace(/\?.*$/s, ''), head: bytes, size, read: async () => bytes }, options);
  } catch (error) {
    if (!(error instanceof HugwireError) || error.code === 'cancelled') throw error;
    return { facts: [`not shown: its link could not be read (${error.code})`] };
  }
}

/** Where a link may be fetched: the viewer's assets and files of the Hub, and nothing else, whatever a dataset says. */
function sourceOf(link: string, endpoint: string): { path: string; service: 'hub' | 'viewer' } | undefined {
  const { pathname, search, origin } = new URL(link);
  const below = `${origin}${pathname}`.startsWith(`${endpoint}/`)
    ? (origin + pathname).slice(endpoint.length)
    : undefined;
  if (below !== undefined && /^\/(?:datasets\/|(?:[\w-]+\/)?(?:cached-)?assets\/)/.test(below)) {
    return { path: below + search, service: 'hub' };
  }
  const asset = /\/(?:cached-)?assets\/.*$/s.exec(pathname)?.[0];
  return asset === undefined ? undefined : { path: asset + search, service: 'viewer' };
}
