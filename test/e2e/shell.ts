import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { BIN, makeHome } from './server-process.js';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command line in a home of its own. */
export class Shell {
  readonly #home: ReturnType<typeof makeHome>;

  /** @param env what the environment has beside the home */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.#home = makeHome(env);
  }

  get home(): string {
    return this.#home.home;
  }

  /** What the command line is started with. */
  get env(): NodeJS.ProcessEnv {
    return this.#home.env;
  }

  /** Runs `hugwire` to its end, without any input. */
  async run(...args: string[]): Promise<Outcome> {
    const { child, ended } = this.start(...args);
    child.stdin?.end();
    return ended;
  }

  /** Starts `hugwire`. */
  start(...args: string[]): { child: ChildProcess; ended: Promise<Outcome> } {
    const child = spawn(process.execPath, [BIN, ...args], { env: this.#home.env, cwd: this.#home.home });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdin.on('error', () => {});
    child.stdout.on('data', (chunk) => {
      outcome.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      outcome.stderr += chunk;
    });
    return { child, ended: once(child, 'close').then(([code]) => ({ ...outcome, code })) };
  }

  remove(): void {
    this.#home.remove();
  }
}
