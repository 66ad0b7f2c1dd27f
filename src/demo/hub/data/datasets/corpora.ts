import type { DatasetSeed, FileSeed } from '../../build/seeds.js';

/** Crawls of the web that FineWeb was made from, and how many files each gave. */
const CRAWLS = { years: [2019, 2020, 2021, 2022, 2023, 2024], weeks: [5, 10, 18, 26, 35, 40, 50], files: 30 };

/** 1,260 files in 42 directories: more than one page of a recursive tree. */
function fineweb(): FileSeed[] {
  return CRAWLS.years.flatMap((year) =>
    CRAWLS.weeks.flatMap((week) =>
      Array.from({ length: CRAWLS.files }, (_, index) => ({
        path: `data/CC-MAIN-${year}-${String(week).padStart(2, '0')}/000_${String(index).padStart(5, '0')}.parquet`,
        size: 2_147_000_000 + year * 1000 + week * 10 + index,
      })),
    ),
  );
}

/** Datasets to train language models on. */
export const corpora: DatasetSeed[] = [
  {
    id: 'HuggingFaceFW/fineweb',
    created: '2024-04-18',
    modified: '2025-07-11',
    downloads: 231_442,
    allTime: 6_128_550,
    likes: 2_521,
    trending: 17,
    license: 'odc-by',
    languages: ['en'],
    tasks: ['text-generation'],
    size: '10B<n<100B',
    modalities: ['tabular', 'text'],
    formats: ['parquet'],
    libraries: ['datasets', 'dask', 'mlcroissant', 'polars'],
    papers: ['2306.01116', '2406.17557'],
    rows: 52_498_352_450,
    description:
      '\n\t\n\t\t\n\t\t🍷 FineWeb\n\t\n\n\n\t\n\t\t\n\t\n\t\n\t\tWhat is it?\n\t\n\nMore than 18.5T tokens (GPT-2) of cleaned and deduplicated English pages from CommonCrawl, made for training language models.',
    frontMatter: {
      pretty_name: 'FineWeb',
      configs: [{ config_name: 'default', data_files: [{ split: 'train', path: 'data/*/*' }] }],
    },
    card: `
# 🍷 FineWeb

More than 18.5T tokens (GPT-2) of cleaned and deduplicated English pages from CommonCrawl, made for training language
models. The pipeline runs on datatrove and is published.

## Download

\`\`\`python
from datasets import load_dataset

fw = load_dataset("HuggingFaceFW/fineweb", name="CC-MAIN-2024-10", split="train", streaming=True)
\`\`\``,
    files: fineweb(),
  },
  {
    id: 'wikimedia/wikipedia',
    created: '2022-03-02',
    modified: '2024-01-09',
    downloads: 98_704,
    allTime: 3_552_916,
    likes: 968,
    trending: 8,
    license: 'cc-by-sa-3.0',
    languages: [
      'ab',
      'ace',
      'af',
      'ar',
      'bg',
      'ca',
      'cs',
      'de',
      'en',
      'es',
      'fi',
      'fr',
      'ja',
      'pt',
      'ru',
      'sv',
      'uk',
      'zh',
    ],
    tasks: ['text-generation', 'fill-mask'],
    size: '10M<n<100M',
    formats: ['parquet'],
    modalities: ['text'],
    libraries: ['datasets', 'dask', 'mlcroissant', 'polars'],
    rows: 61_614_907,
    description:
      '\n\t\n\t\t\n\t\tDataset Card for Wikimedia Wikipedia\n\t\n\n\nCleaned articles of all languages, one subset a language, each with one train split, from the dumps of 1 November 2023.',
    card: `
# Dataset Card for Wikimedia Wikipedia

Cleaned articles of all languages, one subset a language, each with one train split, from the dumps of 1 November 2023.

\`\`\`python
from datasets import load_dataset

ds = load_dataset("wikimedia/wikipedia", "20231101.en")
\`\`\``,
    files: [
      { path: '20231101.en/train-00000-of-00041.parquet', size: 420_304_591 },
      { path: '20231101.fr/train-00000-of-00017.parquet', size: 323_811_020 },
      { path: '20231101.sv/train-00000-of-00004.parquet', size: 257_113_548 },
    ],
  },
  {
    id: 'bigcode/the-stack-v2',
    created: '2024-02-26',
    modified: '2024-04-23',
    downloads: 5_128,
    allTime: 152_880,
    likes: 468,
    trending: 4,
    gated: 'auto',
    license: 'other',
    languages: ['code'],
    tasks: ['text-generation'],
    size: '1B<n<10B',
    formats: ['parquet'],
    modalities: ['tabular', 'text'],
    libraries: ['datasets', 'dask', 'mlcroissant', 'polars'],
    papers: ['2402.19173', '2107.03374', '2207.14157'],
    rows: 5_451_114_734,
    description:
      '\n\t\n\t\t\n\t\tThe Stack v2\n\t\n\n\nOver 3B files in 600+ languages, from the archive of Software Heritage: the ids of the files, not what is in them.',
    frontMatter: {
      extra_gated_prompt: 'The Stack v2 holds source code under many licences: you abide by each of them.',
    },
    card: `
# The Stack v2

Over 3B files in 600+ languages, from the archive of Software Heritage. The dataset has the ids of the files; their
contents come from the archive's bucket, by agreement.`,
    files: [
      { path: 'data/Ada/train-00000-of-00001.parquet', size: 58_201_722 },
      { path: 'data/Zig/train-00000-of-00001.parquet', size: 44_190_300 },
    ],
  },
  {
    id: 'HuggingFaceH4/ultrachat_200k',
    created: '2023-10-24',
    modified: '2024-10-16',
    downloads: 38_112,
    allTime: 1_208_430,
    likes: 618,
    trending: 3,
    license: 'mit',
    languages: ['en'],
    tasks: ['text-generation'],
    size: '100K<n<1M',
    formats: ['parquet'],
    modalities: ['text'],
    libraries: ['datasets', 'dask', 'mlcroissant', 'polars'],
    papers: ['2305.14233'],
    rows: 515_311,
    description:
      '\n\t\n\t\t\n\t\tDataset Card for UltraChat 200k\n\t\n\n\nA heavily filtered part of UltraChat, which trained Zephyr-7B-β.',
    card: '# Dataset Card for UltraChat 200k\n\nA heavily filtered part of UltraChat, which trained Zephyr-7B-β: 200k dialogues without refusals that hide behind "as an AI".',
    files: [
      { path: 'data/train_sft-00000-of-00003.parquet', size: 243_864_520 },
      { path: 'data/test_sft-00000-of-00001.parquet', size: 80_885_604 },
    ],
  },
  {
    id: 'databricks/databricks-dolly-15k',
    created: '2023-04-11',
    modified: '2023-06-30',
    downloads: 27_330,
    allTime: 1_622_717,
    likes: 892,
    trending: 2,
    license: 'cc-by-sa-3.0',
    languages: ['en'],
    tasks: ['question-answering', 'summarization'],
    size: '10K<n<100K',
    formats: ['json'],
    modalities: ['text'],
    libraries: ['datasets', 'pandas', 'mlcroissant', 'polars'],
    papers: ['2203.02155'],
    rows: 15_011,
    description:
      '\n\t\n\t\t\n\t\tSummary\n\t\n\nMore than 15,000 instructions and answers that employees of Databricks wrote themselves.',
    card: '# Summary\n\nMore than 15,000 instructions and answers that employees of Databricks wrote themselves, in eight categories.',
    files: [{ path: 'databricks-dolly-15k.jsonl', size: 13_085_339 }],
  },
];
