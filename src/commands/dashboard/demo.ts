import { createHash } from 'node:crypto';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { approvalsDirectory, conversationsDirectory, proposalsDirectory, savedFilesIndex } from '../../config/paths.js';
import { ApprovalStore } from '../../sessions/approvals.js';
import { connectionsDirectory, publishConnections } from '../../sessions/connections.js';
import { Conversations, LOCAL_OWNER } from '../../sessions/conversations.js';
import type { Entry } from '../../sessions/entries.js';
import { type Item, newId, type StoredResponse } from '../../sessions/items.js';
import { FileLogs } from '../../sessions/logs.js';
import { nameSession, sessionFile, sessionsDirectory } from '../../sessions/names.js';
import { ProposalStore } from '../../sessions/proposals.js';
import { SavedFileIndex } from '../../sessions/saved-files.js';
import { makeSessions, PROMPTS } from '../../world/day/day.js';
import day from '../../world/day/sessions.json';
import { encodePng, startLandscape } from '../../world/pictures.js';
import { openDemoWorld } from '../demo.js';

const HOUR_MS = 3_600_000;
/** Sessions of one day. */
const PER_DAY = 40;
/** Belongs to no process. */
const GONE = 999_999_999;
/** Pixels. */
const PICTURE_SIZE = 256;

/**
 * Opens the demo world with made-up sessions: those of the past are there at once, those of the next two hours take place as
 * their time comes. The journals and everything else are below a temporary directory, which goes with `close`.
 * @param env the environment of the process
 * @param days how many of the past
 */
export async function openDemoDay(env: NodeJS.ProcessEnv, days: number) {
  const world = await openDemoWorld(env);
  const { paths } = world;
  const directory = sessionsDirectory(paths.state);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const pictures = await savePictures(join(paths.state, 'pictures'), new SavedFileIndex(savedFilesIndex(paths)));
  let drawn = 0;
  const picture = (prompt: string) => {
    const made = pictures.filter((one) => one.prompt === prompt);
    drawn += 1;
    return (made[drawn % made.length] ?? pictures[0]) as (typeof pictures)[number];
  };
  const now = Date.now();
  const sessions = [
    ...makeSessions({
      count: PER_DAY * days,
      from: now - days * 24 * HOUR_MS,
      to: now,
      gap: 60_000,
      seed: 7,
      picture,
    }),
    // Somebody is watching these.
    ...makeSessions({
      count: 240,
      from: now - 240_000,
      to: now + 2 * HOUR_MS,
      gap: 15_000,
      seed: 11,
      isSteady: true,
      picture,
    }),
  ];
  const coming: { at: number; path: string; entry: Entry }[] = [];
  for (const [index, { begin, entries }] of sessions.entries()) {
    const ends = Date.parse(entries.at(-1)?.time ?? '');
    const id = nameSession(begin, ends > now ? process.pid : GONE, index / sessions.length);
    const path = sessionFile(directory, id);
    const done = entries.filter(({ time }) => Date.parse(time) <= now);
    if (done.length > 0) await writeEntries(path, done);
    for (const entry of entries.slice(done.length)) coming.push({ at: Date.parse(entry.time), path, entry });
  }
  const over = new AbortController();
  const playing = play(
    coming.sort((one, other) => one.at - other.at),
    over.signal,
  ).catch(() => {});
  const connections = publishConnections(connectionsDirectory(paths.state), () => ({
    url: 'http://127.0.0.1:3000/mcp',
    auth: 'key',
    connections: day.connections.map(({ secondsAgo, ...one }) => ({
      ...one,
      era: one.era as 'modern',
      last: new Date(Date.now() - secondsAgo * 1000).toISOString(),
    })),
  }));
  const secrets = async () => new Set<string>();
  const conversations = new Conversations({ logs: new FileLogs(conversationsDirectory(paths)), secrets });
  const approvals = new ApprovalStore({ logs: new FileLogs(approvalsDirectory(paths)), secrets });
  for (const { id, assistant, items, ...turn } of day.conversations) {
    const lines = items as unknown as Item[];
    const { head, append } = await conversations.create({ owner: LOCAL_OWNER, assistant, id });
    const response = { id: newId('resp'), model: 'Qwen/Qwen3-32B', ...turn } as StoredResponse;
    await append([...lines.map((item) => ({ type: 'item' as const, item })), { type: 'response', response }]);
    const asked = lines.findLast((item) => item.type === 'mcp_approval_request');
    if (asked) await approvals.of({ conversation: head.id, owner: head.owner, assistant }).ask(asked);
  }
  const proposals = new ProposalStore(proposalsDirectory(paths));
  for (const one of day.proposals) await proposals.add({ ...one, digest: '' });
  return {
    ...world,
    async close() {
      over.abort();
      await Promise.all([playing, connections.close()]);
      await world.close();
    },
  };
}

const writeEntries = (path: string, entries: readonly Entry[]) =>
  appendFile(path, entries.map(({ type, ...entry }) => `${JSON.stringify({ type, ...entry })}\n`).join(''), {
    mode: 0o600,
  });

async function play(coming: readonly { at: number; path: string; entry: Entry }[], signal: AbortSignal): Promise<void> {
  for (const { at, path, entry } of coming) {
    await sleep(Math.max(0, at - Date.now()), undefined, { signal });
    await writeEntries(path, [entry]);
  }
}

/** Paints what the made-up calls return: a few pictures for each prompt. */
async function savePictures(directory: string, index: SavedFileIndex) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const wanted = PROMPTS.flatMap((prompt) => [1, 2, 3].map((seed) => ({ prompt, seed })));
  const made = [];
  for (const { prompt, seed } of wanted) {
    const painting = startLandscape(prompt, seed, PICTURE_SIZE);
    painting.paintRows(0, PICTURE_SIZE);
    const bytes = encodePng(painting.pixels, PICTURE_SIZE, PICTURE_SIZE);
    const path = join(directory, `${prompt.replaceAll(/\W+/g, '-').slice(0, 24)}_${seed}.png`);
    await writeFile(path, bytes);
    const file = { path, bytes: bytes.length, mimeType: 'image/png' };
    await index.add({ ...file, sha256: createHash('sha256').update(bytes).digest('hex') });
    made.push({ prompt, ...file });
  }
  return made;
}
