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
    if (cancel && job.state === 'running') {
      await job.cancel();
      const text = `Cancelled: ${job.id}. The Space was told to stop.`;
      return { text, data: { job: job.id, state: job.state, space: job.space, endpoint: job.endpoint } };
    }
    return awaitJob(job, ctx, { seconds: ctx.config.spaces.waitSeconds });
  },
});
