import { Readable } from 'node:stream';
import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { admitWrite, openRepo } from '../access.js';
import { buildAnew } from '../commit.js';
import type { CollectionSeed } from '../data.js';
import { badOption, badParameter, RequestRefused, refuse } from '../refusals.js';
import type { DemoRuntime, DemoSpaceRepo } from '../repos.js';
import { spaceRuntime } from '../rows.js';
import { describeCollection } from './community.js';
import { needText, readBody, textIn } from './write.js';

const of = (rest: string) => new RegExp(`^/api/spaces/([^/]+/[^/]+)${rest}$`);

/** What owners do with their Spaces: their life, their settings, their logs. */
export const manageRoutes: DemoRoute[] = [
  ...(['variables', 'secrets'] as const).flatMap((what): DemoRoute[] => [
    { method: 'GET', pattern: of(`/${what}`), bucket: 'api', handle: (request) => listSettings(request, what) },
    { method: 'POST', pattern: of(`/${what}`), bucket: 'api', handle: (request) => setSetting(request, what) },
    { method: 'DELETE', pattern: of(`/${what}`), bucket: 'api', handle: (request) => deleteSetting(request, what) },
  ]),
  { method: 'POST', pattern: of('/restart'), bucket: 'api', handle: restart },
  { method: 'POST', pattern: of('/pause'), bucket: 'api', handle: pause },
  { method: 'POST', pattern: of('/hardware'), bucket: 'api', handle: changeHardware },
  { method: 'POST', pattern: of('/sleeptime'), bucket: 'api', handle: changeSleepTime },
  { method: 'GET', pattern: of('/logs/(run|build)'), bucket: 'api', handle: readLogs },
  { method: 'POST', pattern: /^\/api\/collections$/, bucket: 'api', handle: createCollection },
];

function openOwn(request: DemoRequest, what: string): DemoSpaceRepo {
  const space = openRepo(request, 'space', request.params[0] ?? '') as DemoSpaceRepo;
  admitWrite(request, 'repo.write', space.author, what);
  return space;
}

type Settings = 'variables' | 'secrets';

function describeSettings({ state }: DemoRequest, what: Settings, { id }: DemoSpaceRepo): DemoResponse {
  const entries = [...state.settings(what, id)].map(([key, { value, ...rest }]) => [
    key,
    what === 'secrets' ? rest : { ...rest, value },
  ]);
  return { body: Object.fromEntries(entries) };
}

function listSettings(request: DemoRequest, what: Settings): DemoResponse {
  return describeSettings(request, what, openOwn(request, `read the ${what} of a Space`));
}

function setSetting(request: DemoRequest, what: Settings): DemoResponse {
  const space = openOwn(request, `change the ${what} of a Space`);
  const body = readBody(request);
  const key = needText(body, 'key');
  if (!/^[A-Za-z_]\w*$/.test(key)) return badParameter('Invalid key', 'key');
  const value = { key, value: textIn(body, 'value') ?? '', description: textIn(body, 'description') };
  request.state.settings(what, space.id).set(key, { ...value, updatedAt: new Date().toISOString() });
  request.state.put(buildAnew(space));
  return describeSettings(request, what, space);
}

function deleteSetting(request: DemoRequest, what: Settings): DemoResponse {
  const space = openOwn(request, `change the ${what} of a Space`);
  const key = needText(readBody(request), 'key');
  if (!request.state.settings(what, space.id).delete(key)) return refuse(404, `No such key: ${key}`);
  request.state.put(buildAnew(space));
  return describeSettings(request, what, space);
}

/** Keeps what a Space runs on or how, and answers with it. */
function keep(request: DemoRequest, space: DemoSpaceRepo, runtime: Partial<DemoRuntime> = {}): DemoResponse {
  const changed = { ...space, runtime: { ...space.runtime, ...runtime } };
  request.state.put(changed);
  return { body: spaceRuntime(changed, request) };
}

function restart(request: DemoRequest): DemoResponse {
  return keep(request, buildAnew(openOwn(request, 'restart a Space')));
}

