import * as z from 'zod';
import type { DiscussionList } from '../hub/read/discussions.js';
import { checkRevision, parseRepo, showReference } from '../hub/reference.js';
import type { DatasetOverview } from '../hub/repo/dataset.js';
import { type Attempt, attempt } from '../hub/repo/lookup.js';
import type { ModelOverview } from '../hub/repo/model.js';
import type { SpaceOverview } from '../hub/repo/overview.js';
import {
  type CardExcerpt,
  describeRepo,
  INCLUDES,
  type Include,
  type Overview,
  type RepoDetails,
} from '../hub/repo/repo.js';
import { summariseWeights, sumOf } from '../hub/repo/sizes.js';
import type { Tree, TreeEntry } from '../hub/repo/tree.js';
import type { Snippet } from '../hub/repo/usage.js';
import { watchStaleness } from '../hub/staleness.js';
import { REPO_KINDS } from '../hub/types.js';
import { explainError } from '../lib/errors.js';
import { formatBytes, formatCount, formatDay, plural } from '../lib/format.js';
import { cleanLine, fence, isIdentifier, showName, showSize, showWords } from '../lib/text.js';
import { shortStage } from '../spaces/stages.js';
import { failureResult } from './run.js';
import { defineTool, type ToolContext, type ToolResult } from './tool.js';

const input = z.object({
  ids: z.array(z.string()).min(1).max(10).describe('owner/name or web address'),
  kind: z.enum(REPO_KINDS).optional(),
  include: z.array(z.enum(INCLUDES)).optional(),
  revision: z.string().optional(),
});

type Input = z.output<typeof input>;

/** One id as it was asked for, and what it gave: several repositories when it is, say, a model and a dataset. */
interface Asked {
  id: string;
  outcome: Attempt<RepoDetails[]>;
  /** Set when it is older than it should be. */
  note?: string;
}

export const hubRepo = defineTool({
  name: 'hub_repo',
  title: 'Look at repositories',
  toolset: 'read',
  effect: 'read',
  description:
    'Describe models, datasets and Spaces by id: size, licence, access, origin, use; on demand card, files, code, open discussions.',
  input,
  aliases: {
    names: {
      id: 'ids',
      repo: 'ids',
      repos: 'ids',
      repoid: 'ids',
      repoids: 'ids',
      repository: 'ids',
      model: 'ids',
      name: 'ids',
      repotype: 'kind',
      type: 'kind',
      operations: 'include',
      with: 'include',
      rev: 'revision',
      branch: 'revision',
      ref: 'revision',
    },
    values: {
      kind: { models: 'model', datasets: 'dataset', spaces: 'space' },
      include: {
        readme: 'card',
        modelcard: 'card',
        tree: 'files',
        snippet: 'usage',
        code: 'usage',
        issues: 'discussions',
      },
    },
  },
  run,
});

async function run({ ids, kind, include = [], revision }: Input, ctx: ToolContext): Promise<ToolResult> {
  const asked = await Promise.all(
    [...new Set(ids)].map(async (id): Promise<Asked> => {
      const { hub, note } = watchStaleness(ctx.hub);
      const named = async () => {
        const reference = parseRepo(id, ctx.hub.endpoint);
        const wanted = {
          ...reference,
          kind: kind ?? reference.kind,
          revision: revision ? checkRevision(revision) : reference.revision,
        };
        return describeRepo(hub, wanted, [...new Set<Include>(include)]);
      };
      const outcome = await attempt(named());
      return { id, outcome, note: note() };
    }),
  );
  const failed = asked.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
  if (asked.length === 1 && failed[0]) return failureResult(failed[0]);
  return {
    text: asked.map((one) => renderAsked(one, ctx.hub.endpoint)).join('\n\n'),
    data: { repos: asked.flatMap(toData) },
    isError: failed.length === asked.length,
  };
}

function renderAsked({ id, outcome, note }: Asked, endpoint: string): string {
  if ('error' in outcome) return `${cleanLine(id, 120)}: ${explainError(outcome.error)}`;
  const several = outcome.value.length > 1 ? [`${outcome.value.length} repositories have this id:`] : [];
  const described = outcome.value.map((details) =>
    [renderOverview(details.overview, endpoint), ...renderParts(details)].join('\n'),
  );
  return [...several, described.join('\n\n'), ...(note ? [note] : [])].join('\n');
}

function toData({ id, outcome, note }: Asked): unknown[] {
  if ('error' in outcome) return [{ asked: id, ...failureResult(outcome.error).data }];
  return outcome.value.map(({ overview, ...parts }) => {
    const told = Object.entries(parts).map(([name, part]) => [
      name,
      'value' in part ? part.value : failureResult(part.error).data,
    ]);
    return { asked: id, ...overview, ...Object.fromEntries(told), note };
  });
}

