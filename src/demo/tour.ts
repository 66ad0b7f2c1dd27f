import pc from 'picocolors';
import { PipeClient } from './client.js';

/** One thing that a person asks, and the call that an assistant makes of it. */
interface Step {
  asks: string;
  tool: string;
  args: Record<string, unknown>;
  /** Lines of the answer to show; all unless told. */
  lines?: number;
}

const STEPS: Step[] = [
  {
    asks: 'Which speech recognition models do people use?',
    tool: 'hub_search',
    args: { query: 'whisper', kinds: ['model'], limit: 5 },
  },
  {
    asks: 'Find me an app that removes the background of a photo, and a dataset of maths problems.',
    tool: 'hub_search',
    args: { query: 'remove the background from an image', kinds: ['space'], limit: 3 },
  },
  {
    asks: 'A small French text-to-speech model?',
    tool: 'hub_search',
    args: { query: 'small french text to speech model', limit: 3 },
  },
  { asks: 'Am I logged in?', tool: 'hub_whoami', args: {} },
];

export interface TourOptions {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  print(text: string): void;
}

/**
 * Runs the real server as a child and prints a whole conversation with it.
 * @param options how to start the server, and where to print
 * @returns false when a step failed that should not have
 */
export async function runTour({ command, args, env, print }: TourOptions): Promise<boolean> {
  const client = new PipeClient(command, args, env);
  let good = true;
  try {
    await client.open();
    const { tools } = (await client.request('tools/list', {})) as { tools: { name: string }[] };
    print(`${pc.bold(`${tools.length} tools`)}  ${tools.map(({ name }) => name).join('  ')}\n`);
    for (const step of STEPS) {
      print(`${pc.bold('You')}   ${step.asks}`);
      print(pc.dim(`  →   ${step.tool} ${JSON.stringify(step.args)}`));
      const result = await client.request('tools/call', { name: step.tool, arguments: step.args }, (message) =>
        print(pc.dim(`  …   ${message}`)),
      );
      good &&= result.isError !== true;
      print(`${indent(textOf(result), step.lines)}\n`);
    }
  } finally {
    await client.close();
  }
  return good;
}

function textOf({ content }: Record<string, unknown>): string {
  const blocks = content as { type: string; text?: string }[];
  return blocks.map(({ type, text }) => text ?? `[${type}]`).join('\n');
}

function indent(text: string, lines = Number.POSITIVE_INFINITY): string {
  const all = text.split('\n');
  const shown = all.slice(0, lines);
  if (all.length > shown.length) shown.push(`… ${all.length - shown.length} more lines`);
  return shown.map((line) => `      ${line}`.trimEnd()).join('\n');
}
