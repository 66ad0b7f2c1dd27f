import type { DemoKind } from '../repos.js';

export interface DemoComment {
  author: string;
  /** ISO time. */
  at: string;
  /** Markdown; undefined when a moderator hid the comment. */
  text?: string;
}

export interface DemoDiscussion {
  kind: DemoKind;
  repo: string;
  number: number;
  title: string;
  status: 'open' | 'closed' | 'merged' | 'draft';
  isPullRequest?: true;
  /** Oldest first; the first opened it. */
  comments: DemoComment[];
  /** Who closed or merged it, and when. */
  ended?: { author: string; at: string };
}

/** What people talk about beside the demo's repositories; everybody in it is made up. */
export const discussions: readonly DemoDiscussion[] = [
  {
    kind: 'model',
    repo: 'openai/whisper-large-v3',
    number: 1,
    title: 'Repeats the last sentence on long silence',
    status: 'closed',
    comments: [
      {
        author: 'nadia-h',
        at: '2025-02-11T08:20:00.000Z',
        text: 'Recordings with more than 30 seconds of silence end in the same sentence over and over. Is there a setting against it?',
      },
      {
        author: 'theo',
        at: '2025-02-11T10:02:00.000Z',
        text: 'Cut the silence first, or pass `condition_on_prev_tokens=False` to `generate`. That ended it for me.',
      },
      { author: 'nadia-h', at: '2025-02-12T07:45:00.000Z', text: 'The flag does it, thank you.' },
    ],
    ended: { author: 'nadia-h', at: '2025-02-12T07:46:00.000Z' },
  },
  {
    kind: 'model',
    repo: 'openai/whisper-large-v3',
    number: 2,
    title: 'Add word timestamps to the example',
    status: 'open',
    isPullRequest: true,
    comments: [
      {
        author: 'maya',
        at: '2026-04-03T14:10:00.000Z',
        text: 'The card shows segment timestamps only. This adds `return_timestamps="word"`.',
      },
    ],
  },
  {
    kind: 'model',
    repo: 'openai/whisper-large-v3',
    number: 3,
    title: 'Memory needed in float16?',
    status: 'open',
    comments: [
      {
        author: 'r-vandenberg',
        at: '2026-09-18T19:31:00.000Z',
        text: 'How much GPU memory does one file at a time take?',
      },
      {
        author: 'theo',
        at: '2026-09-19T06:12:00.000Z',
        text: 'About 4.5 GB here with batch size 1, and 10 GB with 16.',
      },
      { author: 'spam-account-9', at: '2026-09-19T06:15:00.000Z' },
    ],
  },
  {
    kind: 'model',
    repo: 'meta-llama/Llama-3.1-8B-Instruct',
    number: 1,
    title: 'How long does a request for access take?',
    status: 'open',
    comments: [
      { author: 'theo', at: '2026-08-30T20:40:00.000Z', text: 'My request has been pending since this morning.' },
      {
        author: 'nadia-h',
        at: '2026-08-31T05:11:00.000Z',
        text: 'It took a few hours for me. Fill in the full name, else it is rejected.',
      },
    ],
  },
  {
    kind: 'dataset',
    repo: 'HuggingFaceFW/fineweb',
    number: 1,
    title: 'Which sample for a first experiment?',
    status: 'open',
    comments: [
      {
        author: 'r-vandenberg',
        at: '2025-11-02T12:00:00.000Z',
        text: 'The whole set is out of reach for me. Is there a smaller one that is drawn fairly?',
      },
      {
        author: 'maya',
        at: '2025-11-02T13:24:00.000Z',
        text: 'Take the config `sample-10BT`: ten billion tokens, drawn at random from all dumps.',
      },
    ],
  },
  {
    kind: 'space',
    repo: 'black-forest-labs/FLUX.1-schnell',
    number: 1,
    title: 'Seed is ignored when "randomize seed" is on',
    status: 'open',
    comments: [
      {
        author: 'maya',
        at: '2026-07-08T16:05:00.000Z',
        text: 'The API uses the given seed only with `randomize_seed=false`. Perhaps say so in the label?',
      },
    ],
  },
];
