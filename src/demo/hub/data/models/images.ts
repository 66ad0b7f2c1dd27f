import type { ModelSeed } from '../../build/seeds.js';

/** Models that make pictures. */
export const imageModels: ModelSeed[] = [
  {
    id: 'black-forest-labs/FLUX.1-dev',
    created: '2024-07-31',
    modified: '2025-06-27',
    downloads: 1_082_554,
    allTime: 31_402_662,
    likes: 11_974,
    trending: 42,
    license: 'other',
    languages: ['en'],
    gated: 'auto',
    library: 'diffusers',
    task: 'text-to-image',
    tags: ['safetensors', 'image-generation', 'flux', 'endpoints_compatible', 'diffusers:FluxPipeline'],
    providers: {
      'fal-ai': 'fal-ai/flux/dev',
      replicate: 'black-forest-labs/flux-dev',
      nebius: 'black-forest-labs/flux-dev',
    },
    frontMatter: {
      license_name: 'flux-1-dev-non-commercial-license',
      license_link: 'LICENSE.md',
      extra_gated_prompt: 'By clicking "Agree", you agree to the FluxDev Non-Commercial License Agreement.',
    },
    card: `
# FLUX.1 [dev]

A rectified flow transformer of 12 billion parameters that makes pictures from descriptions. Open weights for research
and for what you make with the pictures; the model itself is under a non-commercial licence.

\`\`\`python
import torch
from diffusers import FluxPipeline

pipe = FluxPipeline.from_pretrained("black-forest-labs/FLUX.1-dev", torch_dtype=torch.bfloat16)
pipe.enable_model_cpu_offload()
image = pipe("A cat holding a sign that says hello world", guidance_scale=3.5, num_inference_steps=50).images[0]
\`\`\``,
    files: [
      { path: 'flux1-dev.safetensors', size: 23_802_932_552 },
      { path: 'ae.safetensors', size: 335_304_388 },
      {
        path: 'model_index.json',
        text: '{\n  "_class_name": "FluxPipeline",\n  "_diffusers_version": "0.30.0.dev0"\n}\n',
      },
      {
        path: 'scheduler/scheduler_config.json',
        text: '{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}\n',
      },
      { path: 'transformer/diffusion_pytorch_model-00001-of-00003.safetensors', size: 9_983_040_304 },
      { path: 'transformer/diffusion_pytorch_model-00002-of-00003.safetensors', size: 9_949_328_904 },
      { path: 'transformer/diffusion_pytorch_model-00003-of-00003.safetensors', size: 3_870_584_832 },
      { path: 'LICENSE.md', text: '# FLUX.1 [dev] Non-Commercial License\n' },
    ],
  },
  {
    id: 'black-forest-labs/FLUX.1-schnell',
    created: '2024-07-31',
    modified: '2024-08-16',
    downloads: 742_118,
    allTime: 26_088_203,
    likes: 4_501,
    trending: 22,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'diffusers',
    task: 'text-to-image',
    tags: ['safetensors', 'image-generation', 'flux', 'endpoints_compatible', 'diffusers:FluxPipeline'],
    providers: {
      'fal-ai': 'fal-ai/flux/schnell',
      together: 'black-forest-labs/FLUX.1-schnell',
      nscale: 'black-forest-labs/FLUX.1-schnell',
    },
    card: `
# FLUX.1 [schnell]

The fast sibling of FLUX.1 [dev]: one to four steps, Apache 2.0, for any purpose.

\`\`\`python
pipe = FluxPipeline.from_pretrained("black-forest-labs/FLUX.1-schnell", torch_dtype=torch.bfloat16)
image = pipe(prompt, guidance_scale=0.0, num_inference_steps=4, max_sequence_length=256).images[0]
\`\`\``,
    files: [
      { path: 'flux1-schnell.safetensors', size: 23_782_506_688 },
      { path: 'ae.safetensors', size: 335_304_388 },
      {
        path: 'model_index.json',
        text: '{\n  "_class_name": "FluxPipeline",\n  "_diffusers_version": "0.30.0.dev0"\n}\n',
      },
    ],
  },
  {
    id: 'stabilityai/stable-diffusion-xl-base-1.0',
    created: '2023-07-25',
    modified: '2023-10-30',
    downloads: 2_094_416,
    allTime: 83_702_551,
    likes: 7_018,
    trending: 14,
    license: 'openrail++',
    library: 'diffusers',
    task: 'text-to-image',
    tags: ['onnx', 'safetensors', 'stable-diffusion', 'endpoints_compatible', 'diffusers:StableDiffusionXLPipeline'],
    papers: ['2307.01952', '2211.01324', '2108.01073', '2112.10752'],
    providers: {
      'hf-inference': 'stabilityai/stable-diffusion-xl-base-1.0',
      nscale: 'stabilityai/stable-diffusion-xl-base-1.0',
    },
    card: `
# SD-XL 1.0-base

A latent diffusion model with two text encoders. The base model makes the picture at 1024 × 1024; a refiner may finish
it.

## Limits

No perfect photorealism, no legible text, and faces that are not always right.`,
    files: [
      { path: 'sd_xl_base_1.0.safetensors', size: 6_938_078_334 },
      { path: 'vae/diffusion_pytorch_model.safetensors', size: 334_643_268 },
      { path: 'unet/diffusion_pytorch_model.fp16.safetensors', size: 5_135_149_760 },
      { path: 'model_index.json', text: '{\n  "_class_name": "StableDiffusionXLPipeline"\n}\n' },
    ],
    refs: [{ name: 'fp16', files: [{ path: 'unet/diffusion_pytorch_model.fp16.safetensors', size: 5_135_149_760 }] }],
  },
  {
    id: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
    created: '2024-08-30',
    modified: '2024-09-07',
    downloads: 1_604_990,
    allTime: 25_390_187,
    likes: 912,
    trending: 10,
    license: 'creativeml-openrail-m',
    languages: ['en'],
    library: 'diffusers',
    task: 'text-to-image',
    tags: ['safetensors', 'stable-diffusion', 'stable-diffusion-diffusers', 'diffusers:StableDiffusionPipeline'],
    papers: ['2207.12598', '2112.10752', '2103.00020'],
    card: `
# Stable Diffusion v1-5 Model Card

A copy of the weights that runwayml took down, kept by others. Resumed from v1-2 and trained for 595k steps at
512 × 512, dropping the text one time in ten to allow classifier-free guidance.`,
    files: [
      { path: 'v1-5-pruned-emaonly.safetensors', size: 4_265_146_304 },
      { path: 'v1-5-pruned-emaonly.ckpt', size: 4_265_380_512, scan: 'unsafe' },
      { path: 'model_index.json', text: '{\n  "_class_name": "StableDiffusionPipeline"\n}\n' },
    ],
  },
  {
    id: 'Qwen/Qwen-Image',
    created: '2025-08-02',
    modified: '2025-08-18',
    downloads: 204_517,
    allTime: 1_550_328,
    likes: 2_331,
    trending: 25,
    license: 'apache-2.0',
    languages: ['en', 'zh'],
    library: 'diffusers',
    task: 'text-to-image',
    tags: ['safetensors', 'diffusers:QwenImagePipeline'],
    papers: ['2508.02324'],
    providers: { 'fal-ai': 'fal-ai/qwen-image', replicate: 'qwen/qwen-image' },
    card: `
# Qwen-Image

Makes and edits pictures, and gets the writing in them right, in Chinese as well as in the Latin alphabet.`,
    files: [
      { path: 'model_index.json', text: '{\n  "_class_name": "QwenImagePipeline"\n}\n' },
      { path: 'transformer/diffusion_pytorch_model-00001-of-00009.safetensors', size: 4_989_364_312 },
      { path: 'vae/diffusion_pytorch_model.safetensors', size: 253_806_966 },
    ],
  },
];
