import * as z from 'zod';
import { cleanLine } from '../text/sanitize.js';
import { planSpace } from './dry-run.js';
import { runSpace } from './space-job.js';
import { defineTool } from './tool.js';

export const spaceCall = defineTool({
  name: 'space_call',
  title: 'Run a Space',
  toolset: 'spaces',
  effect: 'run',
  description:
    'Run a Gradio Space: make or edit images, audio, video, 3D; transcribe, translate and more. ' +
    'Returned files are saved locally; file arguments take local paths or URLs. A long run answers with a job id.',
  input: z.object({
    space: z.string().describe('owner/name, or URL of a local Gradio app'),
    endpoint: z.string().optional().describe('Such as /infer; the main one if left out'),
    arguments: z.record(z.string(), z.unknown()).optional().describe('By name, as space_info shows them'),
    wait_seconds: z.number().min(0).max(600).optional(),
    session: z.string().optional().describe('Any word: calls with the same one share state'),
  }),
  aliases: {
    names: {
      id: 'space',
      repo: 'space',
      url: 'space',
      args: 'arguments',
      inputs: 'arguments',
      apiname: 'endpoint',
      wait: 'wait_seconds',
    },
  },
  rest: 'arguments',
  plan({ space, endpoint, arguments: args = {}, session }, ctx) {
    return planSpace({ space, endpoint, arguments: args, session }, ctx);
  },
  async run({ space, endpoint, arguments: args = {}, wait_seconds, session }, ctx) {
    const seconds = wait_seconds ?? ctx.config.spaces.waitSeconds;
    const next = session && `the Space keeps the state of session="${cleanLine(session, 60)}" for further calls.`;
    return runSpace({ space, endpoint, arguments: args, session }, ctx, { seconds, next });
  },
});
