import type { ModelSeed } from '../../build/seeds.js';

/** Models that turn text into numbers, to compare it. */
export const embeddingModels: ModelSeed[] = [
  {
    id: 'sentence-transformers/all-MiniLM-L6-v2',
    created: '2022-03-02',
    modified: '2025-03-06',
    downloads: 141_550_204,
    allTime: 1_420_733_908,
    likes: 4_193,
    trending: 34,
    license: 'apache-2.0',
    languages: ['en'],
    library: 'sentence-transformers',
    task: 'sentence-similarity',
    tags: [
      'pytorch',
      'tf',
      'rust',
      'onnx',
      'openvino',
      'feature-extraction',
      'transformers',
      'text-embeddings-inference',
      'endpoints_compatible',
    ],
    datasets: ['s2orc', 'ms_marco', 'gooaq', 'code_search_net'],
    papers: ['1904.06472', '2102.07033'],
    parameters: { I64: 512, F32: 22_713_216 },
    config: { architectures: ['BertModel'], model_type: 'bert', hidden_size: 384, num_hidden_layers: 6 },
    providers: { 'hf-inference': 'sentence-transformers/all-MiniLM-L6-v2' },
    card: `
# all-MiniLM-L6-v2

Maps sentences and paragraphs to 384 numbers, for clustering or semantic search. Trained on more than a billion pairs.

\`\`\`python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")
embeddings = model.encode(["This is an example sentence", "Each sentence is converted"])
\`\`\`

Text beyond 256 word pieces is cut off.`,
    files: [
      {
        path: 'modules.json',
        text: '[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]\n',
      },
      { path: '1_Pooling/config.json', text: '{"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true}\n' },
      { path: 'onnx/model.onnx', size: 90_405_214 },
    ],
  },
  {
    id: 'BAAI/bge-m3',
    created: '2024-01-27',
    modified: '2024-07-03',
    downloads: 9_104_228,
    allTime: 88_421_560,
    likes: 2_512,
    trending: 18,
    license: 'mit',
    library: 'sentence-transformers',
    task: 'sentence-similarity',
    tags: ['pytorch', 'onnx', 'xlm-roberta', 'feature-extraction', 'text-embeddings-inference', 'endpoints_compatible'],
    papers: ['2402.03216', '2004.04906'],
    providers: { 'hf-inference': 'BAAI/bge-m3' },
    card: `
# BGE-M3

One model for dense, sparse and multi-vector retrieval, in more than 100 languages, for anything from a short sentence to
a document of 8,192 tokens.

\`\`\`python
from FlagEmbedding import BGEM3FlagModel

model = BGEM3FlagModel("BAAI/bge-m3", use_fp16=True)
\`\`\``,
    files: [
      { path: 'pytorch_model.bin', size: 2_271_145_830 },
      { path: 'sentencepiece.bpe.model', size: 5_069_051 },
      { path: 'colbert_linear.pt', size: 2_100_674 },
    ],
  },
];
