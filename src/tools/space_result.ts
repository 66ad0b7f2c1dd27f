import * as z from 'zod';
import { cleanLine } from '../lib/text.js';
import { toldOnly } from './dry-run.js';
import { awaitJob, findJob } from './space_call.js';
import { defineTool, type ToolContext } from './tool.js';

export const spaceResult = defineTool({
  name: 'space_result',
  title: 'Result of a Space run',
  toolset: 'spaces',
  effect: 'run',
  isNeeded: ({ spaces }) => spaces.hasJobs(),
  description: 'Wait for a Space run that space_call handed off as a job, and get its result; or cancel it.',
  input: z.object({
    job: z.string().describe('j_…, from space_call'),
    cancel: z.boolean().optional(),
  }),
  aliases: { names: { id: 'job', jobid: 'job' } },
  async plan(input, ctx) {
    const job = await findJob(input.job, ctx);
    // To wait for what runs already changes nothing.
    if (!input.cancel || job.state !== 'running') return fetchResult(input, ctx);
    const text = `Would cancel ${job.id}, which runs at ${cleanLine(job.space, 120)}. Status: ${cleanLine(job.status, 200)}`;
    return toldOnly(text, { job: job.id, state: job.state, space: job.space, endpoint: job.endpoint });
  },
  run: fetchResult,
});

async function fetchResult({ job: id, cancel }: { job: string; cancel?: boolean }, ctx: ToolContext) {
  const job = await findJob(id, ctx);
  const runs = job.state === 'running';
  if (cancel && runs) await job.cancel();
  if (job.state === 'cancelled' && runs) {
    const text = `${job.id}: ${job.error?.message}`;
    return { text, data: { job: job.id, state: job.state, space: job.space, endpoint: job.endpoint } };
  }
  const result = await awaitJob(job, ctx, { seconds: ctx.config.spaces.waitSeconds });
  return cancel ? { ...result, text: `${result.text}\nNothing was cancelled: it had already ended.` } : result;
}
