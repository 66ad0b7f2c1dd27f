import type { ModelSeed } from '../../build/seeds.js';

/** Models that read text: to fill gaps, sort, mark, translate or shorten it. */
export const encoderModels: ModelSeed[] = [
  {
    id: 'google-bert/bert-base-uncased',
    created: '2022-03-02',
    modified: '2024-02-19',
    downloads: 54_902_318,
    allTime: 2_104_883_017,
    likes: 2_501,
    trending: 12,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'transformers',
    task: 'fill-mask',
    tags: ['pytorch', 'tf', 'jax', 'rust', 'coreml', 'onnx', 'exbert', 'endpoints_compatible'],
    datasets: ['bookcorpus', 'wikipedia'],
    papers: ['1810.04805'],
    parameters: { F32: 110_106_428 },
    maskToken: '[MASK]',
    config: { architectures: ['BertForMaskedLM'], model_type: 'bert', hidden_size: 768, num_hidden_layers: 12 },
    providers: { 'hf-inference': 'google-bert/bert-base-uncased' },
    widget: [{ text: 'Paris is the [MASK] of France.' }],
    frontMatter: { tags: ['exbert'] },
    card: `
# BERT base model (uncased)

<!-- Card kept by the Hugging Face team; the authors wrote none. -->

Pre-trained on English books and Wikipedia by masking 15% of the words and guessing them, and by telling whether two
sentences follow one another. It makes no difference between english and English.

\`\`\`python
from transformers import pipeline

unmasker = pipeline("fill-mask", model="google-bert/bert-base-uncased")
unmasker("Hello I'm a [MASK] model.")
\`\`\`

<!-- Reviewers: the numbers below are those of the paper, table 1. -->

| Task | MNLI-(m/mm) | QQP | QNLI | SST-2 |
|---|---|---|---|---|
| | 84.6/83.4 | 71.2 | 90.5 | 93.5 |`,
    files: [
      { path: 'pytorch_model.bin', size: 440_473_133, scan: 'caution' },
      { path: 'vocab.txt', text: '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n' },
    ],
  },
  {
    id: 'distilbert/distilbert-base-uncased-finetuned-sst-2-english',
    created: '2022-03-02',
    modified: '2023-12-19',
    downloads: 3_702_915,
    allTime: 288_441_063,
    likes: 862,
    trending: 4,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'transformers',
    task: 'text-classification',
    tags: ['pytorch', 'tf', 'rust', 'onnx', 'model-index', 'endpoints_compatible'],
    datasets: ['sst2', 'glue'],
    papers: ['1910.01108'],
    base: { relation: 'finetune', ids: ['distilbert/distilbert-base-uncased'] },
    parameters: { F32: 66_955_010 },
    config: {
      architectures: ['DistilBertForSequenceClassification'],
      model_type: 'distilbert',
      id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' },
    },
    providers: { 'hf-inference': 'distilbert/distilbert-base-uncased-finetuned-sst-2-english' },
    modelIndex: [
      {
        name: 'distilbert-base-uncased-finetuned-sst-2-english',
        results: [
          {
            task: { type: 'text-classification', name: 'Text Classification' },
            dataset: { name: 'glue', type: 'glue', config: 'sst2', split: 'validation' },
            metrics: [{ type: 'accuracy', value: 0.9106, name: 'Accuracy', verified: true }],
          },
        ],
      },
    ],
    card: `
# DistilBERT base uncased finetuned SST-2

Tells whether an English sentence is favourable. 91.3% right on the development set, where BERT base has 92.7%.

It judges by the names of countries in ways that it should not: see the card's section on bias before you use it.`,
  },
  {
    id: 'FacebookAI/xlm-roberta-base',
    created: '2022-03-02',
    modified: '2024-02-19',
    downloads: 12_330_671,
    allTime: 402_118_990,
    likes: 763,
    trending: 3,
    license: 'mit',
    languages: ['multilingual', 'en', 'fr', 'de', 'sw', 'ur', 'zh'],
    library: 'transformers',
    task: 'fill-mask',
    tags: ['pytorch', 'tf', 'jax', 'onnx', 'exbert', 'endpoints_compatible'],
    papers: ['1911.02116'],
    parameters: { F32: 278_295_186, I64: 514 },
    maskToken: '<mask>',
    config: { architectures: ['XLMRobertaForMaskedLM'], model_type: 'xlm-roberta', vocab_size: 250_002 },
    card: `
# XLM-RoBERTa (base-sized model)

Pre-trained on 2.5 TB of filtered CommonCrawl in 100 languages, by guessing masked words. Meant to be fine-tuned for a
task that looks at whole sentences; for writing text look at models like GPT-2.`,
  },
  {
    id: 'dslim/bert-base-NER',
    created: '2022-03-02',
    modified: '2024-10-08',
    downloads: 2_211_809,
    allTime: 76_031_447,
    likes: 669,
    trending: 2,
    license: 'mit',
    languages: ['en'],
    library: 'transformers',
    task: 'token-classification',
    tags: ['pytorch', 'tf', 'jax', 'onnx', 'model-index', 'endpoints_compatible'],
    datasets: ['conll2003'],
    papers: ['1810.04805'],
    parameters: { F32: 107_726_601, I64: 512 },
    config: { architectures: ['BertForTokenClassification'], model_type: 'bert' },
    providers: { 'hf-inference': 'dslim/bert-base-NER' },
    card: `
# bert-base-NER

Finds four sorts of names in English news text: places (LOC), organisations (ORG), persons (PER) and others (MISC).
F1 on the test set of CoNLL-2003: 91.3.`,
  },
  {
    id: 'facebook/bart-large-cnn',
    created: '2022-03-02',
    modified: '2024-02-13',
    downloads: 2_870_415,
    allTime: 101_552_380,
    likes: 1_498,
    trending: 6,
    license: 'mit',
    languages: ['en'],
    library: 'transformers',
    task: 'summarization',
    tags: ['pytorch', 'tf', 'jax', 'rust', 'text2text-generation', 'model-index', 'endpoints_compatible'],
    datasets: ['cnn_dailymail'],
    papers: ['1910.13461'],
    parameters: { F32: 406_290_432 },
    config: { architectures: ['BartForConditionalGeneration'], model_type: 'bart' },
    providers: { 'hf-inference': 'facebook/bart-large-cnn' },
    card: `
# BART (large), fine-tuned on CNN Daily Mail

Shortens English news articles to a few sentences.

\`\`\`python
from transformers import pipeline

summarizer = pipeline("summarization", model="facebook/bart-large-cnn")
\`\`\``,
  },
  {
    id: 'Helsinki-NLP/opus-mt-en-fr',
    created: '2022-03-02',
    modified: '2024-02-26',
    downloads: 812_660,
    allTime: 39_702_118,
    likes: 77,
    trending: 1,
    license: 'apache-2.0',
    library: 'transformers',
    task: 'translation',
    tags: ['pytorch', 'tf', 'jax', 'marian', 'text2text-generation', 'en', 'fr', 'endpoints_compatible'],
    config: { architectures: ['MarianMTModel'], model_type: 'marian' },
    cardForm: 'bom-crlf',
    card: `
### opus-mt-en-fr

* source languages: en
* target languages: fr
* OPUS readme: en-fr
* model: transformer-align
* pre-processing: normalization + SentencePiece

| testset | BLEU | chr-F |
|---|---|---|
| newstest2014-enfr | 38.2 | 0.624 |
| Tatoeba.en.fr | 50.5 | 0.672 |`,
    files: [
      { path: 'pytorch_model.bin', size: 300_827_685 },
      { path: 'source.spm', size: 778_395 },
    ],
  },
];
