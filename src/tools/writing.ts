import type * as z from 'zod';
import type { Config } from '../config/schema.js';
import { apiPath, parseRepo } from '../hub/reference.js';
import { type FoundRepo, findRepo } from '../hub/repo/lookup.js';
import { readSpaceRuntime } from '../hub/space.js';
import type { HubClient, RepoKind } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { cleanText, cutText, holdsToken, quote, showName, showWords } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import { digestOf, type Proposal } from '../sessions/proposals.js';
import { locateCredential } from '../spaces/secrets.js';
import { askConsent } from './consent.js';
import { toldOnly } from './dry-run.js';
import type { AnyTool, ToolBase, ToolContext, ToolDefinition, ToolResult, WritePlan } from './tool.js';

/** A longer question nobody reads in a small window: the user decides in a terminal. */
const MAX_QUESTION = 6000;

interface WritingTool<Schema extends z.ZodObject> extends Omit<ToolBase<Schema>, 'run'> {
  /**
   * Checks everything, and changes nothing.
   * @returns the change, for which the user is asked; or a result, where there is nothing to change
   */
  prepare(input: z.output<Schema>, ctx: ToolContext): Promise<WritePlan | ToolResult>;
}

/**
 * Declares a tool that changes something on the Hub. Each change is shown to the user, and made only when they agree: no
 * argument of a model is consent. Where nobody can be asked, it waits as a proposal.
 * @param tool the definition
 */
export function defineWrite<Schema extends z.ZodObject>(tool: WritingTool<Schema>): ToolDefinition<Schema> {
  const prepare: typeof tool.prepare = async (input, ctx) => {
    const plan = await tool.prepare(input, ctx);
    if (isPlan(plan)) await refuseSecrets(plan, ctx);
    return plan;
  };
  return {
    ...tool,
    prepare,
    effect: 'write',
    recorded: (args) => hideCredentials(tool.recorded?.(args) ?? args),
    async plan(input, ctx) {
      const plan = await prepare(input, ctx);
      return isPlan(plan) ? toldOnly(`${plan.message}\n${howDecided(plan, ctx)}`, plan.data) : plan;
    },
    async run(input, ctx) {
      const plan = await prepare(input, ctx);
      return isPlan(plan) ? decide(tool.name, plan, ctx) : plan;
    },
  };
}

/** What is asked about, kept and sent must hold no secret, wherever it was written: a path, a name, the title of a discussion. */
async function refuseSecrets({ message, data, input }: WritePlan, { hub }: ToolContext): Promise<void> {
  const { value } = await hub.token();
  const texts: string[] = [];
  const whole = JSON.stringify([message, data, input], (_, one) => {
    if (typeof one === 'string') texts.push(one);
    return one;
  });
  const found = locateCredential(Buffer.from(texts.join('\n')));
  if (!holdsToken(whole, value) && !found?.isSure) return;
  throw new HugwireError(
    'blocked',
    `The arguments hold what looks like ${found?.isSure ? found.what : 'a token'}, so nothing was asked and nothing was sent.`,
    {
      hint: 'Leave it out: hugwire sends the token that is configured by itself.',
    },
  );
}

/** Arguments for the journal, which also holds those that were refused. */
function hideCredentials(args: unknown): unknown {
  const hide = (name: string, value: unknown) => {
    const found = typeof value === 'string' ? locateCredential(Buffer.from(`${name}=${value}`)) : undefined;
    return found ? `[${found.what}]` : value;
  };
  return args === undefined ? args : JSON.parse(JSON.stringify(args, hide));
}

const isPlan = (plan: WritePlan | ToolResult): plan is WritePlan => 'apply' in plan;

function howDecided(plan: WritePlan, ctx: ToolContext): string {
  if (isAllowed(plan, ctx.config)) return 'The config lets it be done without a question.';
  return ctx.ask ? 'The user would be asked first.' : 'It would wait for the user as a proposal.';
}

