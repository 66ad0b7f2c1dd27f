import { readFileSync } from 'node:fs';

/** What a person may ask, and the calls that an assistant makes of it. */
interface Prompt {
  ask: string;
  calls: {
    tool: string;
    arguments: Record<string, unknown>;
    /** A part of the answer in the demo world, whose only app, hugwire/demo-space, stands in for others. */
    shows: string;
  }[];
}

/** The prompts of the README. */
export const PROMPTS: Prompt[] = JSON.parse(readFileSync(new URL('../docs/prompts.json', import.meta.url), 'utf8'));
