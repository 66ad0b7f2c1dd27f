import { datasetRows } from './dataset_rows.js';
import { history } from './history.js';
import { hubCreate } from './hub_create.js';
import { hubDiscuss } from './hub_discuss.js';
import { hubDownload } from './hub_download.js';
import { hubJob } from './hub_job.js';
import { hubRead } from './hub_read.js';
import { hubRepo } from './hub_repo.js';
import { hubSearch } from './hub_search.js';
import { hubWhoami } from './hub_whoami.js';
import { hubWrite } from './hub_write.js';
import { memorySave } from './memory_save.js';
import { memorySearch } from './memory_search.js';
import { spaceAdmin } from './space_admin.js';
import { spaceCall } from './space_call.js';
import { spaceInfo } from './space_info.js';
import { spacePin } from './space_pin.js';
import { spaceResult } from './space_result.js';
import type { AnyTool } from './tool.js';

/** Every built-in tool, sorted by name. */
export const TOOLS: readonly AnyTool[] = [
  datasetRows,
  history,
  hubCreate,
  hubDiscuss,
  hubDownload,
  hubJob,
  hubRead,
  hubRepo,
  hubSearch,
  hubWhoami,
  hubWrite,
  memorySave,
  memorySearch,
  spaceAdmin,
  spaceCall,
  spaceInfo,
  spacePin,
  spaceResult,
];

/** Names that no tool of a Space may have. */
export const BUILT_IN: readonly string[] = TOOLS.map(({ name }) => name);
