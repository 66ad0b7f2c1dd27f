import * as z from 'zod';
import type { Saved } from '../sessions/memory/notes.js';
import { toldOnly } from './dry-run.js';
import { openMemory } from './memory_search.js';
import { defineTool } from './tool.js';

const input = z.object({
  text: z.string().describe('One fact, decision or summary, understandable by itself'),
  tags: z.array(z.string()).optional(),
  kind: z.enum(['note', 'summary', 'preference', 'message']).default('note'),
  role: z.enum(['user', 'assistant']).optional().describe('Who said it; only for kind message'),
});

export const memorySave = defineTool({
  name: 'memory_save',
  title: 'Remember',
  toolset: 'memory',
  effect: 'write',
  // It adds, and saving the same again changes nothing but the time; nothing leaves this machine.
  hints: { destructiveHint: false, idempotentHint: true, openWorldHint: false },
  description:
    'Keep a note on this computer for later sessions: what the user wants remembered, preferences, summaries. Never secrets.',
  input,
  aliases: {
    names: {
      note: 'text',
      content: 'text',
      memory: 'text',
      message: 'text',
      tag: 'tags',
      type: 'kind',
      author: 'role',
    },
    values: { role: { human: 'user', ai: 'assistant' } },
  },
  async plan(draft, ctx) {
    const memory = await openMemory(ctx);
    const [saved] = (await memory.preview([draft])) as [Saved];
    const { note, outcome } = saved;
    const id = outcome === 'new' ? undefined : note.id;
    const what = id === undefined ? 'Would keep a new note' : `Would bring ${id} up to date`;
    return toldOnly(`${what}, in ${memory.path}.${tellRedaction(saved)}`, { ...saved, note: { ...note, id } });
  },
  async run(draft, ctx) {
    const memory = await openMemory(ctx);
    const [saved] = (await memory.save([draft])) as [Saved];
    const { id, role, text } = saved.note;
    if (role) ctx.session?.record({ type: role === 'user' ? 'HumanMessage' : 'AssistantMessage', text });
    const { total } = await memory.search({ limit: 0 });
    const done = saved.outcome === 'new' ? `Kept as ${id}` : `Known already as ${id}; brought up to date`;
    return { text: `${done} (${total} in all).${tellRedaction(saved)}`, data: { ...saved, total } };
  },
});

function tellRedaction({ redacted }: Saved): string {
  return redacted ? ' What looks like a secret is left out.' : '';
}
