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
    failure: line(runtime.errorMessage, 300),
    hardware: line(hardware.current, 40) ?? line(hardware.requested, 40) ?? line(runtime.hardware, 40),
  };
}
