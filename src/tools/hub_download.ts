import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import type { Download, DownloadRecord, Downloads } from '../hub/download/downloads.js';
import type { DownloadPlan, Wish } from '../hub/download/plan.js';
import { parseReference, parseRepo } from '../hub/reference.js';
import { REPO_KINDS } from '../hub/types.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { expandHome, realPath, toAbsolute } from '../lib/files.js';
import { formatBytes, formatDuration, parseBytes, plural } from '../lib/format.js';
import { cleanLine, showName, showWords } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import type { ToolContext, ToolResult, WritePlan } from './tool.js';
import { defineWrite, nameRepo } from './writing.js';

const input = z.object({
  repo: z.string().optional().describe('owner/name, or its address'),
  kind: z.enum(REPO_KINDS).optional(),
  files: z.array(z.string()).optional().describe('Paths, folders or patterns such as *.gguf; default all'),
  revision: z.string().optional(),
  to: z.string().optional().describe('Directory; default the cache that all Hugging Face libraries share'),
  job: z.string().optional().describe('d_…: wait for a download, or go on with it'),
  cancel: z.boolean().optional().describe('Stop that job; what has come is kept'),
});
type Input = z.output<typeof input>;

export const hubDownload = defineWrite({
  name: 'hub_download',
  title: 'Download from the Hub',
  toolset: 'download',
  hints: { destructiveHint: false, idempotentHint: true },
  description:
    'Bring files of a repository to this computer, and say how to load them. Large ones are shown to the user first. What takes long goes on as a job.',
  input,
  aliases: {
    names: {
      id: 'repo',
      repoid: 'repo',
      type: 'kind',
      repotype: 'kind',
      file: 'files',
      filename: 'files',
      path: 'files',
      patterns: 'files',
      include: 'files',
      allowpatterns: 'files',
      directory: 'to',
      localdir: 'to',
      jobid: 'job',
    },
  },
  async prepare(wanted, ctx) {
    const downloads = await ctx.downloads?.();
    if (!downloads)
      throw new HugwireError('disabled', 'Nothing can be downloaded here: the files of this computer are not yours.');
    if (wanted.job !== undefined) return followUp(wanted.job, wanted.cancel === true, downloads, ctx);
    if (wanted.repo === undefined) {
      throw new HugwireError('invalid_arguments', 'hub_download needs a repo, or the job of a download.', {
        hint: 'Such as repo="openai-community/gpt2" files=["config.json"].',
      });
    }
    const wish = await readWish({ ...wanted, repo: wanted.repo }, ctx);
    return planWish(wish, downloads, ctx);
  },
});

/** What is wanted, and whether the config allows the directory. */
interface AllowedWish extends Wish {
  isAllowed: boolean;
}

async function readWish(wanted: Input & { repo: string }, { hub, config }: ToolContext): Promise<AllowedWish> {
  const { repo, files } = readSubject(wanted, hub.endpoint);
  if (wanted.to === undefined) return { repo, files, isAllowed: true };
  const base = resolve(expandHome(config.files.saveTo));
  const to = isAbsolute(expandHome(wanted.to))
    ? toAbsolute(wanted.to, 'to')
    : join(base, toAbsolute(join('/', wanted.to), 'to'));
  // Where links lead, since what is allowed, or hidden, is a place and not one of its names.
  const real = await realPlace(to);
  const roots = [base, ...config.download.allow.map((one) => resolve(expandHome(one)))];
  const allowed = (await Promise.all(roots.map(realPlace))).find((one) => isInside(one, real));
  const hidden = relative(allowed ?? '/', real)
    .split(/[\\/]/)
    .find((part) => part.startsWith('.') && part !== '..');
  if (hidden !== undefined) {
    throw new HugwireError('blocked', `${cleanLine(real, 200)} is hidden, where programs keep their own files.`, {
      hint: 'Nothing was fetched. Choose another directory, or let the user allow this one: `hugwire config set download.allow \'["DIRECTORY"]\'`.',
    });
  }
  return { repo, files, to: real, isAllowed: allowed !== undefined };
}