function pause(request: DemoRequest): DemoResponse {
  const space = openOwn(request, 'pause a Space');
  if (space.sdk === 'static') return refuse(400, 'Static Spaces cannot be paused');
  const hardware = { current: null, requested: space.runtime.hardware.requested };
  return keep(request, { ...space, builtAt: 0 }, { stage: 'PAUSED', hardware, sha: undefined });
}

/** What costs nothing, and all that there is. */
const FREE = ['cpu-basic', 'zero-a10g'];
const FLAVORS = [
  ...FREE,
  'cpu-upgrade',
  't4-small',
  't4-medium',
  'l4x1',
  'l40sx1',
  'a10g-small',
  'a10g-large',
  'a100-large',
];

function changeHardware(request: DemoRequest): DemoResponse {
  const space = openOwn(request, 'change the hardware of a Space');
  const body = readBody(request);
  const flavor = needText(body, 'flavor');
  if (!FLAVORS.includes(flavor)) return badOption(FLAVORS, 'flavor');
  refuseUnpaid(request, flavor);
  const requested = { ...space.runtime, hardware: { ...space.runtime.hardware, requested: flavor } };
  const { sleepTimeSeconds } = body;
  return keep(
    request,
    buildAnew({ ...space, runtime: requested }),
    typeof sleepTimeSeconds === 'number' ? { gcTimeout: sleepTimeSeconds } : {},
  );
}

/** @throws RequestRefused 402 where something costs and the account cannot pay */
export function refuseUnpaid({ user }: DemoRequest, flavor: string): void {
  if (FREE.includes(flavor) || user?.isPro) return;
  const message = 'Payment required: add a payment method or credits at https://huggingface.co/settings/billing';
  throw new RequestRefused(refuse(402, message));
}

function changeSleepTime(request: DemoRequest): DemoResponse {
  const space = openOwn(request, 'change the sleep time of a Space');
  const { seconds } = readBody(request);
  if (typeof seconds !== 'number') return badParameter('Invalid input: expected number', 'seconds');
  if (space.runtime.hardware.requested === 'cpu-basic') return refuse(400, 'The sleep time of free hardware is fixed');
  return keep(request, space, { gcTimeout: seconds });
}

/** Tells what there was, and stays open, as the real one does. */
function readLogs(request: DemoRequest): DemoResponse {
  const space = openOwn(request, 'read the logs of a Space');
  const isBuild = request.params[1] === 'build';
  const { stage, errorMessage } = space.runtime;
  const failure = errorMessage?.replace(/^Exit code: -?\d+\. Reason: /, '').split('\n') ?? [];
  const build = [
    '===== Build Queued =====',
    '--> FROM docker.io/library/python:3.10',
    '--> RUN pip install -r requirements.txt',
  ];
  const run = [
    '===== Application Startup =====',
    ...(stage === 'RUNNING' ? ['* Running on local URL:  http://0.0.0.0:7860'] : []),
  ];
  const own = isBuild === (stage === 'BUILD_ERROR') ? failure : [];
  return sendEvents([...(isBuild ? build : stage === 'BUILD_ERROR' ? [] : run), ...own], true);
}

/**
 * Lines as server-sent events.
 * @param staysOpen whether the connection is kept when all is said
 */
export function sendEvents(lines: readonly string[], staysOpen: boolean): DemoResponse {
  const timestamp = new Date().toISOString();
  const body = new Readable({ read() {} });
  for (const data of lines) body.push(`data: ${JSON.stringify({ data, timestamp })}\n\n`);
  if (!staysOpen) body.push(null);
  return { headers: { 'Content-Type': 'text/event-stream' }, body };
}

function createCollection(request: DemoRequest): DemoResponse {
  const body = readBody(request);
  const owner = needText(body, 'namespace');
  admitWrite(request, 'collection.write', owner, 'create a collection');
  const title = needText(body, 'title');
  const made: CollectionSeed = {
    owner,
    name: title.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    title,
    description: textIn(body, 'description'),
    updated: new Date().toISOString(),
    upvotes: 0,
    trending: 0,
    theme: 'blue',
    private: body.private === true,
    items: [],
  };
  request.state.collections.push(made);
  return { body: describeCollection(made, request, 0) };
}
