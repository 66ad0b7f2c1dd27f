import pc from 'picocolors';
import { PipeClient } from './client.js';
import { type Memory, STEPS, type Step } from './steps.js';

export interface TourOptions {
  /** How to start the server. */
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** A local file that the server's config allows to be sent. */
  file: string;
  print(text: string): void;
  /** Takes the demo Hub and Space away. */
  cutNetwork(): Promise<void>;
}

/**
 * Runs the real server as a child and prints a whole conversation with it.
 * @param options how to start the server, and where to print
 * @returns false when a step ended otherwise than it should
 */
export async function runTour(options: TourOptions): Promise<boolean> {
  const { command, args, env, file, print } = options;
  const client = new PipeClient(command, args, env);
  const memory: Memory = { file };
  let good = true;
  try {
    await client.open();
    const { tools } = (await client.request('tools/list', {})) as { tools: { name: string }[] };
    print(`${pc.bold(`${tools.length} tools`)}  ${tools.map(({ name }) => name).join('  ')}\n`);
    for (const step of STEPS) {
      if (step.offline) {
        await options.cutNetwork();
        print(`${pc.yellow('Now the network is gone.')}\n`);
      }
      good = (await runStep(step, client, memory, print)) && good;
    }
  } finally {
    await client.close();
  }
  return good;
}

async function runStep(step: Step, client: PipeClient, memory: Memory, print: (text: string) => void) {
  const args = step.args(memory);
  print(`${pc.bold('You')}   ${step.asks}`);
  print(pc.dim(`  →   ${step.tool} ${JSON.stringify(args)}`));
  const result = await client.request('tools/call', { name: step.tool, arguments: args }, (message) =>
    print(pc.dim(`  …   ${message}`)),
  );
  const text = textOf(result);
  memory.job = text.match(/\bj_[\w-]+/)?.[0] ?? memory.job;
  print(`${indent(text, step.lines)}\n`);
  return (result.isError === true) === (step.fails === true);
}

function textOf({ content }: Record<string, unknown>): string {
  const blocks = content as { type: string; text?: string }[];
  return blocks.map(({ type, text }) => text ?? pc.dim(`[${type}]`)).join('\n');
}

function indent(text: string, lines = Number.POSITIVE_INFINITY): string {
  const all = text.split('\n');
  const shown = all.slice(0, lines);
  if (all.length > shown.length) shown.push(pc.dim(`… ${all.length - shown.length} more lines`));
  return shown.map((line) => `      ${line}`.trimEnd()).join('\n');
}
