import { fetchGpuQuota } from '../hub/account/account.js';
import { formatDuration } from '../lib/format.js';
import { showValue } from '../lib/json-schema.js';
import { cleanLine, showName } from '../lib/text.js';
import { describeApp } from '../spaces/local-apps.js';
import { describeStage, readinessOf } from '../spaces/stages.js';
import type { Consent, FileWish, SpaceCall, SpacePlan } from '../spaces/types.js';
import { askForApp } from './consent.js';
import type { ToolContext, ToolResult } from './tool.js';

/** Characters of one value. */
const MAX_VALUE = 200;

/** What a tool tells in place of doing it. */
export interface DryRunData {
  dryRun: true;
  [key: string]: unknown;
}

/**
 * The result of a call that does nothing.
 * @param text what would be done, without a full stop of its own line
 * @param data the same, typed
 */
export function toldOnly(text: string, data: Record<string, unknown>): ToolResult<DryRunData> {
  return { text: `Dry run: nothing was done.\n${text}`, data: { dryRun: true, ...data } };
}

/**
 * Tells what a call of a Space would do.
 * @param call what is wanted
 * @param ctx of the tool's call
 * @throws HugwireError whatever the call would fail with before anything is sent
 */
export async function planSpace(call: SpaceCall, ctx: ToolContext): Promise<ToolResult<DryRunData>> {
  let steps = 0;
  await askForApp(call.space, ctx);
  const asked: string[] = [];
  // Asked for real, the user might think that it is about to be sent.
  const consent = async ({ path, place, doubts }: FileWish): Promise<Consent> => {
    asked.push(
      `The user would be asked first whether ${path} may be sent: it ${[place, ...doubts].filter(Boolean).join(', and ')}.`,
    );
    return 'accept';
  };
  const plan = await ctx.spaces.plan(ctx.ask ? { ...call, consent } : call, {
    signal: ctx.signal,
    onEvent: (event) => event.kind === 'waiting' && ctx.progress({ progress: ++steps, message: event.message }),
  });
  const { site, endpoint, values, files, sentToken } = plan;
  const notes = [...plan.notes, ...asked];
  const quota = site.zeroGpu && sentToken ? await fetchGpuQuota(ctx.hub).catch(() => undefined) : undefined;
  const { saveTo } = ctx.config.files;
  const left = quota && `${formatDuration(Math.max(0, quota.remaining))} of ${formatDuration(quota.base)} left`;
  return toldOnly(
    [
      ...describePlan(plan, call),
      site.zeroGpu &&
        `It counts against ${sentToken ? 'your' : 'the anonymous'} ZeroGPU quota${left ? ` (${left})` : ''}.`,
      sentToken && 'Your token would go along.',
      saveTo && `What it returns would be saved in ${saveTo}.`,
      ...notes,
    ]
      .filter(Boolean)
      .join('\n'),
    {
      space: site.id,
      endpoint: endpoint?.name ?? call.endpoint,
      url: site.origin,
      stage: site.stage,
      hardware: site.hardware,
      arguments: values ?? call.arguments,
      checked: endpoint !== undefined,
      files,
      saveTo: saveTo || undefined,
      sentToken,
      zeroGpu: site.zeroGpu ? (quota ?? true) : undefined,
      notes,
    },
  );
}

function describePlan({ site, endpoint, values = {}, files }: SpacePlan, call: SpaceCall): string[] {
  const where = site.hardware ? `, on ${showName(site.hardware)}` : '';
  if (!endpoint) {
    const rest = readinessOf(site) === 'asleep' ? 'would be woken first' : 'would be waited for';
    return [
      `Would run ${call.endpoint ? `${showName(call.endpoint)} of ` : ''}${site.id}, which ${describeStage(site)}${where}: it ${rest}.`,
      'Its endpoint and arguments could not be checked without it.',
    ];
  }
  const given = Object.entries(values).filter(([name]) => !files.some(({ parameter }) => parameter === name));
  return [
    `Would run ${showName(endpoint.name)} of ${site.id}, which ${site.kind === 'local' ? `is ${describeApp(site)}` : describeStage(site)}${where}, with:`,
    ...given.map(([name, value]) => `  ${showName(name)}: ${showValue(value, MAX_VALUE)}`),
    ...files.map(
      ({ parameter, source }) =>
        `  ${showName(parameter)}: the file ${cleanLine(source, MAX_VALUE)}, sent to ${site.origin}`,
    ),
    ...(given.length + files.length === 0 ? ['  no arguments'] : []),
  ];
}
