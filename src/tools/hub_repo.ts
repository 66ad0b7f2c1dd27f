import * as z from 'zod';
import { type Attempt, attempt } from '../hub/attempt.js';
import { parseRepo } from '../hub/ids.js';
import { checkRevision } from '../hub/names.js';
import { describeRepo, INCLUDES, type Include, type RepoDetails } from '../hub/repo.js';
import { REPO_KINDS } from '../hub/types.js';
import { watchStaleness } from '../hub/watched.js';
import { cleanLine } from '../text/sanitize.js';
import { renderOverview } from './repo-overview.js';
import { renderParts } from './repo-parts.js';
import { explainError, failureResult } from './run.js';
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
    text: asked.map((one) => render(one, ctx.hub.endpoint)).join('\n\n'),
    data: { repos: asked.flatMap(toData) },
    isError: failed.length === asked.length,
  };
}

function render({ id, outcome, note }: Asked, endpoint: string): string {
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
    return { asked: id, ...overview, ...Object.fromEntries(told), ...(note ? { note } : {}) };
  });
}
