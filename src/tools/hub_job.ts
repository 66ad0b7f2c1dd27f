import { createHash } from 'node:crypto';
import * as z from 'zod';
import { line, lines as readLines, record, records } from '../hub/fields.js';
import { attempt, succeeded } from '../hub/repo/lookup.js';
import { readLog } from '../hub/write/logs.js';
import { priceOf } from '../hub/write/prices.js';
import { sendWrite, WRITES } from '../hub/write/requests.js';
import { refuseWithoutRight, writingAccount } from '../hub/write/rights.js';
import { HugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { cleanLine, fence, holdsToken, showName, showWords } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import { locateCredential } from '../spaces/secrets.js';
import type { ToolContext, ToolResult, WritePlan } from './tool.js';
import { defineWrite, findTarget, lastLines, showOwnWords } from './writing.js';

const input = z.object({
  action: z.enum(['run', 'list', 'status', 'logs', 'cancel']),
  id: z.string().optional().describe('Of the job'),
  image: z.string().optional().describe('Docker image, such as python:3.12'),
  space: z.string().optional().describe('Or a Space whose image is run'),
  command: z.array(z.string()).optional().describe('Program and arguments'),
  flavor: z.string().default('cpu-basic').describe('Hardware'),
  timeout: z.string().default('30m'),
  env: z.record(z.string(), z.string()).optional().describe('Never secrets'),
  owner: z.string().optional().describe('Organisation that pays'),
  lines: z.int().min(1).max(1000).optional(),
});
type Input = z.output<typeof input>;

const DEFAULT_LINES = 100;
const MAX_LOG_CHARS = 12_000;
const MOST_JOBS = 20;
/** How long a job is followed at most; it goes on without anybody waiting. */
const FOLLOW_MS = 20_000;
const POLL_MS = 1000;
const ENDED = ['COMPLETED', 'CANCELED', 'ERROR', 'DELETED'];

export const hubJob = defineWrite({
  name: 'hub_job',
  title: 'Run jobs on the Hub',
  toolset: 'jobs',
  description:
    'Run a program on machines of Hugging Face, and list, follow or cancel such jobs. They cost money: the user is asked, and told the most it can cost.',
  input,
  aliases: {
    names: {
      jobid: 'id',
      job: 'id',
      dockerimage: 'image',
      hardware: 'flavor',
      namespace: 'owner',
      environment: 'env',
      cmd: 'command',
      tail: 'lines',
    },
    values: { action: { start: 'run', ps: 'list', inspect: 'status', log: 'logs', stop: 'cancel' } },
  },
  async prepare(wanted, ctx) {
    const { hub } = ctx;
    const account = await writingAccount(hub);
    const owner = wanted.owner ?? account.name;
    if (!/^[\w-][\w.-]{0,95}$/.test(owner)) throw incomplete(`“${cleanLine(owner, 60)}” is not the name of an owner.`);
    if (wanted.action === 'list') return listJobs(owner, ctx);
    if (wanted.action === 'run') {
      await refuseWithoutRight(hub, account, { right: 'job.write', on: owner });
      return planRun(owner, wanted, ctx);
    }
    const { id } = wanted;
    if (id === undefined || !/^[\w-]{1,80}$/.test(id)) throw incomplete(`${wanted.action} needs the id of a job.`);
    const job = await fetchJob(hub, owner, id);
    if (wanted.action === 'status') return { text: describeJob(job).join('\n'), data: { job: readJob(job) } };
    if (wanted.action === 'logs') return tellLogs(owner, id, wanted.lines ?? DEFAULT_LINES, ctx);
    await refuseWithoutRight(hub, account, { right: 'job.write', on: owner });
    return planCancel(owner, id, job, ctx);
  },
});

const incomplete = (message: string, hint = 'Nothing was run.') =>
  new HugwireError('invalid_arguments', message, { hint });

const pathOf = (owner: string, ...rest: string[]) => `/api/jobs/${[owner, ...rest].map(encodeURIComponent).join('/')}`;

async function fetchJob(hub: ToolContext['hub'], owner: string, id: string): Promise<Record<string, unknown>> {
  try {
    return record((await hub.request(pathOf(owner, id), { repeatable: false })).json());
  } catch (error) {
    if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
    throw new HugwireError('not_found', `${showName(owner)} has no job ${id}.`, {
      hint: 'hub_job action="list" lists them.',
    });
  }
}

async function planRun(owner: string, wanted: Input, ctx: ToolContext): Promise<WritePlan> {
  const { hub, config } = ctx;
  const { image, space, command = [], flavor, env = {} } = wanted;
  if ((image === undefined) === (space === undefined)) throw incomplete('Give either an image or a Space to run.');
  if (image !== undefined && !/^[\w./:@-]{1,300}$/.test(image))
    throw incomplete(`“${cleanLine(image, 100)}” is not the name of an image.`);
  if (command.length === 0 || command.every((word) => word.trim() === ''))
    throw incomplete('Give a command, such as ["python", "-c", "print(1)"].');
  await refuseSecrets(command, env, hub);
  const timeoutSeconds = readTimeout(wanted.timeout);
  const { perMinute } = await priceOf(hub, flavor);
  const most = (perMinute * timeoutSeconds) / 60;
  if (most > config.jobs.maxCost) {
    throw new HugwireError(
      'quota_exceeded',
      `The job could cost up to $${most.toFixed(2)}: $${(perMinute * 60).toFixed(2)} an hour for ${formatDuration(timeoutSeconds)} on ${flavor}. jobs.maxCost is $${config.jobs.maxCost.toFixed(2)}.`,
      {
        hint: 'Nothing was run. Take a shorter timeout or cheaper hardware, or let the user raise jobs.maxCost: `hugwire config set jobs.maxCost 5`.',
      },
    );
  }
  const spaceId = space === undefined ? undefined : (await findTarget(hub, space, 'space')).id;
  const body = {
    ...(spaceId ? { spaceId } : { dockerImage: image }),
    command,
    arguments: [],
    environment: env,
    flavor,
    timeoutSeconds,
    labels: { name: nameJob(spaceId ?? String(image), command) },
  };
  const names = Object.entries(env).map(
    ([name, value]) => `${showName(name)}=${showOwnWords(value, Number.POSITIVE_INFINITY)}`,
  );
  const what = spaceId ? `the image of the Space ${spaceId}` : String(image);
  const isOwn = (row: Record<string, unknown>) =>
    JSON.stringify(row.command) === JSON.stringify(command) && row.flavor === flavor;
  const before = new Set((await fetchJobs(hub, owner)).map((row) => row.id));
  return {
    message: [
      `run a job on Hugging Face's machines, paid by ${showName(owner)}.`,
      `Command: ${showCommand(command)} in ${what}`,
      ...(names.length > 0 ? [`Environment: ${names.join(', ')}`] : []),
      `Hardware: ${flavor}, for ${formatDuration(timeoutSeconds)} at most. It costs $${Math.max(0.01, Math.ceil(most * 100) / 100).toFixed(2)} at most.`,
      'Your token does not go along.',
    ].join('\n'),
    title: 'Run it, and pay for it',
    data: { action: 'run', owner, ...body, mostUSD: most },
    input: { ...wanted, owner, space: spaceId },
    async apply() {
      let found: Record<string, unknown> | undefined;
      const answer = await sendWrite(hub, WRITES.runJob(owner, body), async () => {
        found = (await fetchJobs(hub, owner)).find((row) => !before.has(row.id) && isOwn(row));
        return found !== undefined;
      });
      const job = answer ?? found ?? {};
      const { id } = readJob(job);
      // It runs, whatever becomes of its log.
      const { text, data } = succeeded(await attempt(tellLogs(owner, id, wanted.lines ?? DEFAULT_LINES, ctx))) ?? {};
      return {
        text: [
          `Started: ${describeJob(job).join('\n')}`,
          ...(text ? [text] : []),
          ...(data && ENDED.includes(data.job.stage)
            ? []
            : [`Next: hub_job action="logs" id="${id}" follows it, action="cancel" ends it.`]),
          `Page: ${hub.endpoint}/jobs/${owner}/${id}`,
        ].join('\n'),
        data: { state: 'started', job: readJob(job), ...data },
      };
    },
  };
}

/** All of it, and where each word ends. */
const showCommand = (command: readonly string[]) =>
  showOwnWords(
    command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' '),
    Number.POSITIVE_INFINITY,
  );

