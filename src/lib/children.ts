import {
  type ChildProcess,
  exec,
  type SpawnOptions,
  type SpawnSyncOptions,
  type SpawnSyncReturns,
  spawn,
  spawnSync,
} from 'node:child_process';
import { promisify } from 'node:util';

/**
 * HF_TOKEN, HUGGINGFACEHUB_API_TOKEN, HF_TOKEN_WORK and the like; not HF_TOKEN_PATH or HF_HUB_DISABLE_IMPLICIT_TOKEN. The
 * address of the state may hold a password.
 */
const SECRET_NAME =
  /^(?:HUGWIRE_STATE|(?!\w*DISABLE)(?:HF|HUGGING_?FACE(?:_?HUB)?)(?:_\w+)?_(?:TOKEN|(?:API_?)?KEY|SECRET)(?:_(?!PATH$|FILE$)\w+)?)$/i;
/** A token of the Hub, whatever the variable is called. */
const SECRET_VALUE = /(?<![A-Za-z0-9])(?:hf_|api_org_)[A-Za-z0-9_.-]{16,}/;

/**
 * An environment without the tokens of the Hub: what other programs are started with.
 * @param env of hugwire itself
 */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name, value = '']) => !SECRET_NAME.test(name) && !SECRET_VALUE.test(value));
  return Object.fromEntries(kept);
}

/** `env` is asked for: what is left out would be the whole of hugwire's own. */
type WithEnvironment<Options> = Options & { env: NodeJS.ProcessEnv };

// Every program that hugwire starts is started here; dependency-cruiser lets nobody else import `child_process`.

/** `spawn`, in a clean environment. */
export function startProgram(
  command: string,
  args: readonly string[],
  { env, ...options }: WithEnvironment<SpawnOptions>,
): ChildProcess {
  return spawn(command, args, { ...options, env: cleanEnvironment(env) });
}

/**
 * The same for what a person would type, such as `npx`, which is a script of cmd on Windows: there each word is written so
 * that cmd takes it for what it is.
 */
export async function startCommand(
  command: string,
  args: readonly string[],
  { env, ...options }: WithEnvironment<SpawnOptions>,
): Promise<ChildProcess> {
  const { default: crossSpawn } = await import('cross-spawn');
  return crossSpawn(command, [...args], { ...options, env: cleanEnvironment(env) });
}

/** `spawnSync`, in a clean environment; what the program prints comes as text. */
export function runProgramSync(
  command: string,
  args: readonly string[],
  { env, ...options }: WithEnvironment<SpawnSyncOptions>,
): SpawnSyncReturns<string> {
  return spawnSync(command, args, { ...options, env: cleanEnvironment(env), encoding: 'utf8' });
}

/**
 * Runs a line of the shell in a clean environment, without any input.
 * @param line as a person wrote it
 * @param options its environment, and after how many milliseconds it is ended
 * @returns what it printed
 * @throws Error when it fails; what it printed is in there
 */
export async function runShell(line: string, { env, timeout }: WithEnvironment<{ timeout: number }>): Promise<string> {
  const running = promisify(exec)(line, { env: cleanEnvironment(env), timeout, windowsHide: true });
  // Nobody will answer what it may ask.
  running.child.stdin?.end();
  return (await running).stdout;
}
