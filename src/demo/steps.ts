/** What earlier steps of the tour left for later ones. */
export interface Memory {
  /** Id of the last job that was handed off. */
  job?: string;
  /** A local file that may be sent to a Space. */
  file: string;
}

/** One thing that a person asks, and the call that an assistant makes of it. */
export interface Step {
  asks: string;
  tool: string;
  args(memory: Memory): Record<string, unknown>;
  /** Lines of the answer to show; all unless told. */
  lines?: number;
  /** The answer is an error, and a good one. */
  fails?: boolean;
  /** The network goes away before this step. */
  offline?: boolean;
}

const SPACE = 'hugwire/demo-space';

/** The tour: find, read, run, and go on without a network. */
export const STEPS: readonly Step[] = [
  {
    asks: 'Which models do people use to transcribe speech, and which apps?',
    tool: 'hub_search',
    args: () => ({ query: 'speech to text', kinds: ['model', 'space'], limit: 3 }),
  },
  {
    asks: 'Tell me about Whisper.',
    tool: 'hub_repo',
    args: () => ({ ids: ['openai/whisper-large-v3'] }),
  },
  {
    asks: 'Show me a maths problem of the kind that models are tested on.',
    tool: 'dataset_rows',
    args: () => ({ dataset: 'openai/gsm8k', config: 'main', split: 'test', limit: 1 }),
  },
  {
    asks: 'What can that demo Space do?',
    tool: 'space_info',
    args: () => ({ space: SPACE }),
    lines: 14,
  },
  {
    asks: 'Draw me a mountain landscape.',
    tool: 'space_call',
    args: () => ({ space: SPACE, endpoint: '/draw', arguments: { prompt: 'mountains in the morning', seed: 7 } }),
  },
  {
    asks: 'Run something slow, but do not make me wait for it.',
    tool: 'space_call',
    args: () => ({ space: SPACE, endpoint: '/slow', arguments: { steps: 8, step_seconds: 0.25 }, wait_seconds: 0.8 }),
  },
  {
    asks: 'Is it ready?',
    tool: 'space_result',
    args: ({ job }) => ({ job }),
  },
  {
    asks: 'Send it this file of mine.',
    tool: 'space_call',
    args: ({ file }) => ({ space: SPACE, endpoint: '/describe_file', arguments: { file } }),
  },
  {
    asks: 'And when a Space fails?',
    tool: 'space_call',
    args: () => ({ space: SPACE, endpoint: '/fail' }),
    fails: true,
  },
  {
    asks: 'Tell me about a model that I never looked at.',
    tool: 'hub_repo',
    args: () => ({ ids: ['google/gemma-2-9b'] }),
    fails: true,
    offline: true,
  },
  {
    asks: 'And what I asked first?',
    tool: 'hub_search',
    args: () => ({ query: 'speech to text', kinds: ['model', 'space'], limit: 3 }),
    lines: 6,
  },
];