/** As huggingface_hub names jobs: what is run, and a hash of the command, so that reruns are found together. */
function nameJob(image: string, command: readonly string[]): string {
  const base = (image.includes(':') ? image.split('/').at(-1) : image)?.toLowerCase().replace(/[^a-z0-9]+/g, '-') ?? '';
  const hash = createHash('sha256')
    .update([image, ...command].join('\0'))
    .digest('hex');
  return `${base.slice(0, 40)}-${hash.slice(0, 8)}`;
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

function readTimeout(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,6}(?:\.\d{1,3})?)\s?(s|m|h|d)?$/i.exec(text.trim()) ?? [];
  const seconds = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (seconds >= 10 && seconds <= 7 * 86_400) return Math.round(seconds);
  throw incomplete(`timeout “${cleanLine(text, 40)}” is not a time from 10s to 7d, such as 30m.`);
}

async function refuseSecrets(
  command: readonly string[],
  env: Record<string, string>,
  hub: ToolContext['hub'],
): Promise<void> {
  const { value: token } = await hub.token();
  const text = [...command, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)].join('\n');
  const found = locateCredential(Buffer.from(text));
  if (!holdsToken(text, token) && !found) return;
  throw new HugwireError(
    'blocked',
    `The job would be given ${found?.what ?? 'a token'} in the open: whoever sees the job could read it.`,
    {
      hint: 'Nothing was run. hugwire passes no secrets to jobs; read what is public, or let the user start it with `hf jobs run --secrets`.',
    },
  );
}

