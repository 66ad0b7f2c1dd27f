import type { ModelSeed } from '../../build/seeds.js';

/** Models that hear, speak or play. */
export const audioModels: ModelSeed[] = [
  {
    id: 'openai/whisper-large-v3',
    created: '2023-11-07',
    modified: '2024-08-12',
    downloads: 5_014_662,
    allTime: 98_441_720,
    likes: 5_102,
    trending: 33,
    license: 'apache-2.0',
    languages: ['en', 'zh', 'de', 'es', 'ru', 'ko', 'fr', 'ja', 'pt', 'tr', 'pl', 'nl', 'sv', 'no', 'fi', 'uk'],
    library: 'transformers',
    task: 'automatic-speech-recognition',
    tags: ['pytorch', 'jax', 'audio', 'hf-asr-leaderboard', 'endpoints_compatible'],
    papers: ['2212.04356'],
    parameters: { F16: 1_543_490_560 },
    config: { architectures: ['WhisperForConditionalGeneration'], model_type: 'whisper', num_mel_bins: 128 },
    providers: { 'hf-inference': 'openai/whisper-large-v3', 'fal-ai': 'fal-ai/whisper' },
    frontMatter: { tags: ['audio', 'automatic-speech-recognition', 'hf-asr-leaderboard'] },
    card: `
# Whisper

Recognises speech in 99 languages and translates it to English. large-v3 hears 128 Mel bins in place of 80, knows
Cantonese, and makes 10 to 20% fewer errors than large-v2.

\`\`\`python
from transformers import pipeline

pipe = pipeline("automatic-speech-recognition", model="openai/whisper-large-v3", device="cuda:0")
pipe("audio.mp3", return_timestamps=True)
\`\`\`

It sometimes writes down what nobody said, most of all in silence.`,
    files: [
      { path: 'pytorch_model.bin', size: 3_087_394_865 },
      { path: 'preprocessor_config.json', text: '{"feature_size": 128, "sampling_rate": 16000}\n' },
    ],
  },
  {
    id: 'hexgrad/Kokoro-82M',
    created: '2024-12-26',
    modified: '2025-04-10',
    downloads: 3_204_551,
    allTime: 22_911_038,
    likes: 5_330,
    trending: 38,
    license: 'apache-2.0',
    languages: ['en'],
    task: 'text-to-speech',
    papers: ['2306.07691', '2203.02395'],
    base: { relation: 'finetune', ids: ['yl4579/StyleTTS2-LJSpeech'] },
    config: { istftnet: { upsample_rates: [10, 6] }, n_token: 178 },
    providers: { 'fal-ai': 'fal-ai/kokoro/american-english', replicate: 'jaaari/kokoro-82m' },
    card: `
# Kokoro-82M

An open-weight text-to-speech model with 82 million parameters. For its size it sounds like much larger ones, at a
fraction of their cost, and under Apache the weights may go anywhere from production to personal projects.

| Version | Published | Voices | Languages |
|---|---|---|---|
| v1.0 | 2025-01-27 | 54 | 8 |
| v0.19 | 2024-12-25 | 10 | 1 |`,
    files: [
      { path: 'kokoro-v1_0.pth', size: 327_212_226 },
      { path: 'voices/af_heart.pt', size: 523_425 },
      { path: 'voices/bm_george.pt', size: 523_430 },
      {
        path: 'VOICES.md',
        text: '# Voices\n\n- af_heart: American English, female\n- bm_george: British English, male\n',
      },
    ],
  },
  {
    id: 'coqui/XTTS-v2',
    created: '2023-10-31',
    modified: '2023-12-11',
    downloads: 5_906_440,
    allTime: 58_227_719,
    likes: 3_196,
    trending: 13,
    license: 'other',
    library: 'coqui',
    task: 'text-to-speech',
    frontMatter: { license_name: 'coqui-public-model-license', license_link: 'https://coqui.ai/cpml' },
    card: `
# ⓍTTS

Clones a voice from six seconds of it, and speaks 17 languages with it, in other moods too if the sample has them.`,
    files: [
      { path: 'model.pth', size: 1_867_929_118, scan: 'caution' },
      { path: 'vocab.json', text: '{"model": {"type": "BPE", "vocab": {}}}\n' },
    ],
    refs: [{ name: 'v2.0.2' }, { name: 'v2.0.3' }],
  },
  {
    id: 'pyannote/speaker-diarization-3.1',
    created: '2023-11-16',
    modified: '2024-05-10',
    downloads: 14_770_265,
    allTime: 160_905_288,
    likes: 1_306,
    trending: 16,
    license: 'mit',
    gated: 'auto',
    library: 'pyannote-audio',
    task: 'automatic-speech-recognition',
    tags: ['pyannote', 'pyannote-audio-pipeline', 'audio', 'voice', 'speech', 'speaker', 'speaker-diarization'],
    papers: ['2111.14448', '2012.01477'],
    frontMatter: { extra_gated_fields: { 'Company/university': 'text', Website: 'text' } },
    card: `
# Speaker diarization 3.1

Says who spoke when. Takes mono audio at 16 kHz and gives an annotation; stereo is mixed down.`,
    files: [
      { path: 'config.yaml', text: 'version: 3.1.0\npipeline:\n  name: pyannote.audio.pipelines.SpeakerDiarization\n' },
    ],
  },
  {
    id: 'facebook/musicgen-small',
    created: '2023-06-08',
    modified: '2023-11-17',
    downloads: 118_702,
    allTime: 3_802_446,
    likes: 468,
    trending: 3,
    license: 'cc-by-nc-4.0',
    library: 'transformers',
    task: 'text-to-audio',
    tags: ['pytorch', 'musicgen', 'endpoints_compatible'],
    papers: ['2306.05284'],
    parameters: { F32: 586_875_912 },
    config: { architectures: ['MusicgenForConditionalGeneration'], model_type: 'musicgen' },
    card: `
# MusicGen, small, 300M

Plays what you describe: one auto-regressive transformer over four codebooks of EnCodec at 50 Hz.

\`\`\`python
from transformers import pipeline

synthesiser = pipeline("text-to-audio", "facebook/musicgen-small")
music = synthesiser("lo-fi music with a soothing melody", forward_params={"do_sample": True})
\`\`\``,
  },
];
