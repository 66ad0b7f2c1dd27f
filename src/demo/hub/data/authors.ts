export interface AuthorSeed {
  fullname: string;
  type: 'org' | 'user';
  followers: number;
  isPro?: boolean;
  plan?: 'team' | 'enterprise';
}

const org = (fullname: string, followers: number, plan?: AuthorSeed['plan']): AuthorSeed => ({
  fullname,
  type: 'org',
  followers,
  plan,
});

/** Owners of the demo's repositories. */
export const authors: Record<string, AuthorSeed> = {
  BAAI: org('Beijing Academy of Artificial Intelligence', 3_402),
  FacebookAI: org('Facebook AI community', 512),
  'Helsinki-NLP': org('Language Technology Research Group at the University of Helsinki', 1_604),
  HuggingFaceFW: org('FineData', 2_203),
  HuggingFaceH4: org('Hugging Face H4', 2_604, 'enterprise'),
  HuggingFaceTB: org('Hugging Face Smol Models Research', 4_118, 'enterprise'),
  Qwen: org('Qwen', 62_300, 'team'),
  Salesforce: org('Salesforce', 3_310, 'enterprise'),
  TinyLlama: org('TinyLlama', 604),
  Xenova: { fullname: 'Joshua', type: 'user', followers: 5_402, isPro: true },
  bartowski: { fullname: 'Bartowski', type: 'user', followers: 9_204, isPro: true },
  bigcode: org('BigCode', 3_702),
  'black-forest-labs': org('Black Forest Labs', 26_702, 'enterprise'),
  briaai: org('BRIA AI', 1_503, 'enterprise'),
  cais: org('Center for AI Safety', 402),
  coqui: org('Coqui.ai', 2_310),
  databricks: org('Databricks', 3_504, 'enterprise'),
  'deepseek-ai': org('DeepSeek', 98_400),
  distilbert: org('DistilBERT community', 61),
  dslim: { fullname: 'David S. Lim', type: 'user', followers: 104 },
  facebook: org('AI at Meta', 41_300, 'enterprise'),
  finegrain: org('Finegrain', 804, 'team'),
  'ggml-org': org('ggml.ai', 2_903, 'team'),
  google: org('Google', 39_208, 'enterprise'),
  'google-bert': org('BERT community', 203),
  hexgrad: { fullname: 'Hexgrad', type: 'user', followers: 2_402 },
  'hf-audio': org('Hugging Face for Audio', 901, 'enterprise'),
  hugwire: org('hugwire', 214),
  maya: { fullname: 'Maya Lindqvist', type: 'user', followers: 57, isPro: true },
  'meta-llama': org('Meta Llama', 70_102, 'enterprise'),
  microsoft: org('Microsoft', 18_003, 'enterprise'),
  mistralai: org('Mistral AI_', 15_804, 'enterprise'),
  'mozilla-foundation': org('Mozilla Foundation', 408),
  mrfakename: { fullname: 'mrfakename', type: 'user', followers: 3_120, isPro: true },
  'nyu-mll': org('NYU Machine Learning for Language', 88),
  'open-atlas': org('Open Atlas', 38, 'team'),
  'open-llm-leaderboard': org('Open LLM Leaderboard', 2_908),
  openai: org('OpenAI', 32_704, 'enterprise'),
  'openai-community': org('OpenAI community', 402),
  prithivMLmods: { fullname: 'Prithiv Sakthi', type: 'user', followers: 4_801, isPro: true },
  pyannote: org('pyannote', 1_902),
  rajpurkar: { fullname: 'Pranav R', type: 'user', followers: 74 },
  'sentence-transformers': org('Sentence Transformers', 3_408),
  'stable-diffusion-v1-5': org('stable-diffusion-v1-5', 204),
  stabilityai: org('Stability AI', 23_910, 'enterprise'),
  stanfordnlp: org('Stanford NLP', 803),
  theo: { fullname: 'Theo Okafor', type: 'user', followers: 3 },
  wikimedia: org('Wikimedia', 604),
  ylecun: { fullname: 'Yann LeCun', type: 'user', followers: 4_902 },
};
