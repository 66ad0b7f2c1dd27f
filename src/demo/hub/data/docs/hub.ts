import type { DemoDocsProduct } from './types.js';

export const hub: DemoDocsProduct = {
  id: 'hub',
  title: 'Hugging Face Hub',
  category: 'Hub & Client Libraries',
  pages: [
    {
      path: 'index',
      title: 'Hugging Face Hub documentation',
      markdown: `# Hugging Face Hub documentation[[hugging-face-hub-documentation]]

The Hub holds models, datasets and Spaces. Every repository is a Git repository: it has branches, commits and pull requests.

## What's the Hugging Face Hub?[[whats-the-hugging-face-hub]]

A place to share machine learning work. Files are versioned, cards describe them, and discussions sit beside them.
`,
    },
    {
      path: 'models-gated',
      title: 'Gated models',
      markdown: `# Gated models[[gated-models]]

The authors of a model may want to know who uses it. They can turn on access requests: whoever wants the files shares their user name and e-mail address first.

## Manage gated models as a model author[[manage-gated-models-as-a-model-author]]

Access is granted automatically, or by hand, request by request. Requests are pending, accepted or rejected.

## Access gated models as a user[[access-gated-models-as-a-user]]

Open the model's page while logged in and accept its terms. Then download with a token:

\`\`\`bash
hf auth login
hf download meta-llama/Llama-3.1-8B-Instruct
\`\`\`

A fine-grained token needs the right to read public gated repositories.
`,
    },
    {
      path: 'spaces-zerogpu',
      title: 'Spaces ZeroGPU',
      markdown: `# Spaces ZeroGPU: Dynamic GPU Allocation for Spaces[[spaces-zerogpu-dynamic-gpu-allocation-for-spaces]]

ZeroGPU lends a GPU to a Space for as long as a function runs, then gives it to the next one.

## Compatibility[[compatibility]]

ZeroGPU works with the Gradio SDK and with PyTorch.

## Using Spaces and hosting ZeroGPU Spaces[[using-spaces-and-hosting-zerogpu-spaces]]

Everybody may use ZeroGPU Spaces, within a daily quota. Mark the function that needs the GPU:

\`\`\`python
import spaces

@spaces.GPU(duration=120)
def generate(prompt):
    return pipe(prompt).images[0]
\`\`\`

## Usage tiers[[usage-tiers]]

Usage is counted per account and day. Requests without a token share a small quota per address; an account has more, and PRO has the most.
`,
    },
    {
      path: 'rate-limits',
      title: 'Rate limits',
      markdown: `# Hub Rate limits[[hub-rate-limits]]

Requests are counted in windows of five minutes, in three buckets: the API, the resolvers that serve files, and the pages.

## Headers[[headers]]

Every answer carries \`RateLimit\` (what is left, and for how long) and \`RateLimit-Policy\` (the quota and the window).

## What to do on a 429[[what-to-do-on-a-429]]

Send a token, which has a larger quota. Prefer the resolvers for files. Wait until the window ends.
`,
    },
  ],
};
