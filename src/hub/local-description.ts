import { parseCard } from './card.js';
import { lines, record } from './fields.js';
import type { LocalRepo, LocalSnapshot } from './local-repos.js';
import { readInside } from './local-tree.js';

const MAX_CARD_BYTES = 256 * 1024;
const MAX_CONFIG_BYTES = 256 * 1024;

/**
 * What the Hub's API would say of a repository, as far as its card and configuration tell it.
 * @param snapshot a downloaded revision
 */
export async function describeSnapshot(snapshot: LocalSnapshot): Promise<object> {
  const { repo, commit, directory } = snapshot;
  const [{ frontMatter: card }, config] = await Promise.all([
    readText(`${directory}/README.md`, repo, MAX_CARD_BYTES).then((text) => parseCard(text)),
    readText(`${directory}/config.json`, repo, MAX_CONFIG_BYTES).then(parseObject),
  ]);
  return {
    id: repo.id,
    sha: commit,
    cardData: card,
    tags: [
      ...lines(card.tags),
      ...lines(card.license).map((name) => `license:${name}`),
      ...lines(card.language).map((name) => `language:${name}`),
      ...lines(card.task_categories).map((name) => `task_categories:${name}`),
    ],
    pipeline_tag: card.pipeline_tag,
    library_name: card.library_name,
    title: card.title,
    sdk: card.sdk,
    config: { architectures: config.architectures, quantization_config: config.quantization_config },
  };
}

async function readText(path: string, { root }: LocalRepo, most: number): Promise<string> {
  return new TextDecoder().decode((await readInside(path, root, 0, most))?.bytes);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}