/** The same place without links, whether or not it is there yet. */
async function realPlace(path: string): Promise<string> {
  for (let [at, rest] = [path, '']; ; [at, rest] = [dirname(at), join(basename(at), rest)]) {
    const found = await realPath(at).catch(() => undefined);
    if (found !== undefined) return join(found, rest);
    if (at === dirname(at)) return path;
  }
}

/**
 * Which repository is meant, and which of its files: the address of a file means that file.
 * @param wanted as it was written
 * @param endpoint the Hub
 * @throws HugwireError `invalid_arguments` for what is no repository
 */
export function readSubject(
  wanted: Pick<Input, 'repo' | 'kind' | 'files' | 'revision'> & { repo: string },
  endpoint: string,
): Pick<Wish, 'repo' | 'files'> {
  const { kind = wanted.kind, id, revision } = parseRepo(wanted.repo, endpoint);
  const reference = parseReference(wanted.repo, endpoint);
  const path = reference.type === 'path' && reference.path !== '' ? [reference.path] : undefined;
  const files = wanted.files?.length ? wanted.files : path;
  return { repo: { kind, id, revision: wanted.revision ?? revision }, files };
}

function isInside(directory: string, path: string): boolean {
  const below = relative(directory, path);
  return !below.startsWith('..') && !isAbsolute(below);
}

/** @param begun what it goes on with: of a revision that has moved since, other files may be new and large */
async function planWish(
  wish: AllowedWish,
  downloads: Downloads,
  ctx: ToolContext,
  begun?: DownloadRecord,
): Promise<WritePlan | ToolResult> {
  const { planDownload } = await import('../hub/download/plan.js');
  const plan = await planDownload(ctx.hub, wish, downloads.settings);
  const { kind, id, revision, files, missingBytes } = plan;
  const needsYes = files.some(({ standing }) => standing === 'foreign') || hiddenOf(plan).length > 0;
  const hasMoved = begun !== undefined && begun.commit !== plan.commit;
  return {
    message: hasMoved
      ? `${describePlan(plan)}\n${showName(revision)} has moved since ${begun.id} began with commit ${begun.commit.slice(0, 8)}.`
      : describePlan(plan),
    title: 'Download it',
    isAgreed:
      files.every(({ standing }) => standing === 'here') ||
      (await downloads.isAgreed(plan)) ||
      (wish.isAllowed && !needsYes && missingBytes <= (parseBytes(ctx.config.download.askAbove) ?? 0)),
    data: planData(plan),
    input: { repo: `${kind}s/${id}`, revision, files: wish.files, to: wish.to },
    apply: async () => {
      const download = await downloads.start(ctx.hub, plan, wish);
      if (begun && begun.id !== download.id) await downloads.remove(begun.id);
      return follow(download, ctx, { isOwn: true });
    },
  };
}

/**
 * What a download would do, typed; the same whatever of it is here already.
 * @param plan of it
 */
export function planData({ kind, id, revision, commit, place, files, bytes }: DownloadPlan) {
  const listed = files.map(({ path, size }) => ({ path, size }));
  return { action: 'download', repo: `${kind}s/${id}`, revision, commit, to: place.root, bytes, files: listed };
}

/** Files that a plan names. */
const MOST_NAMED = 15;

/**
 * Files that a download puts into a directory of the user's, and that programs act on there unasked: those of shells, editors and
 * agents are hidden. What says how git stores files does nothing by itself, and is in every repository.
 */
const hiddenOf = ({ to, files }: DownloadPlan) =>
  to === undefined
    ? []
    : files.filter(
        ({ path, standing }) =>
          standing !== 'here' && /(?:^|\/)\./.test(path) && !/(?:^|\/)\.git(?:attributes|ignore)$/.test(path),
      );

/**
 * What a download would do, for the end of a sentence that says who asks for it.
 * @param plan of it
 */
