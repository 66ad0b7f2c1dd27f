import { cleanMarkdown } from '../../lib/markdown.js';
import { cleanLine, cleanText } from '../../lib/text.js';
import { count, record } from '../fields.js';
import { repoPath } from '../reference.js';
import type { HubClient, RepoKind } from '../types.js';

export interface Card {
  /** What stands between the `---` lines, parsed; empty when there is none. */
  frontMatter: Record<string, unknown>;
  /** Why the front matter could not be parsed. */
  problem?: string;
  /** In which of its lines, counted from 1. */
  problemLine?: number;
  /** The rest, as clean Markdown. */
  body: string;
}

/** Cards are texts: what lies beyond this is data that lost its way. */
const MAX_CARD_BYTES = 1024 * 1024;
const MAX_FRONT_MATTER = 128 * 1024;
/** Front matter uses no aliases to speak of; a "billion laughs" is made of them. */
const MAX_ALIASES = 20;

/**
 * Fetches and reads the card of a repository.
 * @param hub the Hub
 * @param repo whose card
 * @throws HugwireError `not_found` with `missing: 'file'` when it has none
 */
export async function fetchCard(
  hub: HubClient,
  { kind, id, revision }: { kind: RepoKind; id: string; revision?: string },
): Promise<Card> {
  // `/resolve/` counts in the large bucket of the Hub's rate limits; the API's card does not.
  const answer = await hub.request(repoPath(kind, id, 'resolve', revision ?? 'main', 'README.md'), {
    repo: { kind, id, revision },
    file: 'README.md',
    maxBytes: MAX_CARD_BYTES,
    truncate: true,
    cache: /^[0-9a-f]{40}$/.test(revision ?? '') ? 'immutable' : 'file',
  });
  return parseCard(answer.text());
}

/**
 * Splits a card into front matter and body. Tolerates a BOM, CRLF, no front matter at all, and front matter that is no
 * YAML.
 * @param text of README.md
 */
export async function parseCard(text: string): Promise<Card> {
  const plain = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const match = /^---[ \t]*\n(?:([\s\S]*?)\n)?---[ \t]*(?:\n|$)/.exec(plain);
  if (!match) return { frontMatter: {}, body: cleanMarkdown(plain) };
  const body = cleanMarkdown(plain.slice(match[0].length));
  return { ...(await parseFrontMatter(match[1] ?? '')), body };
}

async function parseFrontMatter(yaml: string): Promise<Omit<Card, 'body'>> {
  if (yaml.length > MAX_FRONT_MATTER) return { frontMatter: {}, problem: 'it is too long' };
  const { loadAll } = await import('js-yaml');
  try {
    // YAML 1.2, where `no` is a word. With `json` the last of equal keys counts; else they would spoil the whole card.
    const [value] = loadAll(cleanText(yaml), { maxAliases: MAX_ALIASES, json: true });
    return { frontMatter: record(value) };
  } catch (error) {
    const { message, mark } = Object(error) as { message?: unknown; mark?: unknown };
    const at = count(record(mark).line);
    return {
      frontMatter: {},
      problem: cleanLine(message, 120) || 'it is not YAML',
      ...(at !== undefined && { problemLine: at + 1 }),
    };
  }
}