async function decide(tool: string, plan: WritePlan, ctx: ToolContext): Promise<ToolResult> {
  if (isAllowed(plan, ctx.config)) return plan.apply();
  const { message, title, data, input } = plan;
  const question = {
    message: `Your assistant asks to ${message}`,
    fields: { agree: { type: 'yes-no', title, initial: false } },
    about: digestOf([data, input]),
  } as const;
  // One that does not fit is not asked in part.
  const consent = message.length > MAX_QUESTION ? 'nobody' : await askConsent(question, ctx);
  if (consent === 'accept') return plan.apply();
  if (consent === 'nobody') return propose(tool, plan, ctx);
  const what = consent === 'decline' ? 'The user declined' : 'The user did not decide';
  return {
    text: `${what}: nothing was changed.`,
    data: { state: consent === 'decline' ? 'declined' : 'dismissed', ...data },
  };
}

async function propose(tool: string, { message, input, data }: WritePlan, ctx: ToolContext): Promise<ToolResult> {
  const store = await ctx.proposals?.();
  if (!store) throw new HugwireError('disabled', 'The user cannot be asked here, so nothing was changed.');
  const { id } = await store.add({ tool, input, message, digest: digestOf(data) });
  return {
    text: [
      `Nothing was changed yet: ${message.length > MAX_QUESTION ? 'it is too long for a question' : 'the user could not be asked here'}. It waits for an hour as ${id}.`,
      `Next: tell the user. \`hugwire write show ${id}\` shows it, \`hugwire write apply ${id}\` does it.`,
    ].join('\n'),
    data: { state: 'proposed', proposal: id, ...data },
  };
}

/** Whether it is small, or the user has named the repository as one that needs no question. */
function isAllowed({ repo, isAgreed = false }: WritePlan, { write }: Config): boolean {
  if (isAgreed) return true;
  return repo !== undefined && write.allow.some((pattern) => covers(pattern, repo));
}

function covers(pattern: string, { kind, id }: { kind: RepoKind; id: string }): boolean {
  const [, prefix, owner, name] = /^(?:(model|dataset|space)s\/)?([^/]+)\/([^/]+)$/.exec(pattern.toLowerCase()) ?? [];
  const [itsOwner, itsName] = id.toLowerCase().split('/');
  return (prefix === undefined || prefix === kind) && owner === itsOwner && (name === '*' || name === itsName);
}

/**
 * Makes a change that has waited, if it still is the one that was proposed; in a dry run, tells it.
 * @param proposal that waits
 * @param tool that proposed it
 * @param ctx to make it with
 * @param claim takes the proposal away; false when somebody else has
 * @throws HugwireError `invalid_arguments` when it would do something else by now, or was decided meanwhile
 */
export async function applyProposal(
  { id, input, digest }: Proposal,
  tool: AnyTool,
  ctx: ToolContext,
  claim: () => Promise<boolean>,
): Promise<ToolResult> {
  const read = tool.input.safeParse(input);
  const plan = read.success ? await tool.prepare?.(read.data, ctx) : undefined;
  if (!plan || !isPlan(plan) || digestOf(plan.data) !== digest) {
    throw new HugwireError('invalid_arguments', `${id} would no longer change what was proposed.`, {
      hint: `Nothing was changed. \`hugwire write discard ${id}\` removes it; have the assistant propose it again.`,
    });
  }
  if (ctx.config.tools.dryRun) return toldOnly(plan.message, plan.data);
  if (!(await claim()))
    throw new HugwireError('invalid_arguments', `${id} was decided by somebody else in the meantime.`);
  return plan.apply();
}

/** Characters of a user's or assistant's own text in a question. */
const MAX_SHOWN = 300;

/**
 * Words of the assistant, for a question: clean, on one line, and in quotation marks. What is left out is counted.
 * @param text that is sent
 * @param most characters; of what a machine runs, all
 */
export function showOwnWords(text: string, most = MAX_SHOWN): string {
  const words = cleanText(text).replace(/\s+/g, ' ').trim();
  const shown = cutText(words, most);
  const left = words.length - shown.length + 1;
  return `${quote(shown)}${shown === words ? '' : ` and ${left} more characters`}`;
}

/** A repository in words. */
export function nameRepo({ kind, id }: { kind: RepoKind; id: string }): string {
  return `${kind === 'space' ? 'Space' : kind} ${id}`;
}

