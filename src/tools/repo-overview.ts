import type { DatasetOverview } from '../hub/overview-dataset.js';
import type { ModelOverview } from '../hub/overview-model.js';
import type { SpaceOverview } from '../hub/overview-space.js';
import type { Overview } from '../hub/repo.js';
import { formatBytes, formatCount, formatDay, plural } from '../text/format.js';

type Part = string | false | undefined;

/** What the Hub's stages mean for somebody who wants to call the Space. */
const STAGES: Record<string, string> = {
  RUNNING: 'running',
  RUNNING_BUILDING: 'running (a new version is being built)',
  RUNNING_APP_STARTING: 'running (a new version starts)',
  BUILDING: 'being built',
  APP_STARTING: 'starting',
  SLEEPING: 'asleep (a call wakes it)',
  STOPPED: 'stopped',
  PAUSED: 'paused (only its owner can restart it)',
  NO_APP_FILE: 'broken: it has no app file',
  CONFIG_ERROR: 'broken: its configuration is wrong',
  BUILD_ERROR: 'broken: it could not be built',
  RUNTIME_ERROR: 'broken: it crashed',
};

/**
 * A repository in a few compact lines, its id first; what is not known is not mentioned.
 * @param overview what was read
 * @param endpoint of the Hub, for links
 */
export function renderOverview(overview: Overview, endpoint: string): string {
  const { id, kind, revision, renamedFrom } = overview;
  const marks = [kind === 'space' ? 'Space' : kind, overview.private && 'private', overview.disabled && 'disabled'];
  const lines = [
    `${id}${revision ? `@${revision}` : ''} (${join(marks)})`,
    renamedFrom !== undefined && `renamed: ${renamedFrom} is now ${id}`,
    ...linesOf(overview),
    join([
      overview.likes !== undefined && `${formatCount(overview.likes)} likes`,
      overview.updated !== undefined && `updated ${formatDay(overview.updated)}`,
      overview.commit !== undefined && `commit ${overview.commit.slice(0, 8)}`,
    ]),
    few(
      'papers',
      overview.papers?.map((paper) => `papers/${paper}`),
    ),
    gate(overview, endpoint),
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
      model.task,
      model.library,
      parameters !== undefined && `${formatCount(parameters)} parameters${types ? ` (${types.join(', ')})` : ''}`,
      model.architecture,
      model.quantization,
      model.contextLength !== undefined && `context ${formatCount(model.contextLength)}`,
      model.licence && `licence ${model.licence}`,
    ]),
    few('languages', model.languages, 12),
    base && few(`made from${base.relation ? ` (${base.relation})` : ''}`, base.models),
    derivatives && `made from it: ${join(Object.entries(derivatives).map(([how, n]) => `${formatCount(n)} ${how}`))}`,
    few('trained on', model.datasets),
    downloads(model),
    few('served by', model.providers && [...new Set(model.providers.map(({ provider }) => provider))], 12),
    // The Hub names a hundred Spaces at most.
    spaces && few(`Spaces that use it (${spaces.length}${spaces.length >= 100 ? '+' : ''})`, spaces, 4, false),
    few('evaluations', model.evaluations?.map(showEvaluation), 6),
  ];
}

function showEvaluation({ dataset, task, metric, value, verified }: NonNullable<ModelOverview['evaluations']>[number]) {
  return [dataset, task, metric, value, verified && '(verified)'].filter(Boolean).join(' ');
}

function datasetLines(dataset: DatasetOverview): Part[] {
  const { size } = dataset;
  const splits = size?.configs.map(({ name, splits, columns }) => {
    const shown = splits.map(
      (split) => `${split.name}${split.rows === undefined ? '' : ` ${formatCount(split.rows)}`}`,
    );
    return `${name}: ${shown.slice(0, 8).join(', ')}${columns === undefined ? '' : ` (${plural(columns, 'column')})`}`;
  });
  return [
    dataset.title !== undefined && dataset.title !== dataset.id && `title: ${dataset.title}`,
    join([
      ...(dataset.tasks ?? []).slice(0, 4),
      ...(dataset.modalities ?? []),
      ...(dataset.formats ?? []),
      size?.rows === undefined
        ? dataset.sizeCategory && `${dataset.sizeCategory} rows`
        : `${formatCount(size.rows)} rows${size.partial ? ' (the viewer counted a part only)' : ''}`,
      size?.bytes !== undefined && formatBytes(size.bytes),
      dataset.licence && `licence ${dataset.licence}`,
    ]),
    few('languages', dataset.languages, 12),
    splits && few(`splits by config (${splits.length})`, splits, 6, false, '; '),
    dataset.description && `description: ${dataset.description}`,
    downloads(dataset),
    'rows: dataset_rows',
  ];
}

function spaceLines(space: SpaceOverview): Part[] {
  return [
    space.title && `title: ${space.title}`,
    space.description && `description: ${space.description}`,
    join([
      space.sdk && `${space.sdk}${space.sdkVersion ? ` ${space.sdkVersion}` : ''}`,
      space.stage && (STAGES[space.stage] ?? space.stage),
      space.hardware,
      space.licence && `licence ${space.licence}`,
    ]),
    space.failure && `the Hub says: ${space.failure}`,
    few('models', space.models),
    few('datasets', space.datasets),
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

function gate({ gated, kind, id }: Overview, endpoint: string): Part {
  if (!gated) return undefined;
  const page = `${endpoint}/${kind === 'model' ? '' : `${kind}s/`}${id}`;
  const how = gated === 'auto' ? 'accept its terms' : 'ask for access (its authors decide)';
  return `gated: to read its files ${how} at ${page} while logged in, then use a token of that account`;
}

/** `label: a, b, c and 9 more`; nothing for an empty list. */
function few(label: string, items: readonly string[] | undefined, most = 5, counted = true, separator = ', '): Part {
  if (!items?.length) return undefined;
  const rest = items.length - most;
  const more = rest > 0 ? (counted ? ` and ${rest} more` : `${separator}…`) : '';
  return `${label}: ${items.slice(0, most).join(separator)}${more}`;
}

const join = (parts: readonly Part[]) => parts.filter(Boolean).join(', ');
