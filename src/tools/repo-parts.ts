import type { Attempt } from '../hub/attempt.js';
import type { DiscussionList } from '../hub/discussions.js';
import { showReference } from '../hub/reference.js';
import type { CardExcerpt, Overview, RepoDetails } from '../hub/repo.js';
import { summariseWeights, sumOf, type Tree, type TreeEntry } from '../hub/tree.js';
import type { Snippet } from '../hub/usage.js';
import { formatBytes, formatDay, plural } from '../text/format.js';
import { fence } from '../text/sanitize.js';
import { explainError } from './run.js';

/** Lines of a file list at most; beyond it folders are folded. */
const MOST_FILES = 60;
const MOST_DISCUSSIONS = 20;

/** Front matter that the overview tells already, or that is data of the Hub's pages. */
const TOLD = new Set(
  'app_file app_port base_model base_model_relation configs dataset_info datasets emoji colorFrom colorTo language library_name license license_link license_name model-index models pinned pipeline_tag pretty_name sdk sdk_version short_description size_categories tags task_categories thumbnail title widget'.split(
    ' ',
  ),
);

/**
 * The parts of a repository that were asked for beside its overview.
 * @param details as they were read
 */
export function renderParts({ overview, card, files, usage, discussions }: RepoDetails): string[] {
  return [
    card && render('card', card, (value) => renderCard(overview, value)),
    files && render('files', files, (value) => renderFiles(overview, value)),
    usage && render('usage', usage, (value) => renderUsage(overview, value)),
    discussions && render('discussions', discussions, renderDiscussions),
  ].filter((part) => part !== undefined);
}

function render<T>(name: string, part: Attempt<T>, show: (value: T) => string): string {
  return 'value' in part ? show(part.value) : `${name} failed: ${explainError(part.error)}`;
}

function renderCard(overview: Overview, { text, next, length, frontMatter, problem }: CardExcerpt): string {
  const uri = showReference({ type: 'repo', kind: overview.kind, id: overview.id, revision: overview.revision });
  const further = Object.entries(frontMatter).filter(
    ([key, value]) => !TOLD.has(key) && !key.startsWith('extra_gated') && isPlain(value),
  );
  const matter = further.slice(0, 8).map(([key, value]) => `${key}: ${String(value).slice(0, 200)}`);
  const lines = [
    problem !== undefined && `The card's front matter could not be read: ${problem}`,
    text === '' && matter.length === 0
      ? 'The card is empty.'
      : fence([...matter, text].filter(Boolean).join('\n'), `card of ${overview.id}`),
    next !== undefined && `The card continues at ${next} of ${length}: hub_read uris=["${uri}"] offset=${next}`,
  ];
  return lines.filter(Boolean).join('\n');
}

const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

function renderFiles({ id }: Overview, { entries, complete }: Tree): string {
  const files = entries.filter(({ type }) => type === 'file');
  if (files.length === 0) return 'No files.';
  const weights = summariseWeights(files).map(
    ({ format, files: n, bytes }) => `${format} ${plural(n, 'file')} ${formatBytes(bytes)}`,
  );
  const shown = files.length > MOST_FILES ? foldFolders(files) : files.map(showFile);
  return [
    `${plural(files.length, 'file')}${complete ? '' : ' and more'}, ${formatBytes(sumOf(files))}${weights.length ? `; weights: ${weights.join(', ')}` : ''}`,
    ...shown.slice(0, MOST_FILES),
    shown.length > MOST_FILES && `… and ${shown.length - MOST_FILES} more: hub_read lists a folder such as ${id}/`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** Files of the root one by one, each folder in one line. */
function foldFolders(files: readonly TreeEntry[]): string[] {
  const folders = new Map<string, TreeEntry[]>();
  const root: string[] = [];
  for (const file of files) {
    const slash = file.path.indexOf('/');
    if (slash === -1) root.push(showFile(file));
    else folders.set(file.path.slice(0, slash), [...(folders.get(file.path.slice(0, slash)) ?? []), file]);
  }
  const folded = [...folders].map(
    ([name, inner]) => `${name}/ ${plural(inner.length, 'file')} ${formatBytes(sumOf(inner))}`,
  );
  return [...folded, ...root];
}

const showFile = ({ path, size }: TreeEntry) => `${path}${size === undefined ? '' : ` ${formatBytes(size)}`}`;

function renderUsage({ id }: Overview, snippets: readonly Snippet[]): string {
  if (snippets.length === 0) return 'The Hub knows no snippet for its library.';
  const blocks = snippets.map((snippet) => `${snippet.with}:\n\`\`\`${snippet.language}\n${snippet.code}\n\`\`\``);
  return fence(blocks.join('\n'), `usage of ${id}`);
}

function renderDiscussions({ rows, total }: DiscussionList): string {
  if (rows.length === 0) return 'No open discussions.';
  const shown = rows.slice(0, MOST_DISCUSSIONS).map((row) => {
    const facts = [row.pullRequest && 'pull request', row.author, formatDay(row.created)].filter(Boolean).join(', ');
    return `#${row.number} ${row.title} (${facts})`;
  });
  return [
    `${plural(total, 'open discussion')}${total > shown.length ? `, the newest ${shown.length}` : ''}:`,
    ...shown,
  ].join('\n');
}
