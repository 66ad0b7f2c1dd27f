import type { RepoSeed } from './seeds.js';
import { toYaml } from './yaml.js';

/**
 * The text of README.md.
 * @param cardData its front matter
 */
export function cardText(seed: RepoSeed, cardData: Record<string, unknown>): string {
  const body = (seed.card ?? '').trim();
  if (seed.cardForm === 'no-front-matter') return `${body}\n`;
  const text = `---\n${toYaml(cardData)}\n---\n\n${body}\n`;
  return seed.cardForm === 'bom-crlf' ? `\ufeff${text.replaceAll('\n', '\r\n')}` : text;
}

/** Leaves out what is missing or empty, as front matter does. */
export function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}
