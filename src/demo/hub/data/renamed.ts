import type { DemoKind } from '../repos.js';

/** Ids, in lower case, that repositories bore before they moved, and those they bear now. */
export const renamed: Record<DemoKind, Record<string, string>> = {
  model: {
    gpt2: 'openai-community/gpt2',
    'bert-base-uncased': 'google-bert/bert-base-uncased',
    'distilbert-base-uncased-finetuned-sst-2-english': 'distilbert/distilbert-base-uncased-finetuned-sst-2-english',
  },
  dataset: {
    squad: 'rajpurkar/squad',
    imdb: 'stanfordnlp/imdb',
    gsm8k: 'openai/gsm8k',
  },
  space: {
    'hugwire/first-demo': 'hugwire/demo-space',
    'huggingfaceh4/open_llm_leaderboard': 'open-llm-leaderboard/open_llm_leaderboard',
  },
};
