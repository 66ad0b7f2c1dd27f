import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { canSee, openRepo } from '../access.js';
import { zeroGpuQuota } from '../accounts.js';
import { repoNotFound, unauthenticated } from '../refusals.js';
import type { DemoSpaceRepo } from '../repos.js';
import { spaceHost, spaceRuntime } from '../rows/space.js';
import { spaces } from '../world.js';

/** What only Spaces have: a machine, an address, a description for assistants. */
export const spaceRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/spaces\/zero-gpu\/quota$/, bucket: 'api', handle: quota },
  { method: 'GET', pattern: /^\/api\/spaces\/by-subdomain\/([^/]+)$/, bucket: 'api', handle: bySubdomain },
  { method: 'GET', pattern: /^\/api\/spaces\/([^/]+\/[^/]+)\/runtime$/, bucket: 'api', handle: runtime },
  { method: 'GET', pattern: /^\/api\/spaces\/([^/]+\/[^/]+)\/host$/, bucket: 'api', handle: host },
  { method: 'GET', pattern: /^\/spaces\/([^/]+\/[^/]+)\/agents\.md$/, bucket: 'pages', handle: agents },
];

const openSpace = (request: DemoRequest) => openRepo(request, 'space', request.params[0] ?? '') as DemoSpaceRepo;

function quota({ user }: DemoRequest): DemoResponse {
  return user ? { body: zeroGpuQuota(user) } : unauthenticated();
}

function bySubdomain(request: DemoRequest): DemoResponse {
  const space = spaces.find(({ subdomain }) => subdomain === request.params[0]?.toLowerCase());
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

/** How an assistant calls the Space, in six lines; only apps that speak Gradio's protocol have it. */
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
