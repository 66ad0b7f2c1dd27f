import * as z from 'zod';
import { awaitJob, findJob } from './space-job.js';
import { defineTool } from './tool.js';

export const spaceResult = defineTool({
  name: 'space_result',
  title: 'Result of a Space run',
  toolset: 'spaces',
  effect: 'run',
  description: 'Wait for a Space run that space_call handed off as a job, and get its result; or cancel it.',
  input: z.object({
    job: z.string().describe('j_…, from space_call'),
    cancel: z.boolean().optional(),
  }),
  aliases: { names: { id: 'job', jobid: 'job' } },
  async run({ job: id, cancel }, ctx) {
    const job = findJob(id, ctx);
    const runs = job.state === 'running';
    if (cancel && runs) await job.cancel();
    if (job.state === 'cancelled' && runs) {
      const text = `${job.id}: ${job.error?.message}`;
      return { text, data: { job: job.id, state: job.state, space: job.space, endpoint: job.endpoint } };
    }
    const result = await awaitJob(job, ctx, { seconds: ctx.config.spaces.waitSeconds });
    return cancel ? { ...result, text: `${result.text}\nNothing was cancelled: it had already ended.` } : result;
  },
});
