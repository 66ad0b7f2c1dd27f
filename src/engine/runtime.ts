import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { LoadedConfig } from '../config/load.js';
import {
  cacheDirectory,
  downloadRecords,
  downloadsDirectory,
  type HubEnvironment,
  lockPath,
  loginsFile,
  memoryFile,
  type Paths,
  proposalsDirectory,
  readHubEnvironment,
  savedFilesIndex,
  sharedCache,
} from '../config/paths.js';
import type { Config } from '../config/schema.js';
import { createTokenReader, type TokenReader } from '../config/token.js';
import { withBreaker } from '../hub/client/breaker.js';
import { withCache } from '../hub/client/cache.js';
import { createHubClient } from '../hub/client/client.js';
import { withDownloads } from '../hub/client/offline.js';
import type { Downloads } from '../hub/download/downloads.js';
import type { HubClient } from '../hub/types.js';
import { createNetwork } from '../lib/network.js';
import { VERSION } from '../lib/version.js';
import type { FileMemory, MemoryOptions } from '../sessions/memory/memory.js';
import type { SavedFileIndex } from '../sessions/saved-files.js';
import { readLock } from '../spaces/lock.js';
import { AppLogins } from '../spaces/logins.js';
import type { JobSharingOptions } from '../spaces/shared-jobs.js';
import { createSpaces } from '../spaces/spaces.js';
import type { Spaces } from '../spaces/types.js';
import { describeTool } from '../tools/describe.js';
import { BUILT_IN, TOOLS } from '../tools/index.js';
import { pinnedTools } from '../tools/pinned.js';
import { findUnknownLimits, selectTools } from '../tools/select.js';
import { answerOf, detachableSpaceCall, spaceCall } from '../tools/space_call.js';
import { type AnyTool, OPT_IN, type Progress, type ToolContext } from '../tools/tool.js';
import { CallLimits } from './limits.js';

export interface RuntimeOptions {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** `--read-only`: wins over the config. */
  readOnly?: boolean;
  /** `--dry-run`: wins over the config. */
  dryRun?: boolean;
  /** `--read-from`: directories beside those of the config. */
  readFrom?: readonly string[];
  /** Whether a person types what is called, in a terminal: the files and local apps that they name need no other consent. */
  typed?: boolean;
  /** Takes a line for the log. */
  log(line: string): void;
  /** Where other instances of the server find the jobs of this runtime, and whose they are. */
  jobs?: Pick<JobSharingOptions, 'store' | 'owner'>;
  /** What tools get to write into the journal and to read of it. */
  recording?: Pick<ToolContext, 'session' | 'history'>;
  /** Told the status of every answer of the Hub; `none` where no answer came. */
  onHubAnswer?(status: string): void;
  /** Set where others than the user of this machine call: its token, its files and its network are not theirs. */
  guest?: Guest;
}

/** Somebody who calls from elsewhere. */
interface Guest {
  /** The guest's own token, or none; no other is looked for anywhere. */
  token: TokenReader;
  /**
   * Whether all guests share this, since nothing tells them apart: what the Hub answers is then the same for everybody and
   * may be kept on disk, and nobody is told of jobs that others have started.
   */
  everybody: boolean;
  /** Another runtime of the same guest, whose jobs can be followed up here too. */
  sibling?: Runtime;
}

/** Everything that tools run with. It outlives changes of the config, since jobs at Spaces do. */
export interface Runtime {
  /** The tools that are on. */
  tools(): readonly AnyTool[];
  /** Every tool there is. */
  knownTools(): readonly AnyTool[];
  context(signal: AbortSignal, progress: (step: Progress) => void): ToolContext;
  /**
   * Lets a client's call begin, as far as `limits` of the config allows it.
   * @returns what is to be called when it has ended
   * @throws HugwireError `rate_limited`
   */
  admit(tool: AnyTool): () => void;
  /**
   * Takes another state of the config over.
   * @returns whether the tool list is another one now
   */
  update(loaded: LoadedConfig): boolean;
  /** Resolves once no job of a Space runs here any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
  /**
   * The values of tokens that were found so far, so that they are written nowhere; more may come in. A command that gives
   * the token is not run for it.
   */
  secrets(): Promise<ReadonlySet<string>>;
  /** Opens the index of the files that were saved. */
  savedFiles(): Promise<SavedFileIndex>;
  readonly spaces: Spaces;
}

