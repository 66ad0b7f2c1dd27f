import type { ChildProcess } from 'node:child_process';
import type { Client, JSONRPCMessage, Tool, Transport } from '@modelcontextprotocol/client';
import { cleanEnvironment, startCommand } from '../lib/children.js';
import { cancelled, HugwireError, toHugwireError } from '../lib/errors.js';
import { expandHome } from '../lib/files.js';
import { isObject } from '../lib/json.js';
import { isShallow, type JsonSchema } from '../lib/json-schema.js';
import { createNetwork } from '../lib/network.js';
import { isShowable } from '../lib/pictures.js';
import { explainSystemError } from '../lib/system-errors.js';
import { cleanLine, cleanText, cutText, fence, hide } from '../lib/text.js';
import { VERSION } from '../lib/version.js';
import { hashLaunch } from './library.js';
import type { AssistantTool } from './tools.js';
import type { Assistant, ToolServer } from './types.js';

/** A program may have to be fetched first. */
const CONNECT_MS = 90_000;
/** A call may be silent for this long, and take this long in all. */
const SILENCE_MS = 120_000;
const CALL_MS = 600_000;
/** One that did not start is tried again after this. */
const AGAIN_MS = 60_000;
const END_MS = 2_000;

const MOST_TOOLS = 100;
const MOST_PAGES = 20;
const MAX_DESCRIPTION = 1500;
const MAX_SCHEMA = 20_000;
const MAX_ANSWER = 100_000;
const MOST_IMAGES = 4;
const MAX_IMAGE_BYTES = 2_000_000;
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** What every host of models takes. */
const MAX_NAME = 64;
const PROPERTY = /^[a-zA-Z0-9_.-]{1,64}$/;

/** What a program of somebody else's gets of hugwire's environment: what it needs to be found and to reach the network. */
const PASSED_ON =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_\w+|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES(?:\(X86\))?|SYSTEM(?:ROOT|DRIVE)|USERPROFILE|USERNAME|HOME(?:DRIVE|PATH)|COMSPEC|PATHEXT|WINDIR|(?:https?|all|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR))$/i;

interface Connected {
  client: Client;
  tools: Tool[];
  /** Resolves when it is gone, whoever ended it. */
  ended: Promise<void>;
}

interface Entry {
  connection: Promise<Connected>;
  /** When it failed, milliseconds since the process began. */
  failedAt?: number;
}

/**
 * The other MCP servers of assistants: started when an assistant that may use them is talked to, and kept until the end. Only those
 * that the user has agreed to are in an `Assistant`.
 */
export class ToolServers {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: (line: string) => void;
  /** By how each is launched, with what was filled in. */
  readonly #open = new Map<string, Entry>();
  readonly #closing = new AbortController();

  /**
   * @param env the environment, of which they get little
   * @param log takes a line about one that does not start, or a tool that cannot be used
   */
  constructor(env: NodeJS.ProcessEnv, log: (line: string) => void) {
    this.#env = env;
    this.#log = log;
  }

