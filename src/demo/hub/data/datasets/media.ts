import type { DatasetSeed } from '../../build/seeds.js';
import { playTone } from '../../build/sound.js';
import { drawDigit } from '../../viewer/digit.js';

/** Datasets of pictures and sound, and those of the demo's own people. */
export const mediaDatasets: DatasetSeed[] = [
  {
    id: 'ylecun/mnist',
    created: '2022-03-02',
    modified: '2024-08-08',
    downloads: 58_902,
    allTime: 2_911_650,
    likes: 238,
    trending: 2,
    license: 'mit',
    languages: ['en'],
    tasks: ['image-classification'],
    size: '10K<n<100K',
    formats: ['parquet'],
    modalities: ['image'],
    libraries: ['datasets', 'pandas', 'mlcroissant', 'polars'],
    paperswithcode: 'mnist',
    rows: 70_000,
    description:
      '\n\t\n\t\t\n\t\tDataset Card for MNIST\n\t\n\n\n70,000 pictures of 28 × 28 pixels of digits written by hand: 60,000 to train on, 10,000 to test on.',
    card: '# Dataset Card for MNIST\n\n70,000 pictures of 28 × 28 pixels of digits written by hand: 60,000 to train on, 10,000 to test on.',
    files: [
      { path: 'mnist/train-00000-of-00001.parquet', size: 15_561_616 },
      { path: 'mnist/test-00000-of-00001.parquet', size: 2_595_890 },
    ],
  },
  {
    id: 'mozilla-foundation/common_voice_17_0',
    created: '2024-04-04',
    modified: '2024-06-16',
    downloads: 31_206,
    allTime: 842_900,
    likes: 402,
    trending: 6,
    gated: 'auto',
    license: 'cc0-1.0',
    languages: ['ab', 'af', 'ar', 'ca', 'cy', 'de', 'en', 'es', 'eu', 'fr', 'it', 'sv-SE', 'sw', 'ta', 'uk'],
    tasks: ['automatic-speech-recognition'],
    size: '10M<n<100M',
    modalities: ['audio', 'text'],
    libraries: ['datasets', 'mlcroissant'],
    papers: ['1912.06670'],
    rows: 30_845_114,
    description:
      '\n\t\n\t\t\n\t\tDataset Card for Common Voice Corpus 17.0\n\t\n\n\n31,175 hours of people reading sentences aloud, 20,408 of them checked by others, in 124 languages.',
    frontMatter: { extra_gated_prompt: 'You agree to not attempt to determine the identity of speakers.' },
    card: '# Dataset Card for Common Voice Corpus 17.0\n\n31,175 hours of people reading sentences aloud, 20,408 of them checked by others, in 124 languages.',
    files: [
      { path: 'audio/cy/train/cy_train_0.tar', size: 312_770_560 },
      {
        path: 'transcript/cy/train.tsv',
        text: 'client_id\tpath\tsentence\n9f2c\tcommon_voice_cy_1.mp3\tBore da, sut wyt ti?\n',
      },
    ],
  },
  {
    id: 'maya/trail-signs',
    created: '2025-09-20',
    modified: '2025-10-03',
    downloads: 88,
    allTime: 1_017,
    likes: 5,
    trending: 1,
    license: 'cc-by-4.0',
    tasks: ['image-classification'],
    size: 'n<1K',
    formats: ['imagefolder'],
    modalities: ['image'],
    libraries: ['datasets', 'mlcroissant'],
    rows: 10,
    description:
      '\n\t\n\t\t\n\t\tTrail signs\n\t\n\n\nNumbered waymarks, redrawn: one picture for each number, and the sound of the cuckoo that sat above the first.',
    card: `
# Trail signs

Numbered waymarks, redrawn: one picture for each number, and the sound of the cuckoo that sat above the first.`,
    files: [
      ...Array.from({ length: 10 }, (_, digit) => ({ path: `train/${digit}/sign.png`, bytes: () => drawDigit(digit) })),
      { path: 'notes/cuckoo.wav', bytes: () => playTone(523, 0.25) },
      { path: 'signs.csv', text: 'number,place,height_m\n0,Waldrand,612\n1,Alte Säge,744\n2,Kreuzalm,1380\n' },
    ],
  },
  {
    id: 'maya/field-journal',
    created: '2026-01-05',
    modified: '2026-09-01',
    downloads: 2,
    allTime: 30,
    likes: 0,
    private: true,
    languages: ['sv', 'en'],
    tasks: ['token-classification'],
    size: 'n<1K',
    formats: ['csv'],
    modalities: ['text'],
    libraries: ['datasets', 'pandas'],
    rows: 3,
    description: '\n\t\n\t\t\n\t\tField journal\n\t\n\n\nMy notes, one line a day.',
    card: '# Field journal\n\nMy notes, one line a day.',
    files: [
      {
        path: 'journal.csv',
        text: 'day,note\n2026-01-05,"Snö, inga spår"\n2026-01-06,Kråkor\n2026-01-09,"Tö; first hazel in flower"\n',
      },
    ],
  },
];