/** The way to the Hub that a config makes. */
interface Connection {
  /** The Hub, and what it has given before; while it is away also what huggingface_hub has downloaded. */
  hub: HubClient;
  /** The same without the downloads: a Space cannot be run from its files. */
  answers: HubClient;
  /** Resolves once every answer that is to be kept is on disk. */
  settled(): Promise<void>;
}

/** What one state of the config makes. */
interface State {
  config: Config;
  connection: Connection;
  /** The tools that are on, and all that there are. */
  tools: AnyTool[];
  known: readonly AnyTool[];
}

/**
 * Ties config, token, Hub, Spaces and tools together. Touches neither network nor disk by itself.
 * @param options the state to start from
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  const network = createNetwork(options.env);
  const secrets = new Set<string>();
  /** Every one that there was: calls that began before a change of the config still use theirs. */
  const connections: Connection[] = [];
  const connect = (config: Config): Connection => {
    const connection = createHub(config, network, secrets, options);
    connections.push(connection);
    return connection;
  };
  const make = (loaded: LoadedConfig, before?: State): State => {
    const config = applyOptions(loaded.config, options);
    const connection = before && keepsConnection(before.config, config) ? before.connection : connect(config);
    return { config, connection, ...selectFor({ ...loaded, config }, spaces, options) };
  };
  let saved: Promise<SavedFileIndex> | undefined;
  const savedFiles = () => {
    saved ??= loadSavedFiles(options);
    return saved;
  };
  const { guest } = options;
  const spaces = createSpaces({
    hub: () => state.connection.answers,
    net: network,
    config: () => state.config,
    savedFiles: guest ? undefined : savedFiles,
    downloads: guest ? undefined : downloadsDirectory(options.env),
    logins: guest ? undefined : createLogins(options, () => state.config, secrets),
    typed: options.typed,
    shared: guest !== undefined,
    sibling: guest?.sibling?.spaces,
    everybody: guest?.everybody,
    sharing: options.jobs && {
      ...options.jobs,
      answer: (outcome) => answerOf(outcome, state.config),
      secrets: () => readSecrets(),
    },
  });
  let state = make(options.loaded);
  const { path, profile } = options.loaded;
  const pins = async () => {
    const { PinStore } = await import('../spaces/pins.js');
    return new PinStore({ path, profile, reserved: BUILT_IN });
  };
  const limits = new CallLimits(() => state.config.limits);
  const readSecrets = async () => {
    if (state.config.token.source !== 'command') await state.connection.answers.token();
    return secrets;
  };
  const reads = new Map<string, string>();
  const proposals = async () => {
    const { ProposalStore } = await import('../sessions/proposals.js');
    return new ProposalStore(proposalsDirectory(options.paths));
  };
  let downloading: Promise<Downloads> | undefined;
  const downloads = () => {
    downloading ??= loadDownloads(options);
    return downloading;
  };
  let memory: Promise<FileMemory> | undefined;
  const openMemory = () => {
    memory ??= loadMemory({ path: memoryFile(options.paths), secrets: readSecrets });
    return memory;
  };
  const allowFolder = async (directory: string) => {
    const { editConfig } = await import('../config/edit.js');
    const key = ['files', 'readFrom'];
    const add = (list: readonly string[]) => (list.includes(directory) ? list : [...list, directory]);
    await editConfig(path, (_, { files }) => [{ path: key, value: add(files.readFrom) }], { profile });
    // The file is being watched as well, but the next call may come before.
    const { config } = state;
    state = { ...state, config: { ...config, files: { ...config.files, readFrom: [...add(config.files.readFrom)] } } };
  };
  return {
    admit: (tool) => limits.begin(tool),
    tools: () => state.tools,
    knownTools: () => state.known,
    context(signal, progress) {
      // A call of ten ids listens more than ten times: that is no leak, and Node need not warn of one.
      setMaxListeners(0, signal);
      const { config } = state;
      return {
        hub: state.connection.hub.withSignal(signal),
        spaces,
        config,
        signal,
        progress,
        ...(guest ? {} : { pins, proposals, reads, memory: openMemory, savedFiles, allowFolder, downloads }),
        ...options.recording,
      };
    },
    update(loaded) {
      const before = state;
      state = make(loaded, before);
      return !isDeepStrictEqual(before.tools.map(describeTool), state.tools.map(describeTool));
    },
    settled: () => spaces.settled(),
    async close() {
      await Promise.all([
        spaces.close(),
        downloading?.then((one) => one.close()),
        ...connections.map(({ settled }) => settled()),
      ]);
    },
    secrets: readSecrets,
    savedFiles,
    spaces,
  };
}

