import type { DemoPaper } from './papers.js';

/** Sections of the papers whose text the small Hub holds: short retellings, not the originals. */
const SECTIONS: Record<string, [heading: string, text: string][]> = {
  '1706.03762': [
    [
      '1 Introduction',
      'Recurrent networks read a sequence step by step, which keeps them from using parallel hardware well. The paper asks what is left when recurrence goes, and answers: attention is enough.',
    ],
    [
      '3 Model Architecture',
      'The encoder and the decoder are stacks of six layers. Each layer joins multi-head attention and a feed-forward network, with residual connections and layer normalisation around both.',
    ],
    [
      '3.2 Attention',
      'A query is compared with all keys; the values are summed with the weights that result:\n\n$$\\mathrm{Attention}(Q,K,V)=\\mathrm{softmax}\\left(\\frac{QK^T}{\\sqrt{d_k}}\\right)V$$\n\nThe division by $\\sqrt{d_k}$ keeps the softmax out of regions where its gradient vanishes. Eight heads work side by side on projections of the input.',
    ],
    [
      '5 Training',
      'The base model was trained for 100,000 steps, about twelve hours, on eight P100 GPUs; the big one for 300,000 steps, about three and a half days. Adam was used with a warm-up of 4,000 steps.',
    ],
    [
      '6 Results',
      '| Model | EN-DE BLEU | EN-FR BLEU |\n|---|---|---|\n| Transformer (base) | 27.3 | 38.1 |\n| Transformer (big) | 28.4 | 41.8 |',
    ],
    [
      '7 Conclusion',
      'The first sequence model built on attention alone trains faster than recurrent ones and translates better.',
    ],
  ],
  '2407.21783': [
    [
      '1 Introduction',
      'Llama 3 is a herd of language models with 8B, 70B and 405B parameters. Three levers matter in building them: data, scale, and managing complexity.',
    ],
    [
      '3 Pre-Training',
      'The flagship was trained on 15.6 trillion tokens with $3.8 \\times 10^{25}$ floating point operations, on up to 16,000 H100 GPUs. The context grows to 128K tokens in a last phase of pre-training.',
    ],
    [
      '3.2 Model Architecture',
      'A standard dense Transformer with grouped-query attention (8 key-value heads), a vocabulary of 128K tokens and a RoPE base frequency of 500,000. The largest has 126 layers and a width of 16,384.',
    ],
    [
      '4 Post-Training',
      'Several rounds of supervised fine-tuning, rejection sampling and direct preference optimisation align the model. Synthetic data and careful curation do most of the work.',
    ],
    [
      '5 Results',
      'The 405B model is on a par with leading closed models in many evaluations: knowledge, code, mathematics, tools and long context.',
    ],
  ],
};

/**
 * A paper as Markdown, as `/papers/{id}.md` gives it.
 * @param paper one of `papers`
 */
export function paperMarkdown(paper: DemoPaper): string {
  const title = paper.title.replace(/\s+/g, ' ');
  const sections = SECTIONS[paper.id] ?? [];
  return [
    `# ${title}`,
    paper.authors.join(', '),
    `## Abstract\n\n${paper.summary.replace(/\n/g, ' ')}`,
    ...sections.map(([heading, text]) => `## ${heading}\n\n${text}`),
    '',
  ].join('\n\n');
}