type Part = string | false | undefined;

/**
 * A repository in a few compact lines, its id first; what is not known is not mentioned.
 * @param overview what was read
 * @param endpoint of the Hub, for links
 */
function renderOverview(overview: Overview, endpoint: string): string {
  const { id, kind, revision, renamedFrom } = overview;
  const marks = [kind === 'space' ? 'Space' : kind, overview.private && 'private', overview.disabled && 'disabled'];
  const lines = [
    `${showName(id, 120)}${revision ? `@${revision}` : ''} (${join(marks)})`,
    renamedFrom !== undefined && `renamed: ${renamedFrom} is now ${showName(id, 120)}`,
    ...linesOf(overview),
    join([
      overview.likes !== undefined && `${formatCount(overview.likes)} likes`,
      overview.updated !== undefined && `updated ${formatDay(overview.updated)}`,
      overview.commit !== undefined && `commit ${showName(overview.commit.slice(0, 8))}`,
    ]),
    few(
      'papers',
      overview.papers?.map((paper) => showName(`papers/${paper}`)),
    ),
    describeGating(overview, endpoint),
  ];
  return lines.filter(Boolean).join('\n');
}

function linesOf(overview: Overview): Part[] {
  if (overview.kind === 'model') return modelLines(overview);
  return overview.kind === 'dataset' ? datasetLines(overview) : spaceLines(overview);
}

function modelLines(model: ModelOverview): Part[] {
  const { parameters, types, base, derivatives, spaces } = model;
  return [
    join([
      showName(model.task),
      showName(model.library),
      parameters !== undefined &&
        `${formatCount(parameters)} parameters${types ? ` (${types.map((type) => showName(type)).join(', ')})` : ''}`,
      showName(model.architecture),
      model.quantization,
      model.contextLength !== undefined && `context ${formatCount(model.contextLength)}`,
      model.licence && `licence ${showName(model.licence)}`,
    ]),
    few('languages', names(model.languages), 12),
    base && few(`made from${base.relation ? ` (${showName(base.relation)})` : ''}`, names(base.models)),
    derivatives &&
      `made from it: ${join(Object.entries(derivatives).map(([how, n]) => `${formatCount(n)} ${showName(how)}`))}`,
    few('trained on', names(model.datasets)),
    downloads(model),
    few('served by', model.providers && names([...new Set(model.providers.map(({ provider }) => provider))]), 12),
    // The Hub names a hundred Spaces at most.
    spaces && few(`Spaces that use it (${spaces.length}${spaces.length >= 100 ? '+' : ''})`, names(spaces), 4, false),
    few('evaluations', model.evaluations?.map(showEvaluation), 6),
  ];
}

function showEvaluation({ dataset, task, metric, value, verified }: NonNullable<ModelOverview['evaluations']>[number]) {
  return [showName(dataset), showName(task), showName(metric), showName(value), verified && '(verified)']
    .filter(Boolean)
    .join(' ');
}

function datasetLines(dataset: DatasetOverview): Part[] {
  const { size } = dataset;
  const splits = size?.configs?.map(({ name, splits, columns }) => {
    const shown = splits.map(
      (split) => `${showName(split.name)}${split.rows === undefined ? '' : ` ${formatCount(split.rows)}`}`,
    );
    return `${showName(name)}: ${shown.slice(0, 8).join(', ')}${columns === undefined ? '' : ` (${plural(columns, 'column')})`}`;
  });
  return [
    dataset.title !== undefined && dataset.title !== dataset.id && `title: ${showWords(dataset.title)}`,
    join([
      ...(names(dataset.tasks) ?? []).slice(0, 4),
      ...(names(dataset.modalities) ?? []),
      ...(names(dataset.formats) ?? []),
      size?.rows === undefined
        ? dataset.sizeCategory && `${showSize(dataset.sizeCategory)} rows`
        : `${formatCount(size.rows)} rows${size.partial ? ' (the viewer counted a part only)' : ''}`,
      size?.bytes !== undefined && formatBytes(size.bytes),
      dataset.licence && `licence ${showName(dataset.licence)}`,
    ]),
    few('languages', names(dataset.languages), 12),
    splits && few(`splits by config (${splits.length})`, splits, 6, false, '; '),
    dataset.description && `description: ${showWords(dataset.description, 300)}`,
    downloads(dataset),
    'rows: dataset_rows',
  ];
}

