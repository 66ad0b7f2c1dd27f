import { type Command, Option } from 'commander';
import { createRuntime } from '../engine/runtime.js';
import type { Download } from '../hub/download/downloads.js';
import { type DownloadPlan, planDownload } from '../hub/download/plan.js';
import { REPO_KINDS, type RepoKind } from '../hub/types.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { toAbsolute } from '../lib/files.js';
import { formatBytes, formatDuration } from '../lib/format.js';
import { log } from '../lib/log.js';
import { cleanLine, cutText } from '../lib/text.js';
import { describeFinished, describePlan, planData, readSubject } from '../tools/hub_download.js';
import type { World } from './context.js';
import { confirm, openPrompts } from './prompts.js';
import {
  type CommandResult,
  catchInterrupts,
  collect,
  JSON_OPTION,
  type JsonOption,
  print,
  styleFor,
} from './terminal.js';

interface Options extends JsonOption {
  kind?: RepoKind;
  revision?: string;
  include?: string[];
  exclude?: string[];
  to?: string;
  yes?: boolean;
}

/** `hugwire download`. */
export function wire(command: Command, world: World): void {
  command
    .argument('<repo>', 'such as openai-community/gpt2, datasets/owner/name, or an address of the Hub')
    .argument('[files...]', 'paths in it, folders, or patterns; all files unless told')
    .option('--include <pattern>', 'only what matches, such as "*.gguf"; may be given several times', collect)
    .option('--exclude <pattern>', 'leave out what matches; may be given several times', collect)
    .option('--revision <name>', 'branch, tag or commit')
    .addOption(new Option('--kind <kind>', 'kind of repository, where several have that id').choices(REPO_KINDS))
    .option('--to <directory>', 'into this directory, in place of the cache that all Hugging Face libraries share')
    .option('--yes', 'replace files of yours in that directory without asking')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nCtrl-C keeps what has been fetched; the same command resumes.\n--dry-run shows what would be fetched.',
    )
    .action(async (repo: string, files: string[], options: Options) => {
      print(await download({ repo, files: [...files, ...(options.include ?? [])], ...options }, world), options);
    });
}

/**
 * `hugwire download`: fetches what is missing, and shows how far it is.
 * @returns exit code 1 after a no
 * @throws HugwireError `cancelled` at Ctrl-C, or what it failed with
 */
async function download(
  { repo, files, kind, revision, exclude, to, yes }: Options & { repo: string; files: string[] },
  world: World,
): Promise<CommandResult> {
  const { env, paths } = world;
  const { dryRun } = world.options();
  const runtime = createRuntime({ loaded: world.load(), env, paths, log });
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  try {
    const { hub, downloads } = runtime.context(controller.signal, () => {});
    const opened = await downloads?.();
    if (!opened) throw new HugwireError('disabled', 'Nothing can be downloaded here.');
    const wish = {
      ...readSubject({ repo, kind, files, revision }, hub.endpoint),
      exclude,
      to: to === undefined ? undefined : toAbsolute(to, '--to'),
    };
    const plan = await planDownload(hub, wish, opened.settings);
    if (dryRun) return { text: `Would ${describePlan(plan)}`, data: { dryRun: true, ...planData(plan) }, exitCode: 0 };
    if (!(await agreeToReplace(plan, yes, env))) {
      return { text: 'Nothing was fetched.', data: { state: 'declined', ...planData(plan) }, exitCode: 1 };
    }
    const started = performance.now();
    const running = await opened.start(hub, plan, wish);
    controller.signal.addEventListener('abort', () => void running.stop(), { once: true });
    if (controller.signal.aborted) await running.stop();
    await showProgress(running);
    if (running.state === 'stopped') {
      log(
        `${formatBytes(running.done)} of ${formatBytes(running.total)} are kept; the same command goes on from there.`,
      );
      throw cancelled();
    }
    if (running.error) throw running.error;
    const { text, data } = await describeFinished(running, (performance.now() - started) / 1000);
    return { text, data: data as object, exitCode: 0 };
  } finally {
    release();
    await runtime.close();
  }
}

async function agreeToReplace(
  { files }: DownloadPlan,
  yes: boolean | undefined,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const foreign = files.filter(({ standing }) => standing === 'foreign').map(({ path }) => cleanLine(path, 200));
  if (foreign.length === 0) return true;
  const named = `${foreign.slice(0, 5).join(', ')}${foreign.length > 5 ? ` and ${foreign.length - 5} more` : ''}`;
  const unasked = {
    message: `There are other files of yours at ${named}, which would be replaced.`,
    hint: 'Nothing was fetched. Choose another directory, or add --yes.',
  };
  const question = `Replace ${named}? They were not downloaded, or have been changed since.`;
  return confirm(question, { yes, prompts: openPrompts(env), initial: false, unasked });
}

const DRAW_MS = 120;
/** Where nobody watches, a line now and then is enough. */
const TELL_MS = 10_000;
const BAR = 24;
const NAME = 36;

/** A bar for each file under way and one for all on a terminal; elsewhere a line now and then. */
async function showProgress(download: Download): Promise<void> {
  const stream = process.stderr;
  const isScreen = stream.isTTY === true && process.env.TERM !== 'dumb';
  let drawn = 0;
  const draw = () => {
    const lines = drawBars(download, stream.columns ?? 80);
    // Up to the first line that was drawn, and over them.
    const up = drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : '';
    stream.write(`${up}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
  };
  const timer = isScreen ? setInterval(draw, DRAW_MS) : setInterval(() => log(download.describe()), TELL_MS);
  try {
    await download.finished;
  } finally {
    clearInterval(timer);
    if (isScreen && download.total > 0) draw();
  }
}

function drawBars(download: Download, width: number): string[] {
  const { dim, cyan } = styleFor(process.stderr);
  const { done, total, files } = download;
  const { perSecond, secondsLeft } = download.speed();
  const bar = (part: number, of: number) => {
    const filled = of === 0 ? BAR : Math.min(BAR, Math.floor((part / of) * BAR));
    return `${cyan('━'.repeat(filled))}${dim('━'.repeat(BAR - filled))}`;
  };
  const row = (name: string, part: number, of: number, note: string) => {
    const percent = `${Math.floor((of === 0 ? 1 : Math.min(part / of, 1)) * 100)} %`.padStart(5);
    const facts = `${percent}  ${formatBytes(part)} of ${formatBytes(of)}${note}`;
    return `${name.padEnd(NAME)} ${bar(part, of)} ${cutText(facts, Math.max(5, width - NAME - BAR - 3))}`;
  };
  const shown = files.filter(({ state }) => state === 'begun').slice(0, 4);
  const finished = files.filter(({ state }) => state === 'done').length;
  const pace = perSecond === undefined ? '' : `, ${formatBytes(perSecond)}/s, ${formatDuration(secondsLeft ?? 0)} left`;
  return [
    ...shown.map(({ file, done: part, status }) =>
      row(shorten(file.path), part, file.size, status === undefined ? '' : `, ${status}`),
    ),
    row(`${finished} of ${files.length} files`, done, total, pace),
  ];
}

/** The end of a path tells more than its beginning. */
function shorten(path: string): string {
  const clean = cleanLine(path, 300);
  return clean.length <= NAME ? clean : `…${clean.slice(1 - NAME)}`;
}
