// Moments and counts as words.
import type { Index, RaidEntry } from './data';
import type { Counts } from './paths';

const DAY_MS = 86_400_000;

function two(value: number): string {
  return String(value).padStart(2, '0');
}

export function moment(index: Index, t_s: number): Date {
  return new Date(Date.parse(index.start_utc) + 1000 * t_s);
}

/** 18:47:32, UTC. */
export function clock(index: Index, t_s: number, hasSeconds = true): string {
  const at = moment(index, Math.floor(t_s + 1e-6));
  const text = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return hasSeconds ? `${text}:${two(at.getUTCSeconds())}` : text;
}

/** Day of the scenario, counted from 1. */
export function day(index: Index, t_s: number): number {
  const start = Math.floor(Date.parse(index.start_utc) / DAY_MS);
  return Math.floor(moment(index, t_s).getTime() / DAY_MS) - start + 1;
}

export function launched(entry: RaidEntry): number {
  return Math.max(...entry.ends.map((ends) => Object.values(ends).reduce((sum, n) => sum + n, 0)));
}

export function raidName(index: Index, i: number): string {
  const entry = index.raids[i]!;
  const leaks = entry.ends.map((ends) => ends.leaked_built_up).join(' or ');
  const same = new Set(entry.ends.map((ends) => ends.leaked_built_up)).size === 1;
  const leaked = same ? entry.ends[0]!.leaked_built_up : leaks;
  return `Raid ${i + 1}: day ${day(index, entry.from_s)}, ${clock(index, entry.from_s, false)}, ${launched(entry)} launched, ${leaked} leaked`;
}

/** "82 launched: 20 in flight, ..." without the leaks, which stand out on their own. */
export function sums(counts: Counts): string {
  const fell = counts.open_ground + counts.at_sea + counts.fell_short;
  const parts = [
    `${counts.in_flight} in flight`,
    `${fell} fell in the open`,
    `${counts.intercepted} intercepted`,
    ...(counts.failed ? [`${counts.failed} failed`] : []),
  ];
  return `${counts.launched} launched: ${parts.join(', ')}`;
}

export const ENDED: Record<string, string> = {
  failed: 'failed at launch',
  fell_short: 'fell short',
  at_sea: 'fell at sea',
  open_ground: 'fell in open ground',
  intercepted: 'intercepted',
  leaked_built_up: 'leaked',
};