/** The config with what the command line says. */
function applyOptions({ tools, files, ...config }: Config, options: RuntimeOptions): Config {
  const { readOnly = false, dryRun = false, readFrom = [] } = options;
  const applied = {
    ...config,
    tools: { ...tools, readOnly: readOnly || tools.readOnly, dryRun: dryRun || tools.dryRun },
    files: { ...files, readFrom: [...files.readFrom, ...readFrom] },
  };
  return options.guest ? leaveToGuests(applied) : applied;
}

/**
 * What a config leaves to a guest: no files and no apps of this machine or its network, and none of the toolsets that
 * have to be asked for, which are about the user's own memory, config and disk.
 */
function leaveToGuests({ tools, spaces, files, ...config }: Config): Config {
  const pinned = spaces.pinned.filter(({ space }) => !URL.canParse(space));
  return {
    ...config,
    token: { source: 'none' },
    tools: { ...tools, disable: [...tools.disable, ...OPT_IN] },
    spaces: {
      ...spaces,
      local: [],
      // That a Space always gets the token was said of another one.
      pinned: pinned.map((pin) => ({ ...pin, token: pin.token === 'always' ? 'auto' : pin.token })),
    },
    files: { ...files, readFrom: [], saveTo: '' },
  };
}

/** Whether what is known of the Hub, its limits and its token may be kept: a password manager need not ask again. */
function keepsConnection(before: Config, after: Config): boolean {
  const parts = ({ token, hub, cache }: Config) => [token, hub, cache];
  return isDeepStrictEqual(parts(before), parts(after));
}

/**
 * The logins of apps, as the config and hugwire's own file have them.
 * @param secrets takes every password and cookie that is used
 */
export function createLogins(
  { env, paths }: Pick<RuntimeOptions, 'env' | 'paths'>,
  config: () => Config,
  secrets?: Set<string>,
): AppLogins {
  const onSecret = (value: string) => void secrets?.add(value);
  return new AppLogins({ path: loginsFile(paths), listed: () => config().spaces.logins, env, onSecret });
}

/** Most sessions remember nothing: its code is loaded when they do. */
async function loadMemory(options: MemoryOptions): Promise<FileMemory> {
  const { FileMemory } = await import('../sessions/memory/memory.js');
  return new FileMemory(options);
}

/** Most sessions fetch nothing. */
async function loadDownloads({ paths, env }: RuntimeOptions): Promise<Downloads> {
  const { Downloads } = await import('../hub/download/downloads.js');
  return new Downloads(downloadRecords(paths), sharedCache(env));
}

/** Needed once a Space gives or takes a file. */
async function loadSavedFiles({ paths, recording }: RuntimeOptions): Promise<SavedFileIndex> {
  const { SavedFileIndex } = await import('../sessions/saved-files.js');
  return new SavedFileIndex(savedFilesIndex(paths), recording?.history?.current);
}