export function describePlan(plan: DownloadPlan): string {
  const { files, bytes, missingBytes, revision, commit, license, gated, freeBytes, place, to } = plan;
  const here = files.filter(({ standing }) => standing === 'here');
  const missing = files.filter(({ standing }) => standing !== 'here');
  const foreign = files.filter(({ standing }) => standing === 'foreign');
  const hidden = hiddenOf(plan);
  const begun = missing.reduce((sum, { begun }) => sum + begun, 0);
  const names = (list: typeof files) =>
    list
      .slice(0, MOST_NAMED)
      .map(({ path }) => showName(path, 200))
      .join(', ');
  const more = missing.length - MOST_NAMED;
  const at =
    revision === commit ? `commit ${commit.slice(0, 8)}` : `${showName(revision)} (commit ${commit.slice(0, 8)})`;
  return [
    `download ${plural(files.length, 'file')} (${formatBytes(bytes)}) of the ${nameRepo(plan)} to this computer.`,
    `Revision: ${at}. Licence: ${license ? showName(license) : 'not stated'}.${gated ? ' Gated: your account has access.' : ''}`,
    `To: ${to === undefined ? `the cache that all Hugging Face libraries share, ${cleanLine(place.root, 300)}` : cleanLine(to, 300)}`,
    here.length > 0 && `Here already: ${plural(here.length, 'file')} (${formatBytes(bytes - sizeOf(missing))}).`,
    `To fetch: ${formatBytes(missingBytes)}${begun > 0 ? `, beside ${formatBytes(begun)} that an earlier try has left` : ''}${freeBytes === undefined ? '' : `; ${describeRoom(freeBytes)} free there`}.`,
    foreign.length > 0 &&
      `Mind: it replaces files that hugwire did not put there: ${names(foreign)}${foreign.length > MOST_NAMED ? ', …' : ''}.`,
    hidden.length > 0 &&
      `Mind: it brings hidden files, which programs may act on: ${names(hidden)}${hidden.length > MOST_NAMED ? ', …' : ''}.`,
    ...missing.slice(0, MOST_NAMED).map(({ path, size }) => `  ${showName(path, 200)} (${formatBytes(size)})`),
    more > 0 && `  and ${plural(more, 'more file', 'more files')}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** In steps, since a question whose words change is another question. */
function describeRoom(bytes: number): string {
  const power = 10 ** Math.floor(Math.log10(Math.max(bytes, 1)));
  const step = [5, 2, 1].find((one) => one * power <= bytes) ?? 1;
  return `more than ${formatBytes(step * power)} are`;
}

const sizeOf = (files: readonly { size: number }[]) => files.reduce((sum, { size }) => sum + size, 0);

/** A download of this process or another one, running or left. */
async function followUp(
  id: string,
  cancel: boolean,
  downloads: Downloads,
  ctx: ToolContext,
): Promise<WritePlan | ToolResult> {
  const known = downloads.get(id);
  if (known?.state === 'running' || known?.state === 'done') {
    if (cancel && known.state === 'running') {
      await known.stop();
      return stopped(known);
    }
    return follow(known, ctx, {});
  }
  const record = await downloads.record(id);
  if (!record) {
    throw new HugwireError('not_found', `There is no download ${cleanLine(id, 40)}: it has ended, or was removed.`, {
      hint: 'Call hub_download with the repo: what is here is not fetched again.',
    });
  }
  if (record.state === 'running') return elsewhere(record, cancel);
  if (cancel) {
    return { text: `${id} is stopped already: ${describeRecord(record)}`, data: { job: id, state: 'stopped' } };
  }
  const { kind, repo, revision, files, exclude, to } = record;
  const wish = { repo: { kind, id: repo, revision }, files, exclude, to, isAllowed: false };
  return planWish(wish, downloads, ctx, record);
}

function elsewhere(record: DownloadRecord, cancel: boolean): ToolResult {
  const { id, owner, done, total, state } = record;
  return {
    text: [
      `${id} runs in another process (${owner.pid}): ${describeRecord(record)}`,
      cancel ? 'It can only be stopped there.' : `Next: hub_download job="${id}" tells later how far it is.`,
    ].join('\n'),
    data: { job: id, state, done, total },
  };
}

/**
 * How far a download is that lies on the disk, in a line.
 * @param record of it
 */
export function describeRecord({ kind, repo, done, total, error, to }: DownloadRecord): string {
  const where = to === undefined ? '' : ` to ${cleanLine(to, 200)}`;
  const failure = error === undefined ? '' : `; it failed: ${showWords(error, 300)}`;
  return `${formatBytes(done)} of ${formatBytes(total)} of the ${nameRepo({ kind, id: repo })}${where}${failure}`;
}

const PROGRESS_MS = 1000;

/** Waits for a download for as long as a call may, and says how it stands then. */
async function follow(download: Download, ctx: ToolContext, { isOwn = false }): Promise<ToolResult> {
  const { waitSeconds, maxSeconds } = ctx.config.spaces;
  // Who waits as long as anything may take hears how it ended.
  const until = waitSeconds >= maxSeconds ? Number.POSITIVE_INFINITY : performance.now() + waitSeconds * 1000;
  const started = performance.now();
  for (;;) {
    const pause = Math.min(PROGRESS_MS, until - performance.now());
    if (pause > 0) await Promise.race([download.finished, sleep(pause, ctx.signal).catch(() => {})]);
    if (download.state !== 'running') break;
    if (ctx.signal.aborted) {
      if (isOwn) await download.stop();
      throw cancelled();
    }
    if (performance.now() >= until) return handOff(download);
    ctx.progress({ progress: download.done, total: download.total, message: download.describe() });
  }
  if (download.error && download.state !== 'stopped') throw download.error;
  return download.state === 'stopped'
    ? stopped(download)
    : describeFinished(download, (performance.now() - started) / 1000);
}

function handOff(download: Download): ToolResult {
  const { id, done, total, plan } = download;
  return {
    text: [
      `Still downloading the ${nameRepo(plan)}: ${download.describe()}.`,
      `Next: hub_download job="${id}" waits for it; cancel=true stops it. Should this server end, the same call goes on from there.`,
    ].join('\n'),
    data: { job: id, state: 'running', done, total, ...download.speed(), path: plan.place.root },
  };
}

function stopped({ id, done, total, plan }: Download): ToolResult {
  return {
    text: [
      `Stopped: ${formatBytes(done)} of ${formatBytes(total)} of the ${nameRepo(plan)} are here and kept.`,
      `Next: hub_download job="${id}" goes on with it.`,
    ].join('\n'),
    data: { job: id, state: 'stopped', done, total },
  };
}

/**
 * What a download has brought, where it is, and how to load it.
 * @param download that has come to its end
 * @param seconds that it took
 */
export async function describeFinished({ id, plan, total }: Download, seconds: number): Promise<ToolResult> {
  const { describeLoading } = await import('../hub/download/loading.js');
  const { files, place, bytes, commit, kind, to } = plan;
  const what = `${plural(files.length, 'file')} (${formatBytes(bytes)}) of the ${nameRepo(plan)} at ${commit.slice(0, 8)}`;
  const [only] = files;
  const path = files.length === 1 && only ? join(place.root, ...only.path.split('/')) : place.root;
  const loading = describeLoading(plan);
  return {
    text: [
      total === 0
        ? `Nothing had to be fetched: ${what} are here.`
        : `Downloaded ${what} in ${formatDuration(seconds)}, checked.`,
      `Path: ${cleanLine(path, 1000)}`,
      loading && `Load it with ${loading.with}: ${loading.code}`,
      to === undefined && 'hub_read and hub_repo read it without a network too.',
    ]
      .filter(Boolean)
      .join('\n'),
    data: {
      job: id,
      state: 'done',
      repo: plan.id,
      kind,
      revision: plan.revision,
      commit,
      path,
      bytes,
      fetched: total,
      files: files.map(({ path, size }) => ({ path, size })),
      loading,
    },
  };
}
