import type { DatasetSeed } from '../../build/seeds.js';

const PARQUET = {
  formats: ['parquet'],
  modalities: ['text'],
  libraries: ['datasets', 'pandas', 'mlcroissant', 'polars'],
};

/** Datasets of text to learn or to be tested on. */
export const textDatasets: DatasetSeed[] = [
  {
    id: 'rajpurkar/squad',
    ...PARQUET,
    created: '2022-03-02',
    modified: '2024-03-04',
    downloads: 96_451,
    allTime: 9_214_770,
    likes: 338,
    trending: 2,
    license: 'cc-by-sa-4.0',
    languages: ['en'],
    tasks: ['question-answering'],
    size: '10K<n<100K',
    papers: ['1606.05250'],
    paperswithcode: 'squad',
    rows: 98_169,
    citation:
      '@inproceedings{rajpurkar-etal-2016-squad,\n  title = "{SQ}u{AD}: 100,000+ Questions for Machine Comprehension of Text",\n  year = "2016"\n}',
    description:
      '\n\t\n\t\t\n\t\tDataset Card for SQuAD\n\t\n\n\n\t\n\t\t\n\t\tDataset Summary\n\t\n\nReading comprehension: questions that people posed on Wikipedia articles, where the answer to every question is a stretch of the passage.',
    frontMatter: {
      pretty_name: 'SQuAD',
      configs: [
        {
          config_name: 'plain_text',
          data_files: [
            { split: 'train', path: 'plain_text/train-*' },
            { split: 'validation', path: 'plain_text/validation-*' },
          ],
        },
      ],
    },
    card: `
# Dataset Card for SQuAD

Reading comprehension: questions that people posed on Wikipedia articles, where the answer to every question is a
stretch of the passage.

| split | rows |
|---|---|
| train | 87,599 |
| validation | 10,570 |`,
    files: [
      { path: 'plain_text/train-00000-of-00001.parquet', size: 14_458_314 },
      { path: 'plain_text/validation-00000-of-00001.parquet', size: 1_819_889 },
    ],
    refs: [{ name: 'refs/convert/parquet', files: [{ path: 'plain_text/train/0000.parquet', size: 14_458_314 }] }],
  },
  {
    id: 'openai/gsm8k',
    ...PARQUET,
    created: '2022-04-12',
    modified: '2024-01-04',
    downloads: 512_744,
    allTime: 8_331_902,
    likes: 1_052,
    trending: 9,
    license: 'mit',
    languages: ['en'],
    tasks: ['question-answering'],
    size: '10K<n<100K',
    papers: ['2110.14168'],
    paperswithcode: 'gsm8k',
    rows: 17_584,
    tags: ['benchmark:official', 'math-word-problems'],
    description:
      '\n\t\n\t\t\n\t\tDataset Card for GSM8K\n\t\n\n\nGrade School Math 8K: 8.5K problems in words that take two to eight steps of plain arithmetic.',
    card: `
# Dataset Card for GSM8K

Grade School Math 8K: 8.5K problems in words that take two to eight steps of plain arithmetic. Each comes with a worked
answer whose last line is \`#### \` and the number. The config \`socratic\` asks a question before every step.`,
    files: [
      { path: 'main/train-00000-of-00001.parquet', size: 2_306_545 },
      { path: 'main/test-00000-of-00001.parquet', size: 419_088 },
      { path: 'socratic/train-00000-of-00001.parquet', size: 2_681_055 },
      { path: 'socratic/test-00000-of-00001.parquet', size: 487_423 },
    ],
  },
  {
    id: 'stanfordnlp/imdb',
    ...PARQUET,
    created: '2022-03-02',
    modified: '2024-01-04',
    downloads: 141_006,
    allTime: 6_890_553,
    likes: 374,
    trending: 2,
    license: 'other',
    languages: ['en'],
    tasks: ['text-classification'],
    size: '100K<n<1M',
    rows: 100_000,
    paperswithcode: 'imdb-movie-reviews',
    description:
      '\n\t\n\t\t\n\t\tDataset Card for "imdb"\n\t\n\n\nLarge Movie Review Dataset: 25,000 reviews to train on and 25,000 to test on, each clearly for or against, and 50,000 without a label.',
    card: `
# Dataset Card for "imdb"

Large Movie Review Dataset: 25,000 reviews to train on and 25,000 to test on, each clearly for or against, and 50,000
without a label.`,
    files: [
      { path: 'plain_text/train-00000-of-00001.parquet', size: 20_979_968 },
      { path: 'plain_text/test-00000-of-00001.parquet', size: 20_470_363 },
      { path: 'plain_text/unsupervised-00000-of-00001.parquet', size: 41_996_509 },
    ],
  },
  {
    id: 'nyu-mll/glue',
    ...PARQUET,
    created: '2022-03-02',
    modified: '2024-01-30',
    downloads: 402_180,
    allTime: 28_447_310,
    likes: 466,
    trending: 3,
    license: 'other',
    languages: ['en'],
    tasks: ['text-classification'],
    size: '1M<n<10M',
    papers: ['1804.07461'],
    paperswithcode: 'glue',
    rows: 1_485_043,
    tags: ['qa-nli', 'coreference-nli', 'paraphrase-identification'],
    description:
      '\n\t\n\t\t\n\t\tDataset Card for GLUE\n\t\n\n\nThe General Language Understanding Evaluation: nine tasks of understanding sentences, and a diagnostic set.',
    card: `
# Dataset Card for GLUE

The General Language Understanding Evaluation: nine tasks of understanding sentences, and a diagnostic set. Configs:
ax, cola, mnli, mnli_matched, mnli_mismatched, mrpc, qnli, qqp, rte, sst2, stsb, wnli.`,
    files: ['ax', 'cola', 'mnli', 'mrpc', 'qnli', 'qqp', 'rte', 'sst2', 'stsb', 'wnli'].flatMap((config, index) => [
      { path: `${config}/test-00000-of-00001.parquet`, size: 80_767 + index * 41_003 },
      ...(config === 'ax' ? [] : [{ path: `${config}/train-00000-of-00001.parquet`, size: 242_771 + index * 310_771 }]),
    ]),
  },
  {
    id: 'cais/mmlu',
    ...PARQUET,
    created: '2022-03-02',
    modified: '2024-03-08',
    downloads: 188_620,
    allTime: 17_402_771,
    likes: 586,
    trending: 5,
    license: 'mit',
    languages: ['en'],
    tasks: ['question-answering'],
    size: '100K<n<1M',
    papers: ['2009.03300', '2008.02275'],
    paperswithcode: 'mmlu',
    rows: 231_400,
    tags: ['benchmark:official'],
    description:
      '\n\t\n\t\t\n\t\tDataset Card for MMLU\n\t\n\n\nQuestions with four answers each from 57 subjects, from elementary mathematics to law.',
    card: '# Dataset Card for MMLU\n\nQuestions with four answers each from 57 subjects, from elementary mathematics to law.',
    files: [
      { path: 'all/test-00000-of-00001.parquet', size: 3_504_718 },
      { path: 'all/dev-00000-of-00001.parquet', size: 76_504 },
      { path: 'all/auxiliary_train-00000-of-00001.parquet', size: 47_518_592 },
    ],
  },
  {
    id: 'openai/openai_humaneval',
    ...PARQUET,
    created: '2022-03-02',
    modified: '2024-01-04',
    downloads: 74_219,
    allTime: 3_140_488,
    likes: 378,
    trending: 2,
    license: 'mit',
    languages: ['en'],
    size: 'n<1K',
    papers: ['2107.03374'],
    paperswithcode: 'humaneval',
    rows: 164,
    tags: ['code-generation'],
    description:
      '\n\t\n\t\t\n\t\tDataset Card for OpenAI HumanEval\n\t\n\n\n164 programming problems with a signature, a docstring, a body and unit tests.',
    card: `
# Dataset Card for OpenAI HumanEval

164 programming problems with a signature, a docstring, a body and unit tests, written by hand so that no training set
has them.`,
    files: [{ path: 'openai_humaneval/test-00000-of-00001.parquet', size: 83_920 }],
  },
];
