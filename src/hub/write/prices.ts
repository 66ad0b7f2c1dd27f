import { HugwireError } from '../../lib/errors.js';
import { count, line, records } from '../fields.js';
import type { HubClient } from '../types.js';

/** What a machine costs, in US dollars. */
export interface Price {
  flavor: string;
  perMinute: number;
}

/** Minutes in what the Hub counts in. */
const MINUTES: Record<string, number> = { second: 1 / 60, minute: 1, hour: 60 };

/**
 * What machines there are for jobs, and what they cost now: whoever agrees to it counts on that.
 * @param hub the Hub
 */
async function listPrices(hub: HubClient): Promise<Price[]> {
  const answer = await hub.request('/api/jobs/hardware');
  return records(answer.json()).flatMap((row) => {
    const flavor = line(row.name, 60);
    const cost = count(row.unitCostUSD);
    const minutes = MINUTES[line(row.unitLabel, 20) ?? 'minute'];
    return flavor && cost !== undefined && minutes ? [{ flavor, perMinute: cost / minutes }] : [];
  });
}

/**
 * What one machine costs.
 * @param hub the Hub
 * @param flavor its name
 * @throws HugwireError `invalid_arguments` when there is none of that name
 */
export async function priceOf(hub: HubClient, flavor: string): Promise<Price> {
  const prices = await listPrices(hub);
  const found = prices.find((one) => one.flavor === flavor);
  if (found) return found;
  const names = prices.map((one) => one.flavor).join(', ');
  throw new HugwireError('invalid_arguments', `There is no hardware ${flavor}.`, { hint: `There are: ${names}.` });
}
