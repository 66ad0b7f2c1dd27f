import * as z from 'zod';
import { line, record } from '../hub/fields.js';
import { apiPath } from '../hub/reference.js';
import { readSpaceRuntime } from '../hub/space.js';
import { readLog } from '../hub/write/logs.js';
import { priceOf } from '../hub/write/prices.js';
import { sendWrite, WRITES } from '../hub/write/requests.js';
import { refuseWithoutRight, writingAccount } from '../hub/write/rights.js';
import { HugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { fence, holdsToken, showName, showWords } from '../lib/text.js';
import { locateCredential } from '../spaces/secrets.js';
import type { ToolContext, ToolResult, WritePlan } from './tool.js';
import { defineWrite, findTarget, followSpace, lastLines, showOwnWords } from './writing.js';

const ACTIONS = [
  'status',
  'logs',
  'restart',
  'factory_restart',
  'pause',
  'sleep',
  'hardware',
  'set_variable',
  'delete_variable',
] as const;

const input = z.object({
  space: z.string().describe('owner/name'),
  action: z.enum(ACTIONS),
  key: z.string().optional().describe('Of a variable'),
  value: z.string().optional().describe('Of a variable: public, never a secret'),
  hardware: z.string().optional().describe('Such as t4-small'),
  seconds: z.int().min(-1).optional().describe('Idle time before it sleeps; -1 never'),
  lines: z.int().min(1).max(1000).optional().describe('Of the log, the last ones'),
});
type Input = z.output<typeof input>;

const DEFAULT_LINES = 60;
const MAX_LOG_CHARS = 12_000;

export const spaceAdmin = defineWrite({
  name: 'space_admin',
  title: 'Look after a Space',
  toolset: 'write',
  description:
    "Look after the user's own Spaces: status with variables and names of secrets, logs, restart, pause, sleep time, hardware, variables. The user is asked before changes.",
  input,
  aliases: {
    names: { id: 'space', repo: 'space', name: 'key', flavor: 'hardware', tail: 'lines', sleeptime: 'seconds' },
    values: {
      action: {
        log: 'logs',
        factoryreboot: 'factory_restart',
        rebuild: 'factory_restart',
        reboot: 'restart',
        stop: 'pause',
        variables: 'status',
        secrets: 'status',
        runtime: 'status',
      },
    },
  },
  async prepare(wanted, ctx) {
    const { hub } = ctx;
    const account = await writingAccount(hub);
    const { id } = await findTarget(hub, wanted.space, 'space');
    // The Hub tells logs and settings only to whoever may change them.
    await refuseWithoutRight(hub, account, { right: 'repo.write', on: id });
    if (wanted.action === 'logs') return tellLogs(id, wanted.lines ?? DEFAULT_LINES, ctx);
    if (wanted.action === 'status') return tellStatus(id, ctx);
    return planAction(id, wanted, ctx);
  },
});

interface Action {
  /** What is asked: a sentence without its subject. */
  message: string;
  title: string;
  write: Parameters<typeof sendWrite>[1];
  /** What must show in the end, where nobody answered. */
  wasDone(): Promise<boolean>;
  done: string;
  /** What it may cost, which is always asked. */
  costs?: string;
}

async function planAction(id: string, wanted: Input, ctx: ToolContext): Promise<WritePlan> {
  const { action } = wanted;
  const { message, title, write, wasDone, done, costs } = await ACTION_PLANS[action as keyof typeof ACTION_PLANS](
    id,
    wanted,
    ctx,
  );
  const asked = [message, costs].filter(Boolean).join(' ');
  return {
    message: asked,
    title,
    repo: costs ? undefined : { kind: 'space', id },
    data: { space: id, action, message: asked },
    input: { ...wanted, space: id },
    async apply() {
      await sendWrite(ctx.hub, write, wasDone);
      return {
        text: [done, ...(await followSpace(id, ctx))].join('\n'),
        data: { state: 'done', space: id, action },
      };
    },
  };
}

/** A Space that was paused or asleep is paid for again once it runs. */
async function paidHardware(hub: ToolContext['hub'], id: string): Promise<Pick<Action, 'costs'>> {
  const { current, requested } = record((await fetchRuntime(hub, id)).hardware);
  const flavor = line(requested, 60) ?? line(current, 60);
  if (flavor === undefined || flavor === 'cpu-basic' || flavor.startsWith('zero-')) return {};
  return { costs: `Its hardware, ${showName(flavor)}, is paid for while it runs.` };
}

/** Nobody can tell whether a Space was restarted once or twice. */
const unknown = () => Promise.reject(new Error('it cannot be told'));

const ACTION_PLANS = {
  restart: async (id: string, _: Input, { hub }: ToolContext): Promise<Action> => ({
    message: `restart the Space ${id}. It is not reachable meanwhile.`,
    title: 'Restart it',
    write: WRITES.restart(id, false),
    wasDone: unknown,
    done: `Restarted ${id}.`,
    ...(await paidHardware(hub, id)),
  }),
  factory_restart: async (id: string, _: Input, { hub }: ToolContext): Promise<Action> => ({
    message: `build the Space ${id} anew, without what earlier builds left, and restart it. It is not reachable meanwhile.`,
    title: 'Build and restart it',
    write: WRITES.restart(id, true),
    wasDone: unknown,
    done: `Restarted ${id} from scratch.`,
    ...(await paidHardware(hub, id)),
  }),
  pause: async (id: string, _: Input, { hub }: ToolContext): Promise<Action> => ({
    message: `pause the Space ${id}. Nobody can use it until its owner restarts it.`,
    title: 'Pause it',
    write: WRITES.pause(id),
    wasDone: async () => (await fetchRuntime(hub, id)).stage === 'PAUSED',
    done: `Paused ${id}.`,
  }),
  sleep: async (id: string, { seconds }: Input, { hub }: ToolContext): Promise<Action> => {
    if (seconds === undefined) throw incomplete('sleep needs seconds, the idle time before it sleeps.');
    const after = describeSleep(seconds);
    return {
      message: `let the Space ${id} ${after}.`,
      title: 'Set the sleep time',
      write: WRITES.changeSleepTime(id, seconds),
      wasDone: async () => (await fetchRuntime(hub, id)).gcTimeout === seconds,
      done: `${id} will ${after}.`,
      costs: 'Hardware that does not sleep is paid for all the time.',
    };
  },
  hardware: async (id: string, { hardware, seconds }: Input, { hub }: ToolContext): Promise<Action> => {
    if (hardware === undefined || !/^[\w-]{1,40}$/.test(hardware))
      throw incomplete('hardware needs a flavor, such as t4-small.');
    const runtime = await fetchRuntime(hub, id);
    const now = readSpaceRuntime(runtime).hardware;
    const price = await priceOf(hub, hardware).catch(() => undefined);
    const cost =
      hardware === 'cpu-basic'
        ? 'That is free.'
        : price
          ? `At most $${(price.perMinute * 60).toFixed(2)} an hour while it runs.`
          : 'Prices are at https://huggingface.co/pricing.';
    const sleep = seconds === undefined ? '' : ` It will ${describeSleep(seconds)}.`;
    return {
      message: `run the Space ${id} on ${hardware}${now ? `, in place of ${showName(now)}` : ''}.${sleep}`,
      title: hardware === 'cpu-basic' ? 'Change it' : 'Change it, and pay for it',
      write: WRITES.changeHardware(id, hardware, seconds),
      wasDone: async () => record((await fetchRuntime(hub, id)).hardware).requested === hardware,
      done: `${id} was moved to ${hardware}.`,
      costs: cost,
    };
  },
  set_variable: async (id: string, { key, value }: Input, ctx: ToolContext): Promise<Action> => {
    const name = checkKey(key);
    if (value === undefined) throw incomplete('set_variable needs a value.');
    const { value: token } = await ctx.hub.token();
    const found = locateCredential(Buffer.from(`${name}=${value}`));
    if (holdsToken(value, token) || found) {
      throw new HugwireError(
        'blocked',
        `The value of ${name} looks like ${found?.what ?? 'a token'}: variables are public.`,
        {
          hint: `Nothing was changed. The user can set it as a secret in a terminal: \`hugwire spaces secret set ${id} ${name}\`.`,
        },
      );
    }
    return {
      message: `set the variable ${name} of the Space ${id} to ${showOwnWords(value, Number.POSITIVE_INFINITY)}, and restart it. Everybody can read variables.`,
      title: 'Set it',
      write: WRITES.setVariable(id, name, value),
      wasDone: async () => record((await fetchSettings(ctx, id, 'variables'))[name]).value === value,
      done: `Set ${name} of ${id}.`,
    };
  },
  delete_variable: async (id: string, { key }: Input, ctx: ToolContext): Promise<Action> => {
    const name = checkKey(key);
    const known = Object.keys(await fetchSettings(ctx, id, 'variables'));
    if (!known.includes(name)) {
      const there =
        known.length > 0
          ? `It has ${known
              .slice(0, 30)
              .map((one) => showName(one))
              .join(', ')}.`
          : 'It has none.';
      throw new HugwireError('not_found', `${id} has no variable ${name}. ${there}`);
    }
    return {
      message: `delete the variable ${name} of the Space ${id}, and restart it.`,
      title: 'Delete it',
      write: WRITES.deleteVariable(id, name),
      wasDone: async () => !(name in (await fetchSettings(ctx, id, 'variables'))),
      done: `Deleted ${name} of ${id}.`,
    };
  },
};

const describeSleep = (seconds: number) =>
  seconds === -1 ? 'never sleep' : `sleep after ${formatDuration(seconds)} without visitors`;

const incomplete = (message: string) =>
  new HugwireError('invalid_arguments', message, { hint: 'Nothing was changed.' });

function checkKey(key: string | undefined): string {
  if (key !== undefined && /^[A-Za-z_]\w{0,199}$/.test(key)) return key;
  throw incomplete('A variable needs a key of letters, digits and underscores.');
}

async function fetchRuntime(hub: ToolContext['hub'], id: string): Promise<Record<string, unknown>> {
  return record(
    (await hub.request(apiPath('space', id, 'runtime'), { repo: { kind: 'space', id }, repeatable: false })).json(),
  );
}

async function fetchSettings(
  { hub }: ToolContext,
  id: string,
  what: 'variables' | 'secrets',
): Promise<Record<string, unknown>> {
  return record((await hub.request(apiPath('space', id, what), { repo: { kind: 'space', id } })).json());
}

async function tellStatus(id: string, ctx: ToolContext): Promise<ToolResult> {
  const [runtime, variables, secrets] = await Promise.all([
    fetchRuntime(ctx.hub, id),
    fetchSettings(ctx, id, 'variables'),
    fetchSettings(ctx, id, 'secrets'),
  ]);
  const { stage = 'unknown', failure, hardware } = readSpaceRuntime(runtime);
  const sleep = typeof runtime.gcTimeout === 'number' ? `sleeps after ${formatDuration(runtime.gcTimeout)}` : undefined;
  const names = Object.keys(secrets).map((name) => showName(name));
  return {
    text: [
      `${id}: ${[showName(stage), hardware && `on ${showName(hardware)}`, sleep].filter(Boolean).join(', ')}`,
      ...(failure ? [`It failed: ${showWords(failure, 400)}`] : []),
      ...Object.entries(variables).map(
        ([name, entry]) => `${showName(name)} = ${showWords(record(entry).value, 300) || '""'}`,
      ),
      names.length > 0 ? `Secrets, by name: ${names.join(', ')}` : 'No secrets.',
      `The user sets a secret in a terminal: \`hugwire spaces secret set ${id} NAME\`.`,
    ].join('\n'),
    data: {
      space: id,
      stage,
      hardware,
      failure,
      sleepSeconds: runtime.gcTimeout ?? undefined,
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, entry]) => [name, line(record(entry).value, 2000)]),
      ),
      secrets: Object.keys(secrets),
    },
  };
}

/** What runs tells most; where nothing ever ran, the build does. */
async function tellLogs(id: string, most: number, { hub }: ToolContext): Promise<ToolResult> {
  const { stage = 'unknown', failure } = readSpaceRuntime(await fetchRuntime(hub, id));
  const kind = /BUILD|CONFIG_ERROR|NO_APP_FILE/.test(stage) && stage !== 'RUNNING_BUILDING' ? 'build' : 'run';
  const lines = await readLog(hub, apiPath('space', id, 'logs', kind), { repo: { kind: 'space', id } });
  const { shown, left } = lastLines(lines, most, MAX_LOG_CHARS);
  return {
    text: [
      `${id} is ${showName(stage)}${failure ? `: ${showWords(failure, 400)}` : ''}`,
      left > 0 ? `The last ${shown.length} lines of its ${kind} log; ${left} came before:` : `Its ${kind} log:`,
      shown.length > 0 ? fence(shown.join('\n'), `${kind} log of ${id}`) : 'It is empty.',
    ].join('\n'),
    data: { space: id, stage, failure, log: kind, lines: shown, left },
  };
}