  /**
   * The tools of an assistant's other servers. One that does not start is told of, and the others go on.
   * @param assistant whose servers the user has agreed to
   * @param signal gives up waiting for them
   * @throws HugwireError `cancelled`
   */
  async tools({ servers }: Pick<Assistant, 'servers'>, signal: AbortSignal): Promise<AssistantTool[]> {
    const found = await Promise.all(
      servers.map(async (server) => {
        try {
          const { tools } = await untilAborted(this.#connect(server), signal);
          return this.#adapt(server, tools);
        } catch (error) {
          if (signal.aborted) throw cancelled(error);
          this.#log(`the server ${server.name} cannot be used: ${toHugwireError(error).message}`);
          return [];
        }
      }),
    );
    return found.flat();
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#closing.abort();
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(open.map(async ({ connection }) => (await connection).client.close()));
  }

  #connect(server: ToolServer): Promise<Connected> {
    if (this.#closing.signal.aborted) throw cancelled();
    const key = hashLaunch(server);
    const known = this.#open.get(key);
    if (known && (known.failedAt === undefined || performance.now() - known.failedAt < AGAIN_MS))
      return known.connection;
    const entry: Entry = { connection: connect(server, this.#env, this.#closing.signal) };
    this.#open.set(key, entry);
    entry.connection.then(
      // One that ended is started anew when it is needed.
      ({ ended }) => void ended.then(() => this.#open.get(key) === entry && this.#open.delete(key)),
      () => {
        entry.failedAt = performance.now();
      },
    );
    return entry.connection;
  }

  #adapt(server: ToolServer, tools: readonly Tool[]): AssistantTool[] {
    const { name: label, allowedTools } = server;
    const taken = new Set<string>();
    return tools.flatMap((tool) => {
      if (allowedTools && !allowedTools.includes(tool.name)) return [];
      const parameters = cleanSchema(tool.inputSchema);
      // Two underscores: no name of hugwire's own has them, so that none can be taken for one that is allowed.
      const name = cutText(`${label}__${tool.name.replace(/[^a-zA-Z0-9_-]/g, '_')}`, MAX_NAME).replace('…', '_');
      if (!parameters || taken.has(name)) {
        this.#log(
          `the tool ${cleanLine(tool.name, 80)} of ${label} is left out: ${parameters ? 'its name is there twice' : 'its arguments are described in a way that models cannot take'}`,
        );
        return [];
      }
      taken.add(name);
      return [
        {
          name,
          description: cleanText(tool.description ?? '', MAX_DESCRIPTION),
          parameters,
          server: label,
          effect: 'run' as const,
          asksItself: false,
          bringsText: true,
          grantFor: () => undefined,
          run: (args, { signal, progress }) => this.#run(server, tool.name, args, { signal, progress }),
        },
      ];
    });
  }

  async #run(
    server: ToolServer,
    name: string,
    args: Record<string, unknown>,
    { signal, progress }: Pick<Parameters<AssistantTool['run']>[1], 'signal' | 'progress'>,
  ): ReturnType<AssistantTool['run']> {
    const label = `${server.name}, ${name}`;
    try {
      const { client } = await untilAborted(this.#connect(server), signal);
      const answer = await client.callTool(
        { name, arguments: args },
        {
          signal,
          timeout: SILENCE_MS,
          maxTotalTimeout: CALL_MS,
          resetTimeoutOnProgress: true,
          onprogress: (step) => progress({ ...step, message: cleanLine(step.message, 200) || undefined }),
        },
      );
      return await readAnswer(isObject(answer) ? answer : {}, label, secretsOf(server));
    } catch (error) {
      if (signal.aborted) return { text: 'cancelled: The call was cancelled.', isError: true };
      const told = error instanceof Error ? error.message : String(error);
      const words = cleanLine(secretsOf(server).reduce(hide, told), 500);
      return {
        text: `unavailable: ${cleanLine(label, 120)} did not answer.\n${fence(words, 'what it said')}`,
        isError: true,
      };
    }
  }
}

/** Keys and the like, which an answer must not tell. */
function secretsOf({ launch }: ToolServer): string[] {
  const named = Object.entries((launch.type === 'stdio' ? launch.env : launch.headers) ?? {});
  return named.flatMap(([name, value]) => (SECRET.test(name) ? [value, value.replace(/^\w+ +/, '')] : []));
}

const SECRET = /auth|cookie|key|token|secret|passw|credential/i;

function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled());
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

async function connect(server: ToolServer, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Connected> {
  const sdk = await import('@modelcontextprotocol/client');
  const { launch, name } = server;
  const client = new sdk.Client(
    { name: 'hugwire', version: VERSION },
    // What a model is told is read by hand.
    {
      capabilities: {},
      jsonSchemaValidator: {
        getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
    },
  );
  const options = {
    fetch: createNetwork(env),
    requestInit: { headers: launch.type === 'stdio' ? {} : { ...launch.headers } },
  };
  const program = launch.type === 'stdio' ? new ProgramTransport(launch, env) : undefined;
  const transport: Transport =
    launch.type === 'stdio'
      ? (program as Transport)
      : launch.type === 'sse'
        ? new sdk.SSEClientTransport(new URL(launch.url), options)
        : new sdk.StreamableHTTPClientTransport(new URL(launch.url), options);
  const ended = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  try {
    await client.connect(transport, { timeout: CONNECT_MS, signal });
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES && tools.length < MOST_TOOLS; page += 1) {
      const listed = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: SILENCE_MS, signal });
      tools.push(...listed.tools);
      cursor = listed.nextCursor;
      if (cursor === undefined) break;
    }
    return { client, tools: tools.slice(0, MOST_TOOLS), ended };
  } catch (cause) {
    await client.close().catch(() => {});
    await transport.close().catch(() => {});
    if (cause instanceof HugwireError) throw cause;
    const told = [cause instanceof Error ? cause.message : String(cause), program?.said].filter(Boolean).join('; ');
    throw new HugwireError(
      'unavailable',
      `${name} did not start: ${cleanLine(secretsOf(server).reduce(hide, told), 400)}`,
      { cause },
    );
  }
}

/** A program that speaks MCP on its stdin and stdout. */
class ProgramTransport implements Transport {
  onmessage?: Transport['onmessage'];
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #launch: ToolServer['launch'] & { type: 'stdio' };
  readonly #env: NodeJS.ProcessEnv;
  #child?: ChildProcess;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #said = '';

  constructor(launch: ToolServer['launch'] & { type: 'stdio' }, env: NodeJS.ProcessEnv) {
    this.#launch = launch;
    this.#env = env;
  }

  /** The end of what it wrote to stderr. */
  get said(): string {
    return this.#said;
  }

