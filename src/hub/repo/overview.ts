import { compact, count, line, lines, record, tagValues } from '../fields.js';
import { readSpaceRecord, type SpaceRecord, type SpaceRuntime } from '../space.js';
import type { RepoKind } from '../types.js';
import type { FoundRepo } from './lookup.js';

/** What all three kinds have. Fields that the Hub did not give are left out. */
export interface OverviewBase {
  kind: RepoKind;
  id: string;
  renamedFrom?: string;
  revision?: string;
  licence?: string;
  likes?: number;
  /** ISO 8601. */
  updated?: string;
  created?: string;
  /** The commit that this describes. */
  commit?: string;
  private?: boolean;
  disabled?: boolean;
  /** Who lets people in: nobody needs to be asked, or the authors decide. */
  gated?: 'auto' | 'manual';
  /** arXiv ids. */
  papers?: string[];
  /** Bytes of all files of all revisions. */
  storage?: number;
}

/** The fields that every kind is asked for. */
export const SHARED_FIELDS = [
  'author',
  'cardData',
  'createdAt',
  'disabled',
  'lastModified',
  'likes',
  'private',
  'sha',
  'tags',
  'usedStorage',
];

/**
 * Reads what all kinds have in common.
 * @param repo as it was found
 */
export function readBase({ kind, id, renamedFrom, revision, info }: FoundRepo): OverviewBase {
  const card = record(info.cardData);
  const tags = lines(info.tags);
  const said = info.gated === true ? 'manual' : info.gated;
  const gated: OverviewBase['gated'] = said === 'auto' || said === 'manual' ? said : undefined;
  return compact({
    kind,
    id,
    renamedFrom,
    revision,
    licence: readLicence(card, tags),
    likes: count(info.likes),
    updated: line(info.lastModified, 40),
    created: line(info.createdAt, 40),
    commit: line(info.sha, 40),
    private: info.private === true || undefined,
    disabled: info.disabled === true || undefined,
    gated,
    papers: tagValues(tags, 'arxiv'),
    storage: count(info.usedStorage),
  });
}

/** `license: other` says nothing; the name beside it does. */
function readLicence(card: Record<string, unknown>, tags: string[]): string | undefined {
  const [told] = lines(card.license);
  const [tagged] = tagValues(tags, 'license');
  const licence = told ?? tagged;
  const name = line(card.license_name, 60);
  return name && (licence === undefined || licence === 'other') ? name : licence;
}

/**
 * The languages that a card names, or its tags where it names none.
 * @param card front matter
 * @param tags of the repository
 */
export function readLanguages(card: Record<string, unknown>, tags: readonly string[]): string[] {
  const told = lines(card.language, 20);
  return told.length > 0 ? told : tagValues(tags, 'language');
}

type SpaceFacts = Pick<SpaceRecord, 'title' | 'description' | 'sdk' | 'sdkVersion' | keyof SpaceRuntime>;

export interface SpaceOverview extends OverviewBase, SpaceFacts {
  kind: 'space';
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
  const { title, description, sdk, sdkVersion, stage, hardware, failure, mcp } = readSpaceRecord(info);
  return compact({
    ...readBase(repo),
    kind: 'space' as const,
    title,
    description,
    sdk,
    sdkVersion,
    stage,
    hardware,
    failure,
    models: lines(info.models),
    datasets: lines(info.datasets),
    mcp: mcp || undefined,
  });
}
