import type { Command } from 'commander';
import { downloadRecords, sharedCache } from '../config/paths.js';
import { findLocalRepo, listSnapshots } from '../hub/client/downloads.js';
import { type DownloadRecord, Downloads } from '../hub/download/downloads.js';
import { type CachedRepo, listCache, planRemoval, removeUnfinished } from '../hub/download/inventory.js';
import { parseRepo } from '../hub/reference.js';
import { REPO_KINDS } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { formatBytes, formatDuration, plural } from '../lib/format.js';
import { cleanLine } from '../lib/text.js';
import { describeRecord } from '../tools/hub_download.js';
import type { World } from './context.js';
import { confirm, openPrompts } from './prompts.js';
import {
  alignColumns,
  type CommandResult,
  collect,
  JSON_OPTION,
  type JsonOption,
  print,
  type View,
  viewOf,
} from './terminal.js';

interface RemoveOptions extends JsonOption {
  revision?: string[];
  yes?: boolean;
}

/** `hugwire downloads`. */
export function wire(command: Command, world: World): void {
  const open = () => new Downloads(downloadRecords(world.paths), sharedCache(world.env));
  command
    .command('list')
    .description('list what the shared cache holds, whoever downloaded it, and what was not finished')
    .option(...JSON_OPTION)
    .action(async (options: JsonOption) => print(await list(open(), viewOf()), options));
  command
    .command('remove')
    .description('remove a repository from the shared cache, or revisions of it; or what an unfinished download left')
    .argument('<repo>', 'such as openai-community/gpt2 or datasets/owner/name, or the id of an unfinished download')
    .option('--revision <name>', 'only this branch, tag or commit; may be given several times', collect)
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (repo: string, options: RemoveOptions) => print(await remove(repo, options, open(), world), options));
}

async function list(downloads: Downloads, view: View): Promise<CommandResult> {
  const { cache } = downloads.settings;
  const repos = await listCache(cache);
  const records = await downloads.records();
  const bytes = repos.reduce((sum, repo) => sum + repo.bytes + repo.unfinished, 0);
  const { style, width } = view;
  const heading = ['REPOSITORY', 'REVISION', 'FILES', 'SIZE', 'DOWNLOADED'].map((cell) => style.dim(cell));
  const rows = repos.flatMap((repo) => describeRepo(repo, view));
  const total = `${plural(repos.length, 'repository', 'repositories')}, ${formatBytes(bytes)} in ${cache}`;
  const text = [
    ...(rows.length > 0
      ? [...alignColumns([heading, ...rows], width), '', total]
      : [`Nothing is downloaded in ${cache}.`]),
    ...(records.length > 0 ? ['', 'Not finished:', ...records.map(describeUnfinished)] : []),
  ];
  return { text: text.join('\n'), data: { cache, bytes, repos, unfinished: records }, exitCode: 0 };
}

function describeRepo({ kind, id, revisions, unfinished }: CachedRepo, { style }: View): string[][] {
  const name = style.bold(`${kind}s/${id}`);
  const rows = revisions.map(({ refs, commit, files, bytes, downloaded }, at) => [
    at === 0 ? name : '',
    [...refs.map((ref) => cleanLine(ref, 60)), commit.slice(0, 8)].join(' '),
    String(files),
    formatBytes(bytes),
    `${formatDuration(Math.max(0, Date.now() - downloaded) / 1000)} ago`,
  ]);
  if (unfinished > 0) rows.push([rows.length === 0 ? name : '', 'not finished', '', formatBytes(unfinished)]);
  return rows;
}

function describeUnfinished(record: DownloadRecord): string {
  const state = { running: `runs in process ${record.owner.pid}`, stopped: 'stopped', failed: 'failed' }[record.state];
  return `  ${record.id}  ${state}: ${describeRecord(record)}`;
}

