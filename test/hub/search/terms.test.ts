import { describe, expect, it } from 'vitest';
import { describeTerms, LANGUAGES, readTerms, TASK_WORDS, type Terms } from '../../../src/hub/search/terms.js';

/** The attempts in short: `words +task @language`. */
const shorten = ({ words, task, language }: Terms) =>
  [words.join(' '), task && `+${task}`, language && `@${language}`].filter(Boolean).join(' ');

const QUESTIONS: [question: string, attempts: string[]][] = [
  ['best small model for summarization in German', ['+summarization @de', '+summarization']],
  ['What is the best open source LLM that I can run locally?', ['+text-generation']],
  ['fast speech to text model for French', ['+automatic-speech-recognition @fr', '+automatic-speech-recognition']],
  ['how do I transcribe audio?', ['+automatic-speech-recognition']],
  ['text to speech with voice cloning', ['+text-to-speech']],
  ['music generation', ['+text-to-audio']],
  ['audio captioning', ['captioning']],
  ['image generation model like midjourney', ['midjourney +text-to-image', '+text-to-image']],
  ['flux lora anime style', ['flux lora anime style', 'anime']],
  ['stable diffusion xl', ['stable diffusion xl', 'diffusion']],
  ['llama 3 8b instruct gguf', ['llama 8b instruct gguf', 'llama']],
  ['whisper large v3 turbo', ['whisper large v3 turbo', 'whisper']],
  ['qwen3 embedding', ['qwen3 +feature-extraction', '+feature-extraction']],
  ['translate English to Japanese', ['+translation @ja', '+translation']],
  ['a model that translates from Finnish', ['+translation @fi', '+translation']],
  ['translate english into german', ['+translation @de', '+translation']],
  ['French to German translation', ['+translation @de', '+translation']],
  ['translation into Dutch from Polish', ['+translation @nl', '+translation']],
  ['translate German to English', ['+translation @de', '+translation']],
  ['models for Polish', ['@pl']],
  [
    'OCR for handwritten documents',
    ['handwritten documents +image-to-text', 'handwritten +image-to-text', '+image-to-text'],
  ],
  ['named entity recognition biomedical', ['biomedical +token-classification', '+token-classification']],
  ['remove the background from photos', ['photos +image-segmentation', '+image-segmentation']],
  ['code generation model under 7B', ['7b +text-generation', '+text-generation']],
  [
    'a chatbot for customer support',
    ['customer support +text-generation', 'customer +text-generation', '+text-generation'],
  ],
  [
    'detect objects in satellite images',
    ['satellite images +object-detection', 'satellite +object-detection', '+object-detection'],
  ],
  ['face detection', ['face detection', 'face']],
  ['vision language model for charts', ['charts +image-text-to-text', '+image-text-to-text']],
  [
    'multilingual embeddings for RAG',
    ['multilingual rag +feature-extraction', 'multilingual +feature-extraction', '+feature-extraction'],
  ],
  ['reranker', ['+text-ranking']],
  ['protein folding', ['protein folding', 'protein']],
  ['time series forecasting', ['+time-series-forecasting']],
  ['table question answering', ['+table-question-answering']],
  ['speaker diarization', ['speaker diarization', 'diarization']],
  ['toxicity classifier for comments', ['comments +text-classification', '+text-classification']],
  ['zero shot classification', ['+zero-shot-classification']],
  ["what's the latest DeepSeek model?", ['deepseek']],
  ['3d model from a single photo', ['3d single photo', '3d']],
  ['Hugging Face models for object detection', ['+object-detection']],
  ['GPT-2', []],
  ['', []],
  ['the a of', []],
  ['какая модель лучше', ['какая модель лучше', 'модель']],
];

describe('a question about models', () => {
  it.each(QUESTIONS)('%s', (question, attempts) => {
    const found = readTerms(question, 'model').map(shorten);
    expect(found).toEqual(attempts.filter((attempt) => attempt !== question.toLowerCase()));
  });
});

describe('a question about datasets', () => {
  it.each([
    ['sentiment analysis dataset for tweets', ['tweets +text-classification', '+text-classification']],
    ['datasets for math word problems', ['math word problems', 'math']],
    ['medical question answering dataset', ['medical +question-answering', '+question-answering']],
    ['Chinese news corpus', ['news @zh', '@zh']],
    ['parallel corpus English-German', ['parallel @de', '@de']],
    ['instruction tuning data set', ['instruction tuning', 'instruction']],
    ['images of cats and dogs', ['images cats dogs', 'cats']],
  ] as const)('%s', (question, attempts) => {
    expect(readTerms(question, 'dataset').map(shorten)).toEqual(attempts);
  });
});

describe('the attempts', () => {
  it('are few, all different, and never the question itself', () => {
    for (const [question] of QUESTIONS) {
      const attempts = readTerms(question, 'model').map(shorten);
      expect(attempts.length).toBeLessThanOrEqual(4);
      expect(new Set(attempts).size).toBe(attempts.length);
      expect(attempts).not.toContain(question.toLowerCase());
    }
  });

  it('take a very long question', () => {
    expect(readTerms('why '.repeat(100_000), 'model').length).toBeLessThanOrEqual(4);
    expect(readTerms('-'.repeat(100_000), 'model')).toEqual([]);
  });

  it('are told in words', () => {
    expect(describeTerms({ words: ['a', 'b'], task: 't', language: 'de' })).toBe('"a b", task t, language de');
    expect(describeTerms({ words: [], language: 'de' })).toBe('language de');
  });
});

describe('the vocabulary', () => {
  it('knows tasks that the Hub knows', async () => {
    const { PIPELINE_DATA } = await import('@huggingface/tasks');
    for (const [, forModels, forDatasets] of TASK_WORDS) {
      expect(Object.keys(PIPELINE_DATA)).toContain(forModels);
      if (forDatasets) expect(Object.keys(PIPELINE_DATA)).toContain(forDatasets);
    }
  });

  it('finds the names of the tasks themselves', async () => {
    const { PIPELINE_DATA } = await import('@huggingface/tasks');
    const missed = Object.keys(PIPELINE_DATA).filter((task) => {
      const named = [task, task.replaceAll('-', ' ')].map((words) => readTerms(words, 'model').at(-1)?.task);
      return named.some((found) => found !== undefined && found !== task);
    });
    expect(missed).toEqual([]);
  });

  it('knows languages by their codes', () => {
    for (const [name, code] of Object.entries(LANGUAGES)) {
      expect(name).toMatch(/^[a-z]+$/);
      expect(code).toMatch(/^[a-z]{2}$/);
      expect(new Intl.DisplayNames('en', { type: 'language' }).of(code)?.toLowerCase()).not.toBe(code);
    }
  });
});
