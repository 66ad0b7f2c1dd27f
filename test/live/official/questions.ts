import { type Fact, readCard, readContent, readPaper, readSections, readTables } from './facts.js';

type Call = [tool: string, args: Record<string, unknown>];

export interface Question {
  name: string;
  /** How each of the two servers is asked. */
  theirs: Call;
  ours: Call;
  /** Reads their answer. */
  read(answer: string): Fact[];
  /** Tokens of our answer may be at most this share of theirs; half unless told. */
  share?: number;
  /** Labels of facts that do not count here. */
  leftOut?: string[];
  /** Labels of facts that our text leaves to the typed result. */
  dataOnly?: string[];
}

/** Facts that are none, or of no use, by label. */
export const LEFT_OUT: Record<string, string> = {
  Link: 'follows from the id',
  URI: 'follows from the id',
  web: 'follows from the id',
  Type: 'is the heading of ours',
  repo: 'is the heading of ours',
  Tags: 'task, library, licence, languages and sources are told by name; the rest is for filters',
  tags: 'the same',
  category: 'less than the description',
  'semantic relevance': 'is the order',
  'content type': 'is Markdown',
  'Model Class': 'shown with the code that uses it (include=usage)',
  'Papers With Code ID': 'that site is gone',
  arXiv: 'follows from the id',
  'daily papers': 'when it was in the daily list',
  'daily papers uri': 'the same',
  Files: 'how the viewer cut its copy',
  '#': 'the number of a row in their table',
  _id: 'is of no use',
  discussionId: 'is of no use',
  hidden: 'is of no use',
  githubStars: 'is of the code, not of the paper',
};

const fs = (cmd: string, ...args: string[]): Call => ['hf_fs', { operations: [{ cmd, args }] }];
/** Content is the same in both answers: only what stands around it can be shorter. Random marks differ by some tokens. */
const CONTENT = 1.2;
const LIST_DATA = ['Library', 'Trending Score', 'Created', 'Description'];

