import * as z from 'zod';
import { HugwireError } from '../lib/errors.js';
import { plural } from '../lib/format.js';
import { cleanLine, fence } from '../lib/text.js';
import { readMoment } from '../lib/time.js';
import type { HistoryPage, PastCall } from '../sessions/history.js';
import { defineTool } from './tool.js';

/** Of one answer; the newest calls have the first claim to it. */
const MAX_CHARS = 8000;
const MAX_ARGUMENTS = 160;
const MAX_SUMMARY = 200;

const input = z.object({
  query: z.string().optional().describe('Words of a call or its answer'),
  tool: z.string().optional(),
  since: z.string().optional().describe('2026-11-20, or 7d'),
  session: z.string().optional().describe('"current", or an id of an answer'),
  failed: z.boolean().optional(),
  limit: z.int().min(1).max(100).default(20),
});

export const history = defineTool({
  name: 'history',
  title: 'Earlier calls',
  toolset: 'memory',
  effect: 'read',
  hints: { openWorldHint: false },
  description:
    'Look up which hugwire tools were called before, in this session and earlier ones, and what they answered, so that nothing is done twice.',
  input,
  aliases: { names: { q: 'query', words: 'query', text: 'query', name: 'tool', from: 'since', errors: 'failed' } },
  async run({ query, tool, since, session, failed, limit }, { history: past }) {
    if (!past) throw new HugwireError('disabled', 'Nothing is recorded here (sessions.record).');
    const found = await past.search({
      text: query,
      tool,
      // This very call is the newest, and looking back is nothing that need not be repeated.
      except: 'history',
      since: since === undefined ? undefined : new Date(readMoment(since, { edge: 'begin', zone: 'UTC' })),
      session,
      failed,
      limit,
    });
    return { text: renderHistory(found, past.current), data: found };
  },
});

/**
 * Calls of the past as an assistant reads them: quoted, since both arguments and answers hold what others wrote.
 * @param page what was found
 * @param current the id of this session
 */
function renderHistory({ calls, more, sessions }: HistoryPage, current: string): string {
  if (calls.length === 0) return `No call matches, in ${plural(sessions, 'session')}.`;
  const lines: string[] = [];
  let left = MAX_CHARS;
  for (const call of calls) {
    const line = renderCall(call, current);
    left -= line.length;
    if (left < 0 && lines.length > 0) break;
    lines.push(line);
  }
  const isMore = more || lines.length < calls.length;
  return [
    `${plural(lines.length, 'call')}, newest first (UTC):`,
    fence(lines.join('\n'), 'history'),
    isMore && 'There are more: narrow it with query, tool, since or session.',
  ]
    .filter(Boolean)
    .join('\n');
}

function renderCall({ session, call, response }: PastCall, current: string): string {
  const time = call.time.slice(0, 16).replace('T', ' ');
  const where = session === current ? 'now' : session.slice(session.lastIndexOf('_') + 1);
  const given = cleanLine(JSON.stringify(call.arguments), MAX_ARGUMENTS);
  const within = call.conversation === undefined ? '' : `in ${cleanLine(call.conversation, 60)} `;
  const head = `${time} ${where} ${within}${cleanLine(call.tool, 60)} ${given}${call.dryRun ? ' (dry run)' : ''}`;
  if (!response) return `${head} → no answer`;
  const files = (response.files ?? []).map(({ path }) => `\n  saved ${cleanLine(path, 500)}`);
  return `${head} → ${response.failed ? 'failed: ' : ''}${cleanLine(response.summary, MAX_SUMMARY)}${files.join('')}`;
}