/** The built-in tools and those of pinned Spaces; what is wrong with the config of either is logged. */
function selectFor(
  { config, path }: LoadedConfig,
  spaces: Spaces,
  { log, guest, jobs }: RuntimeOptions,
): Pick<State, 'tools' | 'known'> {
  const lock = readLock(lockPath(path));
  const pinned = pinnedTools(config.spaces.pinned, lock, BUILT_IN);
  const forGuests = ({ guestDescription: description, ...tool }: AnyTool) =>
    description === undefined ? tool : { ...tool, description };
  const builtIn = jobs ? TOOLS.map((tool) => (tool === spaceCall ? detachableSpaceCall : tool)) : TOOLS;
  const known = [...(guest ? builtIn.map(forGuests) : builtIn), ...pinned.tools];
  const selection = selectTools(known, config.tools, (tool) => tool.isNeeded?.({ spaces }) === true);
  for (const warning of [
    ...lock.warnings,
    ...pinned.warnings,
    ...selection.warnings,
    ...findUnknownLimits(known, config.limits),
  ])
    log(warning);
  return { tools: selection.tools, known };
}

function createHub(config: Config, network: typeof fetch, secrets: Set<string>, options: RuntimeOptions): Connection {
  const { env, paths, guest } = options;
  const token = remember(guest?.token ?? createTokenReader(config.token, env, paths), secrets);
  const client = withBreaker(connectHub(config, { ...options, network: observe(network, options), token }));
  // What the user has downloaded may be private.
  const complete = (hub: HubClient) => (guest ? hub : withDownloads(hub, downloadsDirectory(env)));
  if (!config.cache.enabled) return { hub: complete(client), answers: client, settled: async () => {} };
  const answers = withCache(
    client,
    guest && !guest.everybody
      ? { maxMegabytes: GUEST_MEGABYTES }
      : { directory: cacheDirectory(paths), maxMegabytes: config.cache.maxMegabytes },
  );
  return { hub: complete(answers), answers, settled: () => answers.settled() };
}

function observe(network: typeof fetch, { onHubAnswer }: RuntimeOptions): typeof fetch {
  if (!onHubAnswer) return network;
  return async (...asked) => {
    try {
      const response = await network(...asked);
      onHubAnswer(String(response.status));
      return response;
    } catch (error) {
      onHubAnswer('none');
      throw error;
    }
  };
}

/** Of answers that are kept in memory, for each guest. */
const GUEST_MEGABYTES = 2;

/** Puts every value that is found into the set. */
function remember(read: TokenReader, secrets: Set<string>): TokenReader {
  return async (rejected) => {
    const found = await read(rejected);
    if (found.value !== undefined) secrets.add(found.value);
    return found;
  };
}

interface ConnectOptions {
  env: NodeJS.ProcessEnv;
  network: typeof fetch;
  /** Takes a line for the log. */
  log(line: string): void;
  token: TokenReader;
}

/**
 * The plain way to the Hub, as the config and the environment say: no cache, no breaker. Sends nothing by itself.
 * @param config the configuration in force
 * @param options the environment and the network
 * @throws HugwireError `invalid_arguments` when a variable holds no address
 */
export function connectHub(config: Config, { env, network, log, token }: ConnectOptions): HubClient {
  const said = readHubEnvironment(env);
  return createHubClient({
    endpoint: hubEndpoint(config, said),
    viewer: said.viewer,
    token,
    timeoutMs: config.hub.timeoutSeconds * 1000,
    offline: said.offline || config.hub.offline,
    userAgent: userAgent(said),
    network,
    onWarning: (text) => log(`the Hub warns: ${text}`),
  });
}

/**
 * Where the Hub is: HF_ENDPOINT wins over the config.
 * @param config the configuration in force
 * @param said what the environment says
 */
export function hubEndpoint(config: Config, { endpoint }: HubEnvironment): string {
  return endpoint ?? config.hub.endpoint;
}

/**
 * How hugwire introduces itself, as huggingface_hub does.
 * @param said what the environment says
 */
export function userAgent({ quiet, origin }: HubEnvironment): string {
  const parts = [
    `hugwire/${VERSION}`,
    !quiet && `node/${process.versions.node}`,
    !quiet && origin && `origin/${origin}`,
  ];
  return parts.filter(Boolean).join('; ');
}
