import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { admitWrite, avatarUrl } from '../access.js';
import { mongoId } from '../hashes.js';
import { readNumber, readText } from '../query.js';
import { badOption, badParameter, RequestRefused, refuse, unauthenticated } from '../refusals.js';
import type { DemoJob } from '../state.js';
import { refuseUnpaid, sendEvents } from './manage.js';
import { readBody, textIn } from './write.js';

/** Programs that run on the Hub's machines. */
export const jobRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/jobs\/hardware$/, bucket: 'api', handle: () => ({ body: HARDWARE }) },
  { method: 'POST', pattern: /^\/api\/jobs\/([^/]+)$/, bucket: 'api', handle: runJob },
  { method: 'GET', pattern: /^\/api\/jobs\/([^/]+)$/, bucket: 'api', handle: listJobs },
  { method: 'GET', pattern: /^\/api\/jobs\/([^/]+)\/count$/, bucket: 'api', handle: countJobs },
  { method: 'GET', pattern: /^\/api\/jobs\/([^/]+)\/([^/]+)$/, bucket: 'api', handle: inspectJob },
  { method: 'POST', pattern: /^\/api\/jobs\/([^/]+)\/([^/]+)\/cancel$/, bucket: 'api', handle: cancelJob },
  { method: 'GET', pattern: /^\/api\/jobs\/([^/]+)\/([^/]+)\/logs$/, bucket: 'api', handle: readLogs },
];

const flavor = (
  name: string,
  prettyName: string,
  cpu: string,
  ram: string,
  ephemeralStorage: string,
  unitCostUSD: number,
  accelerator?: string,
) => ({
  name,
  prettyName,
  cpu,
  ram,
  ephemeralStorage,
  accelerator: accelerator
    ? { type: 'gpu', model: accelerator, quantity: '1', vram: '24 GB', manufacturer: 'Nvidia' }
    : null,
  unitCostMicroUSD: Math.round(unitCostUSD * 1e6),
  unitCostUSD,
  unitLabel: 'minute',
});

const HARDWARE = [
  flavor('cpu-basic', 'CPU Basic', '2 vCPU', '16 GB', '20 GB', 0.000167),
  flavor('cpu-upgrade', 'CPU Upgrade', '8 vCPU', '32 GB', '50 GB', 0.0005),
  flavor('t4-small', 'Nvidia T4 - small', '4 vCPU', '15 GB', '50 GB', 0.006667, 'T4'),
  flavor('a10g-large', 'Nvidia A10G - large', '12 vCPU', '46 GB', '200 GB', 0.025, 'A10G'),
  flavor('a100-large', 'Nvidia A100 - large', '12 vCPU', '142 GB', '1000 GB', 0.041667, 'A100'),
];

/** Stages in which a job has come to its end. */
const ENDED = ['COMPLETED', 'CANCELED', 'ERROR'];
const STAGES = [...ENDED, 'DELETED', 'RUNNING', 'SCHEDULING'];

function runJob(request: DemoRequest): DemoResponse {
  const [owner = ''] = request.params;
  const user = admitWrite(request, 'job.write', owner, 'run a job');
  const body = readBody(request);
  const name = textIn(body, 'flavor') ?? 'cpu-basic';
  if (!HARDWARE.some((one) => one.name === name)) return badParameter(`Invalid flavor: ${name}`, 'flavor');
  // Even the cheapest costs.
  refuseUnpaid(request, `job on ${name}`);
  const [dockerImage, spaceId] = [textIn(body, 'dockerImage'), textIn(body, 'spaceId')];
  if (!dockerImage === !spaceId) return badParameter('Either dockerImage or spaceId must be given');
  const job: DemoJob = {
    id: mongoId(`job ${request.state.jobs.length} ${Date.now()}`),
    createdAt: new Date().toISOString(),
    ...(dockerImage ? { dockerImage } : { spaceId }),
    command: (body.command ?? []) as string[],
    arguments: (body.arguments ?? []) as string[],
    environment: (body.environment ?? {}) as Record<string, string>,
    secrets: Object.keys((body.secrets ?? {}) as object),
    flavor: name,
    timeout: (body.timeoutSeconds ?? undefined) as number | undefined,
    labels: (body.labels ?? {}) as Record<string, string>,
    owner: account(owner, owner === user.name ? 'user' : 'org'),
    initiator: account(user.name, 'user'),
    status: { stage: 'SCHEDULING', message: null },
  };
  request.state.jobs.push(job);
  return { body: describe(job) };
}

const account = (name: string, type: 'user' | 'org') => ({
  id: mongoId(`${type} ${name}`),
  name,
  type,
  avatarUrl: avatarUrl(name),
});

