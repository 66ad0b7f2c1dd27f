import { cleanLine, cleanText } from '../lib/text.js';
import { count, line, lines, record } from './fields.js';

/** How a Space runs. */
export interface SpaceRuntime {
  /** The Hub's stage, such as RUNNING or SLEEPING. */
  stage?: string;
  /** What the Hub says of a Space that failed. */
  failure?: string;
  /** What it runs on now, else what was asked for. */
  hardware?: string;
}

/** What the Hub says of a Space. Fields that it did not give are left out. */
export interface SpaceRecord extends SpaceRuntime {
  /** What the Space is called now; the Hub follows renames. */
  id?: string;
  title?: string;
  description?: string;
  sdk?: string;
  sdkVersion?: string;
  /** What it is for, in the Hub's words; lists and the search alone tell it. */
  category?: string;
  private: boolean;
  likes?: number;
  /** Its commit. */
  sha?: string;
  /** Offers its functions over MCP as well. */
  mcp: boolean;
  /** Hosts of its app, custom ones among them; the first part of the Hub's own one. */
  domains: unknown[];
  subdomain?: string;
}

/**
 * Reads a Space as `/api/spaces/…`, the lists and the search answer it: whichever fields were asked for.
 * @param json of the Hub
 */
export function readSpaceRecord(json: unknown): SpaceRecord {
  const info = record(json);
  const card = record(info.cardData);
  const runtime = record(info.runtime);
  const { id, subdomain } = info;
  return {
    id: typeof id === 'string' && /^[\w.-]+\/[\w.-]+$/.test(id) ? id : undefined,
    title: line(info.title, 120) ?? line(card.title, 120),
    description: line(info.shortDescription) ?? line(card.short_description) ?? line(info.ai_short_description),
    sdk: line(info.sdk, 20),
    sdkVersion: line(card.sdk_version, 20),
    category: line(info.ai_category, 40),
    ...readSpaceRuntime(info.runtime),
    private: info.private === true,
    likes: count(info.likes),
    sha: line(info.sha, 64),
    mcp: lines(info.tags).includes('mcp-server'),
    domains: Array.isArray(runtime.domains) ? runtime.domains : [],
    subdomain: typeof subdomain === 'string' && /^[a-z0-9-]+$/i.test(subdomain) ? subdomain.toLowerCase() : undefined,
  };
}

/**
 * Reads how a Space runs, as `/api/spaces/…/runtime` answers it.
 * @param json of the Hub
 */
export function readSpaceRuntime(json: unknown): SpaceRuntime {
  const runtime = record(json);
  const hardware = record(runtime.hardware);
  return {
    stage: line(runtime.stage, 40),
    failure: readFailure(runtime.errorMessage),
    hardware: line(hardware.current, 40) ?? line(hardware.requested, 40) ?? line(runtime.hardware, 40),
  };
}

const MAX_FAILURE = 300;
/** The Hub keeps about 2,000 characters; what is longer is read from its end. */
const MAX_LOG = 8000;
const TRACEBACK = 'Traceback (most recent call last):';
/** How a line of a log begins that names an exception: `torch.cuda.OutOfMemoryError: …`, `Error: …`, `ERROR: …`. */
const EXCEPTION = /^(?:[a-z_][\w.]*)?(?:error|exception|interrupt|exit|fatal|panic)\b/i;
/** Lines that tell nothing of a failure: progress bars, steps of a build, its counts. */
const NOISE = /\d%\||^(?:cache miss|cache hit|-->)|^\{"total":/;

/**
 * Why a Space failed, on one line, from the log that the Hub gives: what happened stands at its end, below a traceback.
 * @param message `runtime.errorMessage`
 * @returns how it ended, where the Hub says so, and the exception, or the last lines
 */
function readFailure(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  const head = /^[^\n]{0,80}?exit code: -?\d+(?=\. Reason:)/i.exec(message)?.[0];
  const log = cleanText((head ? message.slice(head.length + '. Reason:'.length) : message).slice(-MAX_LOG));
  const reason = cleanLine(findReason(log), MAX_FAILURE);
  return line([head, reason].filter(Boolean).join('. '), MAX_FAILURE + 100);
}

function findReason(log: string): string {
  const at = log.lastIndexOf(TRACEBACK);
  const lines = (at === -1 ? log : log.slice(at + TRACEBACK.length))
    .split('\n')
    .filter((text) => !NOISE.test(text.trimStart()));
  // Below the frames of a traceback, which are indented, the exception is the first line that is not.
  const start =
    at === -1 ? lines.findLastIndex((text) => EXCEPTION.test(text)) : lines.findIndex((text) => /^\S/.test(text));
  if (start !== -1) return lines.slice(start).join('\n');
  const tail = lines.join('\n').replace(/\s+/g, ' ').trim();
  return tail.length > MAX_FAILURE ? `…${tail.slice(1 - MAX_FAILURE)}` : tail;
}