async function remove(
  text: string,
  { revision: named = [], yes }: RemoveOptions,
  downloads: Downloads,
  { env }: World,
): Promise<CommandResult> {
  const record = await downloads.record(text);
  if (record) return forget(record, downloads);
  const { cache } = downloads.settings;
  const { kind, id, revision } = parseRepo(text);
  const kinds = kind ? [kind] : REPO_KINDS;
  const found = (await Promise.all(kinds.map((one) => findLocalRepo(cache, one, id)))).flatMap((one) => one ?? []);
  const [repo] = found;
  if (!repo) {
    throw new HugwireError('not_found', `Nothing of ${cleanLine(text, 120)} is in ${cache}.`, {
      hint: '`hugwire downloads list` shows what is.',
    });
  }
  if (found.length > 1) {
    throw new HugwireError('invalid_arguments', `${id} is the id of several repositories in ${cache}.`, {
      hint: `Say which: ${found.map((one) => `${one.kind}s/${one.id}`).join(' or ')}.`,
    });
  }
  const snapshots = await listSnapshots(repo);
  const commits = [...named, ...(revision === undefined ? [] : [revision])].map((name) => {
    const isMeant = ({ refs, commit }: (typeof snapshots)[number]) =>
      refs.includes(name) || (/^[0-9a-f]{7,40}$/.test(name) && commit.startsWith(name));
    const snapshot = snapshots.find(isMeant);
    if (snapshot) return snapshot.commit;
    throw new HugwireError('not_found', `${id} has no revision ${cleanLine(name, 80)} in ${cache}.`, {
      hint: '`hugwire downloads list` shows those that are there.',
    });
  });
  // One that waits for the Hub writes nothing meanwhile, so its files alone do not tell.
  const begun = (await downloads.records()).filter(
    (one) => one.to === undefined && one.kind === repo.kind && one.repo === repo.id,
  );
  const running = begun.find(({ state }) => state === 'running');
  if (running) throw runsElsewhere(running);
  const removal = await planRemoval(repo, commits);
  const what = removal.isWhole
    ? `all of ${repo.kind} ${id}`
    : `${plural(removal.commits.length, 'revision')} of ${repo.kind} ${id}`;
  const size = formatBytes(removal.bytes);
  const unasked = {
    message: `${what} (${size}) would be removed, and nobody can be asked here.`,
    hint: 'Add --yes.',
  };
  const question = `Remove ${what} from the cache that all Hugging Face libraries share? It frees ${size}.`;
  const agreed = await confirm(question, { yes, prompts: openPrompts(env), initial: false, unasked });
  const { commits: gone, isWhole: whole, bytes } = agreed ? removal : { commits: [], isWhole: false, bytes: 0 };
  const data = { repo: id, kind: repo.kind, commits: gone, whole, bytes };
  if (!agreed) return { text: 'Nothing was removed.', data, exitCode: 1 };
  await removal.apply();
  if (whole) for (const one of begun) await downloads.remove(one.id);
  return { text: `Removed ${what}: ${size} are free.`, data, exitCode: 0 };
}

const runsElsewhere = ({ id, owner }: DownloadRecord) =>
  new HugwireError('unavailable', `Download ${id} runs in process ${owner.pid}, so nothing was removed.`, {
    hint: 'Stop it there first.',
  });

/** What it has gathered for a directory goes, unless another one needs it; what is in the shared cache goes with the repository. */
async function forget(record: DownloadRecord, downloads: Downloads): Promise<CommandResult> {
  const { id, state } = record;
  if (state === 'running') throw runsElsewhere(record);
  await downloads.remove(id);
  const { to } = record;
  const others = await downloads.records();
  const isAlone = to !== undefined && others.every((one) => one.to !== to);
  const bytes = isAlone ? await removeUnfinished(to) : 0;
  const rest = to === undefined ? ' Files in the shared cache go with the repository.' : ' Whole files stay.';
  const text = `Removed ${id}: ${formatBytes(bytes)} of unfinished files are free.${rest}`;
  return { text, data: { ...record, bytes }, exitCode: 0 };
}
