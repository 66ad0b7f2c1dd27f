/** A paper as the small Hub keeps it. The summaries are its own words, broken into lines as arXiv's are. */
export interface DemoPaper {
  /** arXiv id. */
  id: string;
  title: string;
  authors: string[];
  /** ISO day on which arXiv published it. */
  published: string;
  /** ISO day of its Daily Papers entry, for those that had one (the archive starts on 2023-05-04). */
  daily?: string;
  summary: string;
  upvotes: number;
  comments: number;
  keywords: string[];
  /** Owner and name of its code on GitHub. */
  github?: string;
  githubStars?: number;
}

export const papers: readonly DemoPaper[] = [
  {
    id: '1706.03762',
    title: 'Attention Is All You Need',
    authors: [
      'Ashish Vaswani',
      'Noam Shazeer',
      'Niki Parmar',
      'Jakob Uszkoreit',
      'Llion Jones',
      'Aidan N. Gomez',
      'Lukasz Kaiser',
      'Illia Polosukhin',
    ],
    published: '2017-06-12',
    summary:
      'Introduces the Transformer, a sequence model made of attention alone, without\nrecurrence or convolution. It trains in parallel and sets new records in\nmachine translation: 28.4 BLEU for English to German and 41.8 for English to\nFrench on WMT 2014.',
    upvotes: 118,
    comments: 6,
    keywords: ['transformer', 'attention', 'machine translation', 'encoder-decoder'],
    github: 'tensorflow/tensor2tensor',
    githubStars: 16900,
  },
  {
    id: '1810.04805',
    title: 'BERT: Pre-training of Deep Bidirectional Transformers for Language\n  Understanding',
    authors: ['Jacob Devlin', 'Ming-Wei Chang', 'Kenton Lee', 'Kristina Toutanova'],
    published: '2018-10-11',
    summary:
      'A Transformer encoder is trained to fill in masked words from both sides of\ntheir context and to tell whether two sentences follow each other. Fine-tuned\nwith one more layer, it leads eleven language understanding tasks, GLUE and\nSQuAD among them.',
    upvotes: 26,
    comments: 3,
    keywords: ['masked language modelling', 'bidirectional encoder', 'fine-tuning', 'GLUE'],
    github: 'google-research/bert',
    githubStars: 39800,
  },
  {
    id: '1908.10084',
    title: 'Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks',
    authors: ['Nils Reimers', 'Iryna Gurevych'],
    published: '2019-08-27',
    summary:
      'Siamese and triplet networks turn BERT into a model whose sentence vectors can\nbe compared by cosine similarity. Finding the closest pair among 10,000\nsentences drops from 65 hours to about 5 seconds at the same accuracy.',
    upvotes: 10,
    comments: 1,
    keywords: ['sentence embeddings', 'semantic similarity', 'siamese network'],
    github: 'UKPLab/sentence-transformers',
    githubStars: 17800,
  },
  {
    id: '2106.09685',
    title: 'LoRA: Low-Rank Adaptation of Large Language Models',
    authors: [
      'Edward J. Hu',
      'Yelong Shen',
      'Phillip Wallis',
      'Zeyuan Allen-Zhu',
      'Yuanzhi Li',
      'Shean Wang',
      'Lu Wang',
      'Weizhu Chen',
    ],
    published: '2021-06-17',
    summary:
      'Freezes the weights of a pre-trained model and learns a product of two small\nmatrices beside each of them. For GPT-3 175B this means 10,000 times fewer\ntrainable parameters and a third of the GPU memory, with no added latency.',
    upvotes: 58,
    comments: 2,
    keywords: ['low-rank adaptation', 'parameter-efficient fine-tuning', 'adapters'],
    github: 'microsoft/LoRA',
    githubStars: 12900,
  },
  {
    id: '2112.10752',
    title: 'High-Resolution Image Synthesis with Latent Diffusion Models',
    authors: ['Robin Rombach', 'Andreas Blattmann', 'Dominik Lorenz', 'Patrick Esser', 'Björn Ommer'],
    published: '2021-12-20',
    summary:
      'Moves diffusion from pixels into the latent space of an autoencoder and adds\ncross-attention for text and other conditions. Training and sampling become\nmuch cheaper while inpainting, super-resolution and text-to-image stay strong.\nStable Diffusion is built on it.',
    upvotes: 15,
    comments: 1,
    keywords: ['latent diffusion', 'text-to-image', 'autoencoder', 'cross-attention'],
    github: 'CompVis/latent-diffusion',
    githubStars: 13400,
  },
  {
    id: '2212.04356',
    title: 'Robust Speech Recognition via Large-Scale Weak Supervision',
    authors: ['Alec Radford', 'Jong Wook Kim', 'Tao Xu', 'Greg Brockman', 'Christine McLeavey', 'Ilya Sutskever'],
    published: '2022-12-06',
    summary:
      'Whisper is trained on 680,000 hours of audio with transcripts from the web, in\nmany languages and for several tasks at once. It transfers to usual benchmarks\nwithout fine-tuning and comes close to people in accuracy and robustness.',
    upvotes: 51,
    comments: 4,
    keywords: ['speech recognition', 'weak supervision', 'multilingual', 'zero-shot'],
    github: 'openai/whisper',
    githubStars: 91000,
  },
  {
    id: '2305.14314',
    title: 'QLoRA: Efficient Finetuning of Quantized LLMs',
    authors: ['Tim Dettmers', 'Artidoro Pagnoni', 'Ari Holtzman', 'Luke Zettlemoyer'],
    published: '2023-05-23',
    daily: '2023-05-24',
    summary:
      'Back-propagates through a frozen model quantised to 4 bits into low-rank\nadapters, so that 65B parameters can be fine-tuned on one GPU of 48 GB. It\nbrings the NormalFloat data type, double quantisation and paged optimisers.',
    upvotes: 62,
    comments: 7,
    keywords: ['4-bit quantization', 'low-rank adapters', 'NormalFloat', 'fine-tuning'],
    github: 'artidoro/qlora',
    githubStars: 10700,
  },
  {
    id: '2307.09288',
    title: 'Llama 2: Open Foundation and Fine-Tuned Chat Models',
    authors: ['Hugo Touvron', 'Louis Martin', 'Kevin Stone', 'Peter Albert', 'Amjad Almahairi', 'Thomas Scialom'],
    published: '2023-07-18',
    daily: '2023-07-19',
    summary:
      'Describes language models of 7B to 70B parameters and their versions for\ndialogue, tuned with supervised data and reinforcement learning from human\nfeedback, and in detail how their safety was improved.',
    upvotes: 250,
    comments: 9,
    keywords: ['large language models', 'RLHF', 'dialogue', 'safety'],
    github: 'meta-llama/llama',
    githubStars: 58700,
  },
  {
    id: '2406.17557',
    title: 'The FineWeb Datasets: Decanting the Web for the Finest Text Data at\n  Scale',
    authors: [
      'Guilherme Penedo',
      'Hynek Kydlíček',
      'Loubna Ben allal',
      'Anton Lozhkov',
      'Margaret Mitchell',
      'Colin Raffel',
      'Leandro Von Werra',
      'Thomas Wolf',
    ],
    published: '2024-06-25',
    daily: '2024-06-26',
    summary:
      'FineWeb is a set of 15 trillion tokens from 96 Common Crawl snapshots. Every\nstep of filtering and deduplication is justified by ablations. FineWeb-Edu,\nits educational part of 1.3 trillion tokens, lifts MMLU and ARC clearly.',
    upvotes: 100,
    comments: 5,
    keywords: ['pretraining data', 'Common Crawl', 'deduplication', 'educational content'],
    github: 'huggingface/datatrove',
    githubStars: 2800,
  },
  {
    id: '2407.21783',
    title: 'The Llama 3 Herd of Models',
    authors: [
      'Abhimanyu Dubey',
      'Abhinav Jauhri',
      'Abhinav Pandey',
      'Abhishek Kadian',
      'Ahmad Al-Dahle',
      'Aiesha Letman',
    ],
    published: '2024-07-31',
    daily: '2024-08-01',
    summary:
      'Presents the Llama 3 models, which handle many languages, code, reasoning and\ntools. The largest is a dense Transformer of 405B parameters with a context of\n128K tokens. Experiments add images, video and speech by composition.',
    upvotes: 117,
    comments: 8,
    keywords: ['foundation models', 'multilinguality', 'tool use', 'long context'],
    github: 'meta-llama/llama-models',
    githubStars: 7400,
  },
  {
    id: '2501.12948',
    title: 'DeepSeek-R1: Incentivizing Reasoning Capability in LLMs via\n  Reinforcement Learning',
    authors: ['DeepSeek-AI', 'Daya Guo', 'Dejian Yang', 'Haowei Zhang', 'Junxiao Song', 'Ruoyu Zhang'],
    published: '2025-01-22',
    daily: '2025-01-23',
    summary:
      'DeepSeek-R1-Zero learns to reason by large-scale reinforcement learning alone,\nDeepSeek-R1 adds a cold start and several stages. Six dense models from 1.5B\nto 70B are distilled from it, on Qwen and Llama.',
    upvotes: 420,
    comments: 11,
    keywords: ['reinforcement learning', 'reasoning', 'distillation', 'chain of thought'],
    github: 'deepseek-ai/DeepSeek-R1',
    githubStars: 91200,
  },
  {
    id: '2502.02737',
    title: 'SmolLM2: When Smol Goes Big -- Data-Centric Training of a Small Language\n  Model',
    authors: ['Loubna Ben Allal', 'Anton Lozhkov', 'Elie Bakouch', 'Gabriel Martín Blázquez', 'Thomas Wolf'],
    published: '2025-02-04',
    daily: '2025-02-07',
    summary:
      'A model of 1.7B parameters is trained on 11 trillion tokens in stages whose\nmixture is refined by hand after each one. New sets for mathematics, code and\ninstructions (FineMath, Stack-Edu, SmolTalk) fill what others lacked.',
    upvotes: 230,
    comments: 6,
    keywords: ['small language models', 'data mixture', 'multi-stage training'],
    github: 'huggingface/smollm',
    githubStars: 3500,
  },
  {
    id: '2505.09388',
    title: 'Qwen3 Technical Report',
    authors: ['An Yang', 'Anfeng Li', 'Baosong Yang', 'Beichen Zhang', 'Binyuan Hui', 'Bo Zheng'],
    published: '2025-05-14',
    daily: '2025-05-15',
    summary:
      'Qwen3 unites a thinking and a fast mode in one model, with a budget for how\nlong it may think. Dense and mixture-of-experts models from 0.6B to 235B\nparameters cover 119 languages and dialects.',
    upvotes: 300,
    comments: 10,
    keywords: ['mixture of experts', 'thinking mode', 'multilingual', 'thinking budget'],
    github: 'QwenLM/Qwen3',
    githubStars: 25000,
  },
];