export const QUESTIONS: Question[] = [
  {
    name: 'models of a name',
    theirs: ['hub_repo_search', { query: 'whisper', repo_types: ['model'], limit: 10 }],
    ours: ['hub_search', { query: 'whisper', kinds: ['model'], limit: 10 }],
    read: readSections,
    dataOnly: LIST_DATA,
  },
  {
    name: 'most downloaded models of a task',
    theirs: ['hub_repo_search', { filters: ['text-generation'], repo_types: ['model'], sort: 'downloads', limit: 10 }],
    ours: ['hub_search', { task: 'text-generation', kinds: ['model'], sort: 'downloads', limit: 10 }],
    read: readSections,
    dataOnly: LIST_DATA,
  },
  {
    name: 'models of a task and a library',
    theirs: ['hub_repo_search', { filters: ['text-to-image', 'diffusers'], repo_types: ['model'], limit: 10 }],
    ours: ['hub_search', { task: 'text-to-image', library: 'diffusers', kinds: ['model'], limit: 10 }],
    read: readSections,
    dataOnly: LIST_DATA,
  },
  {
    name: 'models and datasets of an author',
    theirs: ['hub_repo_search', { author: 'google', limit: 10 }],
    ours: ['hub_search', { author: 'google', kinds: ['model', 'dataset'], limit: 10 }],
    read: readSections,
    dataOnly: LIST_DATA,
  },
  {
    name: 'datasets of a name',
    theirs: ['hub_repo_search', { query: 'imdb', repo_types: ['dataset'], limit: 10 }],
    ours: ['hub_search', { query: 'imdb', kinds: ['dataset'], limit: 10 }],
    read: readSections,
    dataOnly: LIST_DATA,
  },
  {
    // The Hub has two descriptions of a Space, by its author and by a model: ours shows the author's.
    name: 'Spaces of a name',
    theirs: ['hub_repo_search', { query: 'flux', repo_types: ['space'], limit: 10 }],
    ours: ['hub_search', { query: 'flux', kinds: ['space'], limit: 10 }],
    read: readSections,
    dataOnly: [...LIST_DATA, 'SDK'],
    leftOut: ['Description'],
  },
  {
    name: 'Spaces by what they do',
    theirs: fs('search', 'hf://spaces', 'remove the background of a photo', '--limit', '10'),
    ours: ['hub_search', { query: 'remove the background of a photo', kinds: ['space'], limit: 10 }],
    read: readTables(['Path']),
    dataOnly: ['trending score', 'sdk', 'title', 'updated', 'created'],
  },
  {
    name: 'trending models',
    theirs: fs('ls', 'hf://models/trending', '--limit', '10'),
    ours: ['hub_search', { kinds: ['model'], limit: 10 }],
    read: readTables(['Path']),
    share: 0.65, // this list of theirs has neither sizes nor licences
  },
  {
    name: 'papers about something',
    theirs: fs('search', 'hf://papers', 'speech recognition', '--limit', '10'),
    ours: ['hub_search', { query: 'speech recognition', kinds: ['paper'], limit: 10 }],
    read: readTables(['Path']),
    dataOnly: ['summary', 'authors', 'code'],
  },
  {
    name: 'documentation about something',
    theirs: fs('search', 'hf://docs', 'stream a dataset', '--limit', '3'),
    ours: ['hub_search', { query: 'stream a dataset', kinds: ['docs'], limit: 3 }],
    read: (answer) => readTables(['Path'])(answer.replaceAll('.md |', ' |')),
    dataOnly: ['Details'],
  },
  {
    name: 'a model',
    theirs: ['hub_repo_details', { repo_ids: ['openai/whisper-large-v3'] }],
    ours: ['hub_repo', { ids: ['openai/whisper-large-v3'] }],
    read: readSections,
    dataOnly: ['Language'],
  },
  {
    name: 'gated models',
    theirs: ['hub_repo_details', { repo_ids: ['meta-llama/Llama-3.1-8B-Instruct', 'google/gemma-2-2b-it'] }],
    ours: ['hub_repo', { ids: ['meta-llama/Llama-3.1-8B-Instruct', 'google/gemma-2-2b-it'] }],
    read: readSections,
    share: 0.6, // ours tells how to get access
  },
  {
    name: 'a dataset',
    theirs: ['hub_repo_details', { repo_ids: ['stanfordnlp/imdb'] }],
    ours: ['hub_repo', { ids: ['stanfordnlp/imdb'] }],
    read: readSections,
    share: 0.65, // ours has the splits and the size in bytes besides
    dataOnly: ['Size Category'],
  },
  {
    name: 'a Space',
    theirs: ['hub_repo_details', { repo_ids: ['black-forest-labs/FLUX.1-schnell'], repo_type: 'space' }],
    ours: ['hub_repo', { ids: ['black-forest-labs/FLUX.1-schnell'], kind: 'space' }],
    read: readSections,
    share: 1, // ours has stage, hardware, models and how to call it besides
  },
  {
    name: 'structure of a small dataset',
    theirs: ['hub_repo_details', { repo_ids: ['stanfordnlp/imdb'], operations: ['dataset_structure'] }],
    ours: ['dataset_rows', { dataset: 'stanfordnlp/imdb' }],
    read: readTables(['Config', 'Split']),
  },
  {
    name: 'structure of a large dataset',
    theirs: ['hub_repo_details', { repo_ids: ['nyu-mll/glue'], operations: ['dataset_structure'] }],
    ours: ['dataset_rows', { dataset: 'nyu-mll/glue' }],
    read: readTables(['Config', 'Split']),
  },
  {
    name: 'rows of a dataset',
    theirs: [
      'hub_repo_details',
      { repo_ids: ['openai/gsm8k'], operations: ['dataset_preview'], config: 'main', split: 'test', limit: 5 },
    ],
    ours: ['dataset_rows', { dataset: 'openai/gsm8k', config: 'main', split: 'test', limit: 5 }],
    read: readTables([]),
    share: CONTENT,
  },
  {
    name: 'files of a model',
    theirs: fs('ls', 'hf://models/openai/whisper-large-v3'),
    ours: ['hub_read', { uris: ['hf://models/openai/whisper-large-v3/'] }],
    read: readTables([]),
    share: 0.7, // names and sizes are all there is
  },
  {
    name: 'a card',
    theirs: fs('cat', 'hf://models/openai/whisper-large-v3/README.md'),
    ours: ['hub_repo', { ids: ['openai/whisper-large-v3'], include: ['card'] }],
    read: readCard,
    share: 1.3, // ours has the overview of the model before the card
    dataOnly: ['language'],
  },
  {
    name: 'a file',
    theirs: fs('cat', 'hf://models/openai/whisper-large-v3/config.json'),
    ours: ['hub_read', { uris: ['hf://models/openai/whisper-large-v3/config.json'] }],
    read: readContent,
    share: CONTENT,
  },
  {
    name: 'a paper',
    theirs: [
      'hf_fs',
      {
        operations: ['metadata.json', 'paper.md'].map((file) => ({
          cmd: 'cat',
          args: [`hf://papers/2212.04356/${file}`],
        })),
      },
    ],
    ours: ['hub_read', { uris: ['papers/2212.04356'] }],
    read: readPaper,
  },
  {
    name: 'a page of the documentation',
    theirs: fs('cat', 'hf://docs/datasets/stream.md'),
    ours: ['hub_read', { uris: ['docs/datasets/stream'] }],
    read: readContent,
    share: CONTENT,
  },
];