  async start(): Promise<void> {
    const { command, args, env: own = {}, cwd } = this.#launch;
    const kept = cleanEnvironment(own);
    const refused = Object.keys(own).find((name) => kept[name] === undefined);
    if (refused !== undefined) {
      throw new HugwireError(
        'blocked',
        `It wants a token of the Hub in ${cleanLine(refused, 60)}, which hugwire gives to no other program.`,
      );
    }
    const passed = Object.fromEntries(Object.entries(this.#env).filter(([name]) => PASSED_ON.test(name)));
    const child = await startCommand(command, args, {
      env: { ...passed, ...kept },
      cwd: cwd === undefined ? undefined : expandHome(cwd),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk}`.slice(-2000);
    });
    // What it does not read any more is noticed when it ends.
    child.stdin?.on('error', () => {});
    child.once('close', () => this.onclose?.());
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        const { file: reason } = explainSystemError(cause) ?? { file: cause.message };
        reject(new HugwireError('unavailable', `${cleanLine(command, 100)} cannot be started: ${reason}.`, { cause }));
      });
    });
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...this.#rest, chunk.subarray(start, end)]).toString();
      this.#rest = [];
      this.#restBytes = 0;
      start = end + 1;
      if (line.trim() !== '') this.#take(line);
    }
    this.#rest.push(chunk.subarray(start));
    this.#restBytes += chunk.length - start;
    if (this.#restBytes > MAX_LINE_BYTES) void this.close();
  }

  #take(line: string): void {
    try {
      const message: unknown = JSON.parse(line);
      // Programs print all sorts of things.
      if (isObject(message) && message.jsonrpc === '2.0') this.onmessage?.(message as unknown as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error as Error);
    }
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#child ?? {};
    if (!stdin?.writable)
      throw new HugwireError(
        'unavailable',
        `The program ended${this.#said ? `: ${cleanLine(this.#said.slice(-400), 400)}` : '.'}`,
      );
    await new Promise<void>((resolve, reject) => {
      stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Its input ends, as the protocol has it; it is told to end, and then ended. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<boolean>((resolve) => child.once('close', () => resolve(true)));
    const after = (milliseconds: number) =>
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), milliseconds).unref());
    child.stdin?.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await Promise.race([ended, after(END_MS)])) return;
      child.kill(signal);
    }
    await Promise.race([ended, after(END_MS)]);
  }
}

/** Words of others go into no model as they are. */
function cleanSchema(schema: unknown): JsonSchema | undefined {
  if (!isObject(schema) || !isShallow(schema) || JSON.stringify(schema).length > MAX_SCHEMA) return undefined;
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return cleanText(value, 500);
    if (Array.isArray(value)) return value.map(clean);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clean(one)])) : value;
  };
  const { $schema: _, ...rest } = clean(schema) as JsonSchema;
  const properties = isObject(rest.properties) ? rest.properties : {};
  return Object.keys(properties).every((name) => PROPERTY.test(name))
    ? { ...rest, type: 'object', properties }
    : undefined;
}

/** What came back, as text between marks, and pictures that are whole. */
async function readAnswer(
  { content, structuredContent, isError }: Record<string, unknown>,
  label: string,
  secrets: readonly string[],
): ReturnType<AssistantTool['run']> {
  const parts = (Array.isArray(content) ? content : []).filter(isObject);
  const texts = parts.map(readPart).filter((text) => text !== undefined);
  if (texts.length === 0 && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent));
  const images: { data: string; mimeType: string }[] = [];
  for (const { type, data, mimeType } of parts) {
    if (type !== 'image' || typeof data !== 'string' || typeof mimeType !== 'string') continue;
    const bytes = data.length > MAX_IMAGE_BYTES * 1.4 ? undefined : Buffer.from(data, 'base64');
    const isGood =
      bytes !== undefined && images.length < MOST_IMAGES && (await isShowable(bytes, mimeType).catch(() => false));
    if (isGood) images.push({ data: bytes.toString('base64'), mimeType });
    else texts.push('[a picture that cannot be shown]');
  }
  const whole = secrets.reduce(hide, texts.join('\n'));
  const shown = cleanText(whole, MAX_ANSWER);
  const left = whole.length > MAX_ANSWER ? `\n[cut: the answer has ${whole.length} characters]` : '';
  const text =
    shown === ''
      ? images.length > 0
        ? 'A picture.'
        : 'It answered with nothing.'
      : `${fence(shown, `answer of ${label}`)}${left}`;
  return { text, ...(images.length > 0 ? { images } : {}), ...(isError === true ? { isError } : {}) };
}

function readPart({ type, text, resource, uri, mimeType }: Record<string, unknown>): string | undefined {
  if (type === 'text' && typeof text === 'string') return text;
  if (type === 'resource' && isObject(resource)) {
    return typeof resource.text === 'string' ? resource.text : `[a file: ${cleanLine(resource.uri, 300)}]`;
  }
  if (type === 'resource_link') return `[a link: ${cleanLine(uri, 300)}]`;
  return type === 'audio' ? `[sound: ${cleanLine(mimeType, 60)}]` : undefined;
}
