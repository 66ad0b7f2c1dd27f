import type { DemoDocsProduct } from './types.js';

export const diffusers: DemoDocsProduct = {
  id: 'diffusers',
  title: 'Diffusers',
  category: 'Core ML Libraries',
  pages: [
    {
      path: 'quicktour',
      title: 'Quickstart',
      markdown: `# Quickstart[[quickstart]]

A \`DiffusionPipeline\` bundles everything that turns a prompt into a picture.

\`\`\`python
import torch
from diffusers import DiffusionPipeline

pipeline = DiffusionPipeline.from_pretrained(
    "stabilityai/stable-diffusion-xl-base-1.0", torch_dtype=torch.float16
).to("cuda")
pipeline("a lighthouse at dusk").images[0]
\`\`\`

## LoRA[[lora]]

\`load_lora_weights\` adds an adapter to the pipeline.
`,
    },
    {
      path: 'api/pipelines/flux',
      title: 'Flux',
      markdown: `# Flux[[flux]]

Flux is a series of text-to-image models based on diffusion transformers, by Black Forest Labs.

## Guidance-distilled[[guidance-distilled]]

FLUX.1-dev takes about 50 steps and a \`guidance_scale\` of 3.5.

## Timestep-distilled[[timestep-distilled]]

FLUX.1-schnell takes 1 to 4 steps, \`guidance_scale=0\` and prompts of up to 256 tokens.

## FluxPipeline[[diffusers.FluxPipeline]]

\`FluxPipeline(scheduler, vae, text_encoder, tokenizer, text_encoder_2, tokenizer_2, transformer)\`
`,
    },
  ],
};
