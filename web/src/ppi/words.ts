// States of batteries in words, the same in the picture and in the table.
import type { UnitNow, UnitState } from '../live/protocol';
import { countdown } from '../shared/format';

const STATE_WORDS: Record<UnitState, string> = {
  ready: 'ready', moving: 'moving', waiting: 'waiting', failed: 'failed', left: 'left', away: 'not here yet', cut_off: 'link lost',
};

/** A battery that cannot be commanded: its reach is dashed and its sign is a triangle. */
export const unitIsDown = (state: UnitState): boolean => state === 'failed' || state === 'cut_off';

/** Seconds until the next launcher is loaded again, or null. */
export function reload_s(unit: UnitNow, now_s: number): number | null {
  const ends_s = unit.launchers.map((launcher) => launcher.t_loaded_s).filter((t_s) => t_s !== null && t_s > now_s);
  return ends_s.length ? Math.min(...(ends_s as number[])) - now_s : null;
}

/** What a battery is doing, in one or two words. */
export function unitWords(unit: UnitNow, now_s: number): string {
  if (unit.state !== 'ready') return STATE_WORDS[unit.state];
  const left_s = reload_s(unit, now_s);
  if (left_s !== null) return `reload ${countdown(left_s)}`;
  return unit.ready === 0 ? 'no rounds' : 'ready';
}
