import * as z from 'zod';
import { HugwireError } from '../errors.js';
import { chooseSplit, describeStructure, listSplits, type SplitChoice } from '../hub/datasets.js';
import { parseRepo } from '../hub/ids.js';
import { fetchRows } from '../hub/rows.js';
import { type ServedDataset, withDataset } from '../hub/viewer.js';
import { renderRows, renderStructure } from './dataset-text.js';
import { defineTool, type ToolContext, type ToolResult } from './tool.js';

const input = z.object({
  dataset: z.string().describe('owner/name'),
  config: z.string().optional(),
  split: z.string().optional(),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).max(100).default(5),
  query: z.string().optional().describe('Full text'),
  where: z.string().optional().describe(`"age">30 AND "name"='Ann'`),
  order_by: z.string().optional().describe('age DESC'),
});

type Input = z.output<typeof input>;

export const datasetRows = defineTool({
  name: 'dataset_rows',
  title: 'Read dataset rows',
  toolset: 'read',
  effect: 'read',
  description:
    'Read, search or filter rows of a Hub dataset. Without a clear config and split: its configs, splits, columns, sizes.',
  input,
  aliases: {
    names: {
      id: 'dataset',
      repo: 'dataset',
      repoid: 'dataset',
      datasetid: 'dataset',
      name: 'config',
      subset: 'config',
      configname: 'config',
      length: 'limit',
      n: 'limit',
      rows: 'limit',
      numrows: 'limit',
      start: 'offset',
      skip: 'offset',
      q: 'query',
      search: 'query',
      filter: 'where',
      condition: 'where',
      sort: 'order_by',
      sortby: 'order_by',
    },
  },
  run,
});

async function run(given: Input, { hub }: ToolContext): Promise<ToolResult> {
  const wanted = readInput(given);
  const id = readDatasetId(wanted.dataset, hub.endpoint);
  return withDataset(hub, id, async (dataset) => {
    if (wanted.config !== undefined && wanted.split !== undefined) {
      try {
        return await answerRows(hub, dataset, { config: wanted.config, split: wanted.split }, wanted);
      } catch (error) {
        if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
        // Either the names are wrong, and this says so, or the viewer's own words stand.
        chooseSplit(await listSplits(hub, dataset), wanted);
        throw error;
      }
    }
    const splits = await listSplits(hub, dataset);
    const choice = chooseSplit(splits, wanted);
    if (choice) return answerRows(hub, dataset, choice, wanted);
    const structure = await describeStructure(hub, dataset, splits, wanted.config);
    return { text: renderStructure(structure, openQuestion(wanted)), data: structure };
  });
}

/** Empty texts are what some models send for "none". */
function readInput(given: Input): Input {
  const wanted = { ...given };
  for (const key of ['config', 'split', 'query', 'where', 'order_by'] as const) {
    wanted[key] = given[key]?.trim() || undefined;
  }
  if (wanted.query !== undefined && (wanted.where !== undefined || wanted.order_by !== undefined)) {
    throw new HugwireError('invalid_arguments', 'query cannot be combined with where or order_by.', {
      hint: 'The viewer searches or filters. Leave one out.',
    });
  }
  return wanted;
}

function readDatasetId(text: string, endpoint: string): string {
  const { kind, id } = parseRepo(text, endpoint);
  if (kind === undefined || kind === 'dataset' || !/^(?:https?|hf):/i.test(text.trim())) return id;
  throw new HugwireError('invalid_arguments', `${id} is a ${kind} there, not a dataset.`, {
    hint: 'hub_repo describes it.',
  });
}

async function answerRows(
  hub: ToolContext['hub'],
  dataset: ServedDataset,
  choice: SplitChoice,
  { offset, limit, query, where, order_by: orderBy }: Input,
): Promise<ToolResult> {
  const result = await fetchRows(hub, dataset, { ...choice, offset, limit, query, where, orderBy });
  return { text: renderRows(result, { limit, query, filtered: where !== undefined }), data: result };
}

/** Said when rows were clearly wanted, but not of which split. */
function openQuestion({ config, split, query, where, order_by, offset }: Input): string | undefined {
  const rowsWanted = query ?? where ?? order_by ?? (offset > 0 ? offset : undefined);
  if (rowsWanted === undefined && config === undefined && split === undefined) return undefined;
  const missing = config === undefined ? (split === undefined ? 'config and split' : 'config') : 'split';
  return `Which ${missing}? Call again with one of these.`;
}