const IDENTITY = { model: ['sha', 'private'], dataset: ['sha', 'private'], space: ['sha', 'private'] };

/**
 * The one repository that is meant.
 * @param hub the Hub
 * @param text as the assistant wrote it
 * @param kind that it said beside it
 * @throws HugwireError `not_found` with how to make one; `invalid_arguments` where several kinds have the id
 */
export async function findTarget(hub: HubClient, text: string, kind?: RepoKind): Promise<FoundRepo> {
  const parsed = parseRepo(text, hub.endpoint);
  if (parsed.kind && kind && parsed.kind !== kind) {
    throw new HugwireError('invalid_arguments', `${parsed.kind}s/${parsed.id} is not a ${kind}.`, {
      hint: `Nothing was changed. Say which is meant: ${parsed.kind}s/${parsed.id} or ${kind}s/${parsed.id}.`,
    });
  }
  const named = { ...parsed, kind: parsed.kind ?? kind };
  const found = await findRepo(hub, named, IDENTITY).catch((error: unknown) => {
    if (!(error instanceof HugwireError) || !['not_found', 'not_visible'].includes(error.code) || error.missing)
      throw error;
    const { code, message, hint, requestId } = error;
    throw new HugwireError(code, message, { hint: `${hint ?? ''} hub_create creates a new one.`.trim(), requestId });
  });
  const [first] = found;
  if (first && found.length === 1) return first;
  const forms = found.map(({ kind, id }) => `${kind}s/${id}`).join(' or ');
  throw new HugwireError('invalid_arguments', `${named.id} is the id of several repositories.`, {
    hint: `Say which: ${forms}.`,
  });
}

/** How long a build is waited for; it goes on without anybody waiting. */
const FOLLOW_MS = 20_000;
const POLL_MS = 1000;
/** Stages in which a Space has not come to its end. */
const ON_THE_WAY = /^(?:RUNNING_)?(?:BUILDING|APP_STARTING)$/;
/** Stages in which nothing goes on by itself. */
const BROKEN = ['NO_APP_FILE', 'CONFIG_ERROR', 'BUILD_ERROR', 'RUNTIME_ERROR'];

/**
 * What became of a Space after it was changed.
 * @param id of the Space
 * @param ctx of the call; told while it builds
 * @returns lines for the assistant; none where the Hub does not tell
 */
export async function followSpace(id: string, ctx: ToolContext): Promise<string[]> {
  const { hub, signal, spaces, progress } = ctx;
  spaces.forget(id);
  const until = Date.now() + FOLLOW_MS;
  for (let step = 1; ; step += 1) {
    const answer = await hub
      .request(apiPath('space', id, 'runtime'), { repo: { kind: 'space', id } })
      .catch(() => undefined);
    if (!answer) return [];
    const { stage = 'unknown', failure } = readSpaceRuntime(answer.json());
    if (BROKEN.includes(stage)) {
      const logs = `space_admin space="${id}" action="logs" shows its log.`;
      return [`The Space is not running: ${stage}${failure ? `, ${showWords(failure, 400)}` : ''}.`, logs];
    }
    if (!ON_THE_WAY.test(stage)) return [`The Space is ${showName(stage)}.`];
    if (Date.now() > until)
      return [`The Space is ${showName(stage)}; space_admin space="${id}" action="status" tells later.`];
    progress({ progress: step, message: `the Space is ${stage}` });
    await sleep(POLL_MS, signal).catch(() => {});
    if (signal.aborted) return [`The Space is ${showName(stage)}.`];
  }
}

/**
 * The end of a log.
 * @param lines of all of it
 * @param most lines
 * @param maxChars of them together
 * @returns the last lines that fit, and how many came before them
 */
export function lastLines(lines: readonly string[], most: number, maxChars: number): { shown: string[]; left: number } {
  const shown: string[] = [];
  let chars = 0;
  for (const one of lines.slice(-most).reverse()) {
    chars += one.length + 1;
    if (chars > maxChars && shown.length > 0) break;
    shown.unshift(cutText(one, maxChars));
  }
  return { shown, left: lines.length - shown.length };
}
