import type { ModelSeed } from '../../build/seeds.js';

/** Models that look at pictures. */
export const visionModels: ModelSeed[] = [
  {
    id: 'Qwen/Qwen2.5-VL-7B-Instruct',
    created: '2025-01-26',
    modified: '2025-04-06',
    downloads: 4_318_092,
    allTime: 39_550_873,
    likes: 1_402,
    trending: 15,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'transformers',
    task: 'image-text-to-text',
    tags: ['multimodal', 'conversational', 'text-generation-inference', 'endpoints_compatible'],
    papers: ['2309.00071', '2409.12191', '2308.12966'],
    parameters: { BF16: 8_292_166_656 },
    config: { architectures: ['Qwen2_5_VLForConditionalGeneration'], model_type: 'qwen2_5_vl' },
    providers: { hyperbolic: 'Qwen/Qwen2.5-VL-7B-Instruct' },
    card: `
# Qwen2.5-VL-7B-Instruct

Understands pictures, charts, documents and films of more than an hour, points at what it saw with boxes or points in
JSON, and reads forms and tables out of scans.

\`\`\`python
from transformers import Qwen2_5_VLForConditionalGeneration, AutoProcessor

model = Qwen2_5_VLForConditionalGeneration.from_pretrained("Qwen/Qwen2.5-VL-7B-Instruct", device_map="auto")
\`\`\``,
  },
  {
    id: 'Salesforce/blip-image-captioning-base',
    created: '2022-12-12',
    modified: '2025-02-03',
    downloads: 2_240_318,
    allTime: 61_802_774,
    likes: 828,
    trending: 4,
    license: 'bsd-3-clause',
    library: 'transformers',
    task: 'image-to-text',
    tags: ['pytorch', 'tf', 'image-captioning', 'endpoints_compatible'],
    papers: ['2201.12086'],
    config: { architectures: ['BlipForConditionalGeneration'], model_type: 'blip' },
    card: `
# BLIP: image captioning, base architecture

Writes a line under a picture, by itself or after a beginning of yours. Pre-trained on COCO with a ViT base backbone.`,
    files: [
      { path: 'model.safetensors', size: 989_717_056 },
      { path: 'pytorch_model.bin', size: 989_820_849, scan: 'caution' },
    ],
  },
  {
    id: 'openai/clip-vit-large-patch14',
    created: '2022-03-02',
    modified: '2023-09-15',
    downloads: 14_902_336,
    allTime: 610_225_481,
    likes: 1_907,
    trending: 7,
    library: 'transformers',
    task: 'zero-shot-image-classification',
    tags: ['pytorch', 'tf', 'jax', 'vision', 'endpoints_compatible'],
    papers: ['2103.00020', '1908.04913'],
    parameters: { F32: 427_616_513, I64: 334 },
    config: { architectures: ['CLIPModel'], model_type: 'clip' },
    card: `
# Model Card: CLIP

Compares pictures with words: give it labels, and it says which fits a picture best without having been trained for
them. Made for research; deployed use of any sort is out of scope.`,
  },
  {
    id: 'google/vit-base-patch16-224',
    created: '2022-03-02',
    modified: '2023-09-05',
    downloads: 4_550_186,
    allTime: 118_330_452,
    likes: 905,
    trending: 3,
    license: 'apache-2.0',
    library: 'transformers',
    task: 'image-classification',
    tags: ['pytorch', 'tf', 'jax', 'vision', 'endpoints_compatible'],
    datasets: ['imagenet-1k', 'imagenet-21k'],
    papers: ['2010.11929', '2006.03677'],
    parameters: { F32: 86_567_656 },
    config: { architectures: ['ViTForImageClassification'], model_type: 'vit', image_size: 224, patch_size: 16 },
    providers: { 'hf-inference': 'google/vit-base-patch16-224' },
    card: `
# Vision Transformer (base-sized model)

Sorts a picture into one of the 1,000 classes of ImageNet. Pre-trained on ImageNet-21k at 224 × 224 pixels, cut into
patches of 16 × 16.`,
  },
  {
    id: 'facebook/detr-resnet-50',
    created: '2022-03-02',
    modified: '2024-04-10',
    downloads: 365_402,
    allTime: 18_774_590,
    likes: 917,
    trending: 2,
    license: 'apache-2.0',
    library: 'transformers',
    task: 'object-detection',
    tags: ['pytorch', 'detr', 'vision', 'endpoints_compatible'],
    datasets: ['coco'],
    papers: ['2005.12872'],
    parameters: { F32: 41_577_472, I64: 53 },
    config: { architectures: ['DetrForObjectDetection'], model_type: 'detr' },
    providers: { 'hf-inference': 'facebook/detr-resnet-50' },
    refs: [{ name: 'no_timm' }],
    card: `
# DETR with ResNet-50 backbone

Finds objects in pictures, end to end, with a transformer: 100 queries, each of which gives a box or nothing. Average
precision 42.0 on COCO 2017.`,
  },
  {
    id: 'briaai/RMBG-2.0',
    created: '2024-10-28',
    modified: '2025-07-29',
    downloads: 231_880,
    allTime: 3_402_176,
    likes: 932,
    trending: 9,
    license: 'other',
    gated: 'auto',
    library: 'transformers',
    task: 'image-segmentation',
    tags: [
      'pytorch',
      'onnx',
      'transformers.js',
      'remove background',
      'background',
      'background-removal',
      'custom_code',
    ],
    parameters: { F32: 220_700_242 },
    config: {
      architectures: ['BiRefNet'],
      model_type: 'birefnet',
      auto_map: { AutoConfig: 'BiRefNet_config.BiRefNetConfig' },
    },
    frontMatter: {
      license_name: 'bria-rmbg-2.0',
      license_link: 'https://creativecommons.org/licenses/by-nc/4.0/deed.en',
    },
    card: `
# BRIA Background Removal v2.0

Separates the foreground from the background in pictures of many sorts. Free for non-commercial use; for the rest a
licence of BRIA is needed.`,
  },
];