function planCancel(
  owner: string,
  id: string,
  job: Record<string, unknown>,
  { hub }: ToolContext,
): WritePlan | ToolResult {
  const { stage } = readJob(job);
  if (ENDED.includes(stage)) {
    return { text: `Job ${id} is ${stage} already.`, data: { state: 'unchanged', job: readJob(job) } };
  }
  return {
    message: ['cancel a job.', ...describeJob(job)].join('\n'),
    title: 'Cancel it',
    data: { action: 'cancel', owner, id },
    input: { action: 'cancel', owner, id },
    async apply() {
      await sendWrite(hub, WRITES.cancelJob(owner, id), async () =>
        ENDED.includes(readJob(await fetchJob(hub, owner, id)).stage),
      );
      return { text: `Cancelled job ${id}.`, data: { state: 'cancelled', id } };
    },
  };
}

async function fetchJobs(hub: ToolContext['hub'], owner: string): Promise<Record<string, unknown>[]> {
  return records((await hub.request(pathOf(owner), { repeatable: false })).json());
}

async function listJobs(owner: string, { hub }: ToolContext): Promise<ToolResult> {
  const jobs = (await fetchJobs(hub, owner)).slice(0, MOST_JOBS);
  return {
    text:
      jobs.length > 0
        ? jobs.map((job) => describeJob(job).join('; ')).join('\n')
        : `${showName(owner)} has run no jobs.`,
    data: { jobs: jobs.map(readJob) },
  };
}

/** Follows a job until it ends, for as long as a call may wait. */
async function followJob(owner: string, id: string, { hub, config, progress, signal }: ToolContext) {
  const until = Date.now() + Math.min(FOLLOW_MS, config.spaces.waitSeconds * 1000);
  for (let step = 1; ; step += 1) {
    // In this order: the log of a job that has ended is whole.
    const job = readJob(await fetchJob(hub, owner, id));
    const lines = await readLog(hub, pathOf(owner, id, 'logs'));
    if (ENDED.includes(job.stage) || Date.now() + POLL_MS > until) return { job, lines };
    progress({ progress: step, message: `job ${id} is ${showName(job.stage)}: ${showWords(lines.at(-1), 120)}` });
    await sleep(POLL_MS, signal);
  }
}

async function tellLogs(owner: string, id: string, most: number, ctx: ToolContext) {
  const { job, lines } = await followJob(owner, id, ctx);
  const { shown, left } = lastLines(lines, most, MAX_LOG_CHARS);
  const more = ENDED.includes(job.stage) ? '' : ` It is still ${job.stage}: ask again for more.`;
  return {
    text: [
      `Job ${id} is ${showName(job.stage)}${job.message ? `: ${showWords(job.message, 300)}` : ''}.${left > 0 ? ` ${left} lines came before these.` : ''}${more}`,
      shown.length > 0 ? fence(shown.join('\n'), `log of job ${id}`) : 'It has printed nothing so far.',
    ].join('\n'),
    data: { job, lines: shown, left },
  };
}

function readJob(job: Record<string, unknown>) {
  const { stage, message } = record(job.status);
  return {
    id: /^[\w-]{1,80}$/.exec(String(job.id))?.[0] ?? 'unknown',
    stage: line(stage, 40) ?? 'UNKNOWN',
    message: line(message, 300),
    image: line(job.dockerImage, 200),
    space: line(job.spaceId, 120),
    command: readLines(job.command),
    flavor: line(job.flavor, 60),
    createdAt: line(job.createdAt, 40),
  };
}

function describeJob(raw: Record<string, unknown>): string[] {
  const { id, stage, message, image, space, command, flavor, createdAt } = readJob(raw);
  const where = image ? ` in ${showName(image)}` : space ? ` in the Space ${showName(space)}` : '';
  const about = message ? `: ${showWords(message, 300)}` : '';
  const when = createdAt?.slice(0, 16);
  return [
    `job ${id} is ${showName(stage)}${about}`,
    `${showWords(command.join(' '), 200)}${where}, ${showName(flavor)}${when ? `, since ${when}Z` : ''}`,
  ];
}
