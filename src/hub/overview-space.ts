import { compact, line, lines, record } from './fields.js';
import type { FoundRepo } from './lookup.js';
import { type OverviewBase, readBase, SHARED_FIELDS } from './overview.js';

export interface SpaceOverview extends OverviewBase {
  kind: 'space';
  title?: string;
  description?: string;
  sdk?: string;
  sdkVersion?: string;
  /** The Hub's stage, such as RUNNING or SLEEPING. */
  stage?: string;
  /** What it runs on now, else what was asked for. */
  hardware?: string;
  /** What the Hub says of a Space that failed. */
  failure?: string;
  models?: string[];
  datasets?: string[];
  /** Offers its functions over MCP as well. */
  mcp?: boolean;
}

/** The fields to expand for a Space. */
export const SPACE_FIELDS = [...SHARED_FIELDS, 'datasets', 'models', 'runtime', 'sdk', 'subdomain'];

/**
 * Reads a Space.
 * @param repo found with `SPACE_FIELDS`
 */
export function readSpace(repo: FoundRepo): SpaceOverview {
  const { info } = repo;
  const card = record(info.cardData);
  const runtime = record(info.runtime);
  const hardware = record(runtime.hardware);
  return compact({
    ...readBase(repo),
    kind: 'space' as const,
    title: line(card.title, 120),
    description: line(card.short_description, 200),
    sdk: line(info.sdk, 20),
    sdkVersion: line(card.sdk_version, 20),
    stage: line(runtime.stage, 40),
    hardware: line(hardware.current, 40) ?? line(hardware.requested, 40),
    failure: line(runtime.errorMessage, 300),
    models: lines(info.models),
    datasets: lines(info.datasets),
    mcp: lines(info.tags).includes('mcp-server') || undefined,
  });
}
