/** What a collection holds, by reference. */
export interface CollectionItemSeed {
  type: 'model' | 'dataset' | 'space' | 'paper';
  id: string;
  note?: string;
}

export interface CollectionSeed {
  owner: string;
  /** What the slug begins with; a code of 24 digits follows. */
  name: string;
  title: string;
  description?: string;
  updated: string;
  upvotes: number;
  trending: number;
  theme: 'orange' | 'blue' | 'green' | 'purple' | 'pink' | 'indigo';
  /** Only its owner and the owner's members see it. */
  private?: boolean;
  items: CollectionItemSeed[];
}

const model = (id: string, note?: string): CollectionItemSeed => ({ type: 'model', id, note });
const dataset = (id: string, note?: string): CollectionItemSeed => ({ type: 'dataset', id, note });
const space = (id: string, note?: string): CollectionItemSeed => ({ type: 'space', id, note });
const paper = (id: string, note?: string): CollectionItemSeed => ({ type: 'paper', id, note });

/** Collections of the small Hub; their order is that of creation. */
export const collections: CollectionSeed[] = [
  {
    owner: 'Qwen',
    name: 'qwen3',
    title: 'Qwen3',
    updated: '2026-07-21T08:14:00.000Z',
    upvotes: 1_640,
    trending: 41,
    theme: 'purple',
    items: [model('Qwen/Qwen3-8B'), model('Qwen/Qwen3-0.6B'), model('Qwen/Qwen3-8B-GGUF'), paper('2505.09388')],
  },
  {
    owner: 'meta-llama',
    name: 'llama-31',
    title: 'Llama 3.1',
    description: 'The Llama 3.1 models, and what was written about them.',
    updated: '2024-12-06T17:02:00.000Z',
    upvotes: 712,
    trending: 6,
    theme: 'blue',
    items: [model('meta-llama/Llama-3.1-8B-Instruct'), paper('2407.21783')],
  },
  {
    owner: 'black-forest-labs',
    name: 'flux1',
    title: 'FLUX.1',
    updated: '2025-06-30T10:25:00.000Z',
    upvotes: 398,
    trending: 12,
    theme: 'green',
    items: [
      model('black-forest-labs/FLUX.1-dev', 'for non-commercial use'),
      model('black-forest-labs/FLUX.1-schnell', 'Apache 2.0'),
      space('black-forest-labs/FLUX.1-dev'),
      space('black-forest-labs/FLUX.1-schnell'),
    ],
  },
  {
    owner: 'open-atlas',
    name: 'speech-for-small-machines',
    title: 'Speech on small machines',
    description: 'Recognition and synthesis that run without a GPU, or nearly so.',
    updated: '2026-11-02T19:48:00.000Z',
    upvotes: 57,
    trending: 9,
    theme: 'orange',
    items: [
      model('openai/whisper-large-v3', 'the yardstick; too large itself'),
      model('hexgrad/Kokoro-82M', '82 million weights, and good'),
      space('hexgrad/Kokoro-TTS'),
      space('Xenova/whisper-webgpu', 'runs in the browser'),
      paper('2212.04356'),
      dataset('mozilla-foundation/common_voice_17_0'),
    ],
  },
  {
    owner: 'open-atlas',
    name: 'reading-list-2026',
    title: 'Reading list 2026',
    description: 'Papers that our Thursday group read.',
    updated: '2026-11-13T06:30:00.000Z',
    upvotes: 31,
    trending: 3,
    theme: 'indigo',
    items: [paper('1706.03762', 'where it began'), paper('2106.09685'), paper('2305.14314'), paper('2501.12948')],
  },
  {
    owner: 'maya',
    name: 'first-datasets',
    title: 'Datasets to learn with',
    updated: '2026-03-11T12:00:00.000Z',
    upvotes: 12,
    trending: 1,
    theme: 'pink',
    items: [
      dataset('stanfordnlp/imdb'),
      dataset('ylecun/mnist'),
      dataset('rajpurkar/squad'),
      dataset('openai/gsm8k', 'also for evaluation'),
      dataset('maya/field-journal', 'my own, private for now'),
    ],
  },
  {
    owner: 'maya',
    name: 'to-try',
    title: 'To try',
    updated: '2026-11-19T21:15:00.000Z',
    upvotes: 0,
    trending: 0,
    theme: 'blue',
    private: true,
    items: [model('HuggingFaceTB/SmolLM3-3B'), space('prithivMLmods/Multimodal-OCR')],
  },
];
