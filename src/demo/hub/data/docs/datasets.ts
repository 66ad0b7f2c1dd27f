import type { DemoDocsProduct } from './types.js';

export const datasets: DemoDocsProduct = {
  id: 'datasets',
  title: 'Datasets',
  category: 'Core ML Libraries',
  pages: [
    {
      path: 'loading',
      title: 'Load',
      markdown: `# Load[[load]]

\`load_dataset\` reads a dataset from the Hub or from local files.

## Hugging Face Hub[[hugging-face-hub]]

\`\`\`python
from datasets import load_dataset

dataset = load_dataset("rajpurkar/squad", split="train")
\`\`\`

\`revision\` takes a branch, a tag or a commit; \`data_files\` picks files.

## Local and remote files[[local-and-remote-files]]

CSV, JSON, Parquet, Arrow, SQL, text and WebDataset can be read without a loading script.
`,
    },
    {
      path: 'stream',
      title: 'Stream',
      markdown: `# Stream[[stream]]

With \`streaming=True\` a dataset is read while it is used, and nothing is downloaded first.

\`\`\`python
fineweb = load_dataset("HuggingFaceFW/fineweb", split="train", streaming=True)
print(next(iter(fineweb)))
\`\`\`

## Shuffle[[shuffle]]

\`shuffle(seed=42, buffer_size=10_000)\` shuffles within a buffer.

## Split[[split]]

\`take(n)\` gives the first n examples, \`skip(n)\` what follows.
`,
    },
  ],
};
