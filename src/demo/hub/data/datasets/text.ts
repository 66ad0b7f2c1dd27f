import type { DatasetSeed } from '../../build/seeds.js';

/** Datasets of text. */
export const textDatasets: DatasetSeed[] = [
  {
    id: 'rajpurkar/squad',
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
    formats: ['parquet'],
    modalities: ['text'],
    libraries: ['datasets', 'pandas', 'mlcroissant', 'polars'],
    papers: ['1606.05250'],
    paperswithcode: 'squad',
    rows: 98_169,
    description:
      '\n\t\n\t\t\n\t\tDataset Card for SQuAD\n\t\n\n\n\t\n\t\t\n\t\tDataset Summary\n\t\n\nReading comprehension: questions that people posed on Wikipedia articles, where the answer to every question is a stretch of the passage.',
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
];
