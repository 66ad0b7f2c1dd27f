import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { canSee, openRepo, whoami, zeroGpuQuota } from '../access.js';
import { mongoId } from '../hashes.js';
import { flag, readNumber, readText } from '../query.js';
import { badOption, badParameter, RequestRefused, refuse, repoNotFound, unauthenticated } from '../refusals.js';
import type { DemoSpaceRepo } from '../repos.js';
import { hit, spaceHost, spaceRuntime } from '../rows.js';
import { applyFilters, categorySlugs, relevance } from '../search.js';

/** Who the caller is, and what only Spaces have: a machine, an address, a description for assistants. */
export const spaceRoutes: DemoRoute[] = [
  {
    method: 'GET',
    pattern: /^\/api\/whoami-v2$/,
    bucket: 'api',
    handle: ({ user }) => (user ? { body: whoami(user) } : unauthenticated()),
  },
  {
    method: 'GET',
    pattern: /^\/api\/settings\/mcp$/,
    bucket: 'api',
    handle: ({ user }) => (user ? { body: CHOSEN_TOOLS } : unauthenticated()),
  },
  { method: 'GET', pattern: /^\/api\/spaces\/semantic-search$/, bucket: 'api', handle: semanticSearch },
  { method: 'GET', pattern: /^\/api\/spaces\/zero-gpu\/quota$/, bucket: 'api', handle: quota },
  { method: 'GET', pattern: /^\/api\/spaces\/by-subdomain\/([^/]+)$/, bucket: 'api', handle: bySubdomain },
  { method: 'GET', pattern: /^\/api\/spaces\/([^/]+\/[^/]+)\/runtime$/, bucket: 'api', handle: runtime },
  { method: 'GET', pattern: /^\/api\/spaces\/([^/]+\/[^/]+)\/host$/, bucket: 'api', handle: host },
  { method: 'GET', pattern: /^\/spaces\/([^/]+\/[^/]+)\/agents\.md$/, bucket: 'pages', handle: agents },
];

/** What an account has at huggingface.co/settings/mcp that has changed nothing there. */
const CHOSEN_TOOLS = {
  builtInTools: ['hf_whoami', 'hub_repo_search', 'hub_repo_details', 'hf_fs'],
  spaceTools: [
    { _id: mongoId('space tool'), name: 'hugwire/demo-space', emoji: '🔌', subdomain: 'hugwire-demo-space' },
  ],
};

const openSpace = (request: DemoRequest) => openRepo(request, 'space', request.params[0] ?? '') as DemoSpaceRepo;

/** A token whose rights were picked needs the one to read about billing. */
function quota({ user }: DemoRequest): DemoResponse {
  if (!user) return unauthenticated();
  return user.canReadBilling
    ? { body: zeroGpuQuota(user) }
    : refuse(403, 'This token does not have the required permissions');
}

function bySubdomain(request: DemoRequest): DemoResponse {
  const space = request.state.of('space').find(({ subdomain }) => subdomain === request.params[0]?.toLowerCase());
  if (!space || !canSee(space, request.user)) return request.user ? repoNotFound() : unauthenticated();
  return {
    body: {
      _id: space._id,
      id: space.id,
      author: space.author,
      subdomain: space.subdomain,
      host: spaceHost(space, request),
    },
  };
}

function runtime(request: DemoRequest): DemoResponse {
  return { body: spaceRuntime(openSpace(request), request) };
}

function host(request: DemoRequest): DemoResponse {
  const space = openSpace(request);
  return { body: { subdomain: space.subdomain, host: spaceHost(space, request) } };
}

/** How an assistant calls the Space, in six lines; only Gradio apps have it. */
function agents(request: DemoRequest): DemoResponse | undefined {
  const space = openSpace(request);
  if (space.sdk !== 'gradio') return undefined;
  const base = `${spaceHost(space, request)}/gradio_api`;
  const lines = [
    `# ${space.title}`,
    `API schema: GET ${base}/info`,
    `Call endpoint: POST ${base}/call/v2/{endpoint} {"param_name": value, ...}`,
    `Poll result: GET ${base}/call/{endpoint}/{event_id}`,
    `File inputs: POST ${base}/upload -F "files=@file.ext", then {"path": "...", "meta": {"_type": "gradio.FileData"}}`,
    'Auth: Bearer $HF_TOKEN',
  ];
  return { headers: { 'Content-Type': 'text/markdown; charset=utf-8' }, body: `${lines.join('\n')}\n` };
}

/** Hits in an answer, at most. */
const BATCH = 100;

/** Characters in a query, at most. */
const LONGEST = 250;

function semanticSearch(request: DemoRequest): DemoResponse {
  const { query } = request;
  const question = readQuestion(query);
  const limit = Math.min(BATCH, readNumber(query, 'limit', { fallback: BATCH, max: 1000 }));
  const hits = candidates(request)
    .map((space) => ({ space, score: question ? relevance(space, question) : 0 }))
    .filter(({ score }) => !question || score > 0)
    .sort((a, b) => b.score - a.score || b.space.likes - a.space.likes)
    .slice(0, limit);
  const body = hits.map(({ space, score }) => ({
    ...hit(space, request),
    semanticRelevancyScore: Math.round(score * 1e4) / 1e4,
  }));
  return { body };
}

/** @throws RequestRefused 400 when it is too long, or missing without a category instead */
function readQuestion(query: URLSearchParams): string {
  const question = readText(query, 'q', { max: LONGEST });
  const category = query.get('category');
  if (category !== null && !categorySlugs.includes(category)) {
    throw new RequestRefused(badOption(categorySlugs, 'category'));
  }
  if (question.trim() === '' && category === null) {
    throw new RequestRefused(badParameter('Invalid input: expected string, received undefined', 'q'));
  }
  return question.trim();
}

/** Public Spaces that pass the filters; those that are not running only when asked for. */
function candidates({ query, state }: DemoRequest): DemoSpaceRepo[] {
  const spaces = state.of('space');
  const sdks = query.getAll('sdk').flatMap((value) => value.split(','));
  const category = query.get('category');
  const tags = new URLSearchParams([...query].filter(([name]) => name === 'filter'));
  const tagged = new Set(applyFilters(spaces, tags));
  return spaces.filter(
    (space) =>
      !space.private &&
      !space.disabled &&
      tagged.has(space) &&
      (sdks.length === 0 || sdks.includes(space.sdk)) &&
      (category === null || space.aiCategory === category) &&
      (!flag(query, 'agents') || space.sdk === 'gradio') &&
      (flag(query, 'includeNonRunning') || space.runtime.stage.startsWith('RUNNING')),
  );
}