const describe = (job: DemoJob) => ({
  ...job,
  type: 'job',
  createdBy: { id: job.initiator.id, name: job.initiator.name },
});

/** Any member may look; a job runs on from one look to the next. */
function openJob(request: DemoRequest): DemoJob {
  const [owner, id] = request.params;
  const { user, state } = request;
  if (!user) throw new RequestRefused(unauthenticated());
  const job = state.jobs.find((one) => one.id === id && one.owner.name === owner);
  if (!job || (owner !== user.name && !user.orgs.includes(owner ?? ''))) {
    throw new RequestRefused(refuse(404, 'Job not found'));
  }
  return job;
}

function advance(job: DemoJob): DemoJob {
  const { stage } = job.status;
  const now = new Date().toISOString();
  if (stage === 'SCHEDULING') {
    job.startedAt = now;
    job.status = { stage: 'RUNNING', message: null };
  } else if (stage === 'RUNNING' && !runsOn(job)) {
    const { code } = outputOf(job);
    job.finishedAt = now;
    job.status =
      code === 0
        ? { stage: 'COMPLETED', message: null }
        : { stage: 'ERROR', message: `Job failed with exit code: ${code}` };
  }
  return job;
}

const wordsOf = ({ command, arguments: more }: DemoJob) => [...command, ...more];

/** Whether it only ends when it is cancelled. */
const runsOn = (job: DemoJob) => /\bsleep\b/.test(wordsOf(job).join(' '));

/** What a job prints: the words of `echo`, and the literals that Python code prints. */
function outputOf(job: DemoJob): { lines: string[]; code: number } {
  const text = wordsOf(job).join(' ');
  const printed = [...text.matchAll(/print\((["'])(.*?)\1\)/g)].map(([, , words = '']) => words);
  const [, echoed] = /\becho\s+(.*?)(?:;|&&|$)/.exec(text) ?? [];
  const exit = Number(/\bexit\(?\s*(\d+)/.exec(text)?.[1] ?? 0);
  const raised = /\braise (\w+)\(["'](.*?)["']\)/.exec(text);
  const trace = raised ? ['Traceback (most recent call last):', `${raised[1]}: ${raised[2]}`] : [];
  const lines = [...(echoed ? [echoed.replace(/^["']|["']$/g, '')] : []), ...printed, ...trace];
  return { lines, code: raised ? 1 : exit };
}

/** All on one page. */
function listJobs(request: DemoRequest): DemoResponse {
  readText(request.query, 'cursor', { max: 2048 });
  const labels = request.query.getAll('label');
  if (!labels.every((label) => LABEL.test(label))) return badParameter('Invalid string: must match pattern', 'label');
  const wanted = labels.map((label) => label.split('='));
  const found = findJobs(request).filter(({ labels }) => wanted.every(([key = '', value]) => labels[key] === value));
  return { body: found.map(describe).reverse() };
}

const LABEL = /^[\w.-]+=[\w.-]*$/;

function countJobs(request: DemoRequest): DemoResponse {
  return { body: { count: findJobs(request).length } };
}

/** The jobs of an account that the caller may see, at the stages of the query. */
function findJobs({ params, query, user, state }: DemoRequest): DemoJob[] {
  const [owner = ''] = params;
  if (!user) throw new RequestRefused(unauthenticated());
  const stages = query.getAll('stage');
  if (!stages.every((stage) => STAGES.includes(stage))) throw new RequestRefused(badOption(STAGES, 'stage'));
  if (owner !== user.name && !user.orgs.includes(owner)) return [];
  return state.jobs.filter(
    (job) => job.owner.name === owner && (stages.length === 0 || stages.includes(job.status.stage)),
  );
}

function inspectJob(request: DemoRequest): DemoResponse {
  return { body: describe(advance(openJob(request))) };
}

function cancelJob(request: DemoRequest): DemoResponse {
  const job = openJob(request);
  admitWrite(request, 'job.write', job.owner.name, 'cancel a job');
  if (!ENDED.includes(job.status.stage)) {
    job.finishedAt = new Date().toISOString();
    job.status = { stage: 'CANCELED', message: 'Job was canceled' };
  }
  return { body: describe(job) };
}

/** Ends with the job. */
function readLogs(request: DemoRequest): DemoResponse {
  const job = openJob(request);
  if (job.status.stage === 'SCHEDULING') advance(job);
  if (!ENDED.includes(job.status.stage)) advance(job);
  const lines = ['===== Job started at 2026-12-01 12:00:00 =====', ...outputOf(job).lines];
  const tail = readNumber(request.query, 'tail', { fallback: lines.length, min: 0, max: Number.MAX_SAFE_INTEGER });
  return sendEvents(tail === 0 ? [] : lines.slice(-tail), !ENDED.includes(job.status.stage));
}
