import type { DemoDataset } from '../repos.js';
import { present } from './card.js';
import { buildRepo } from './repo.js';
import type { DatasetSeed } from './seeds.js';

const DATA_FILES = /\.(?:parquet|csv|jsonl?|arrow|zip|tar)(?:\.gz)?$/;

/** Turns a dataset as its author writes it down into all that the Hub says of it. */
export function buildDataset(seed: DatasetSeed): DemoDataset {
  const cardData = present({
    license: seed.license,
    language: seed.languages,
    task_categories: seed.tasks,
    size_categories: seed.size && [seed.size],
    paperswithcode_id: seed.paperswithcode,
    ...seed.frontMatter,
  });
  const repo = buildRepo('dataset', seed, cardData, []);
  const data = repo.refs[0]?.files.filter(({ path }) => DATA_FILES.test(path)) ?? [];
  return {
    ...repo,
    tags: datasetTags(seed),
    downloads: seed.downloads,
    downloadsAllTime: seed.allTime,
    description: seed.description,
    citation: seed.citation,
    paperswithcodeId: seed.paperswithcode,
    mainSize: data.reduce((sum, { size }) => sum + size, 0),
    numRows: seed.rows,
  };
}

function datasetTags(seed: DatasetSeed): string[] {
  const prefixed = (prefix: string, values: string[] | undefined) =>
    (values ?? []).map((value) => `${prefix}:${value}`);
  return [
    ...prefixed('task_categories', seed.tasks),
    ...prefixed('language', seed.languages),
    ...prefixed('license', seed.license ? [seed.license] : []),
    ...prefixed('size_categories', seed.size ? [seed.size] : []),
    ...prefixed('format', seed.formats),
    ...prefixed('modality', seed.modalities),
    ...prefixed('library', seed.libraries),
    ...prefixed('arxiv', seed.papers),
    'region:us',
    ...(seed.tags ?? []),
  ];
}