function spaceLines(space: SpaceOverview): Part[] {
  return [
    space.title && `title: ${showWords(space.title)}`,
    space.description && `description: ${showWords(space.description, 300)}`,
    join([
      space.sdk && `${showName(space.sdk)}${space.sdkVersion ? ` ${showName(space.sdkVersion)}` : ''}`,
      space.stage && shortStage(space.stage),
      showName(space.hardware),
      space.licence && `licence ${showName(space.licence)}`,
    ]),
    space.failure && `the Hub says: ${showWords(space.failure, 300)}`,
    few('models', names(space.models)),
    few('datasets', names(space.datasets)),
    space.sdk === 'gradio' && `call it: space_info, then space_call${space.mcp ? ' (it speaks MCP too)' : ''}`,
  ];
}

function downloads({ downloads: month, downloadsAllTime: ever }: ModelOverview | DatasetOverview): Part {
  const parts = [
    month !== undefined && `${formatCount(month)} in 30 days`,
    ever !== undefined && `${formatCount(ever)} ever`,
  ];
  return parts.some(Boolean) && `downloads: ${join(parts)}`;
}

function describeGating({ gated, kind, id }: Overview, endpoint: string): Part {
  if (!gated) return undefined;
  const page = `${endpoint}/${kind === 'model' ? '' : `${kind}s/`}${isIdentifier(id) ? id : ''}`;
  const how = gated === 'auto' ? 'accept its terms' : 'ask for access (its authors decide)';
  return `gated: to read its files ${how} at ${page} while logged in, then use a token of that account`;
}

const names = (list: readonly string[] | undefined) => list?.map((name) => showName(name, 120));

/** `label: a, b, c and 9 more`; nothing for an empty list. */
function few(label: string, items: readonly string[] | undefined, most = 5, counted = true, separator = ', '): Part {
  if (!items?.length) return undefined;
  const rest = items.length - most;
  const more = rest > 0 ? (counted ? ` and ${rest} more` : `${separator}…`) : '';
  return `${label}: ${items.slice(0, most).join(separator)}${more}`;
}

const join = (parts: readonly Part[]) => parts.filter(Boolean).join(', ');

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
function renderParts({ overview, card, files, usage, discussions }: RepoDetails): string[] {
  return [
    card && renderPart('card', card, (value) => renderCard(overview, value)),
    files && renderPart('files', files, (value) => renderFiles(overview, value)),
    usage && renderPart('usage', usage, (value) => renderUsage(overview, value)),
    discussions && renderPart('discussions', discussions, renderDiscussions),
  ].filter((part) => part !== undefined);
}

function renderPart<T>(name: string, part: Attempt<T>, show: (value: T) => string): string {
  return 'value' in part ? show(part.value) : `${name} failed: ${explainError(part.error)}`;
}

function renderCard(overview: Overview, { text, next, length, frontMatter, problem }: CardExcerpt): string {
  const uri = showReference({ type: 'repo', kind: overview.kind, id: overview.id, revision: overview.revision });
  const further = Object.entries(frontMatter).filter(
    ([key, value]) => !TOLD.has(key) && !key.startsWith('extra_gated') && isPlain(value),
  );
  const matter = further.slice(0, 8).map(([key, value]) => `${key}: ${String(value).slice(0, 200)}`);
  const lines = [
    problem !== undefined && `The card's front matter could not be read: ${showWords(problem)}`,
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
    shown.length > MOST_FILES &&
      `… and ${shown.length - MOST_FILES} more: hub_read lists a folder such as ${showName(id)}/`,
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
    ([name, inner]) => `${showName(name, 200)}/ ${plural(inner.length, 'file')} ${formatBytes(sumOf(inner))}`,
  );
  return [...folded, ...root];
}

const showFile = ({ path, size }: TreeEntry) =>
  `${showName(path, 200)}${size === undefined ? '' : ` ${formatBytes(size)}`}`;

function renderUsage({ id }: Overview, snippets: readonly Snippet[]): string {
  if (snippets.length === 0) return 'The Hub knows no snippet for its library.';
  const blocks = snippets.map((snippet) => `${snippet.with}:\n\`\`\`${snippet.language}\n${snippet.code}\n\`\`\``);
  return fence(blocks.join('\n'), `usage of ${id}`);
}

function renderDiscussions({ rows, total }: DiscussionList): string {
  if (rows.length === 0) return 'No open discussions.';
  const shown = rows.slice(0, MOST_DISCUSSIONS).map((row) => {
    const facts = [row.pullRequest && 'pull request', showName(row.author), formatDay(row.created)]
      .filter(Boolean)
      .join(', ');
    return `#${row.number} ${showWords(row.title)} (${facts})`;
  });
  return [
    `${plural(total, 'open discussion')}${total > shown.length ? `, the newest ${shown.length}` : ''}:`,
    ...shown,
  ].join('\n');
}
