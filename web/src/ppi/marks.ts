// Where every track stands on the screen at this moment, and how loudly it is to be drawn.
import { STATUS, type Frame, type TrackNow } from '../live/frame';
import type { Threat } from '../live/protocol';
import { toX, toY, type Camera } from './camera';
import type { Tone } from './paint';

export type Loudness = 'plain' | 'symbol' | 'urgent';

export interface Mark {
  now: TrackNow;
  threat: Threat | undefined;
  east_m: number;
  north_m: number;
  x: number;
  y: number;
  loudness: Loudness;
  tone: Tone;
  is_selected: boolean;
}

/** Symbols beside the urgent ones: so many at most, and only for tracks that fall within this time. */
const SYMBOLS_AT_MOST = 60;
const NEAR_S = 90;

const LOUDEST_LAST: Record<Loudness, number> = { plain: 0, symbol: 1, urgent: 2 };

/** Tracks as marks, the loudest last so that they are drawn on top. */
export function marksOf(
  frame: Frame, since_s: number, camera: Camera, threats: Map<number, Threat>, selected: number | null,
): Mark[] {
  const marks = frame.tracks.map((now) => {
    const east_m = now.east_m + now.ve_mps * since_s;
    const north_m = now.north_m + now.vn_mps * since_s;
    const is_selected = now.track === selected;
    return {
      now, threat: threats.get(now.track), east_m, north_m, x: toX(camera, east_m), y: toY(camera, north_m),
      loudness: loudnessOf(now, is_selected), tone: toneOf(now, is_selected), is_selected,
    };
  });
  quietenTooMany(marks);
  return marks.sort((a, b) => LOUDEST_LAST[a.loudness] - LOUDEST_LAST[b.loudness]);
}

const isDone = (now: TrackNow): boolean => now.status === STATUS.hit;
const isEngaged = (now: TrackNow): boolean => now.status === STATUS.away || now.status === STATUS.approved;

export const isUrgent = (now: TrackNow): boolean => (now.is_urgent || now.status === STATUS.asked) && !isEngaged(now) && !isDone(now);

function loudnessOf(now: TrackNow, is_selected: boolean): Loudness {
  if (isUrgent(now)) return 'urgent';
  if (is_selected || isEngaged(now)) return 'symbol';
  return now.is_toward && !isDone(now) && now.to_impact_s < NEAR_S ? 'symbol' : 'plain';
}

function toneOf(now: TrackNow, is_selected: boolean): Tone {
  if (isUrgent(now)) return 'urgent';
  if (isEngaged(now) || isDone(now)) return 'muted';
  return now.is_toward || is_selected ? 'ink' : 'quiet';
}

function quietenTooMany(marks: Mark[]): void {
  const symbols = marks.filter((mark) => mark.loudness === 'symbol' && !mark.is_selected);
  if (symbols.length <= SYMBOLS_AT_MOST) return;
  symbols.sort((a, b) => a.now.to_impact_s - b.now.to_impact_s);
  for (const mark of symbols.slice(SYMBOLS_AT_MOST)) mark.loudness = 'plain';
}
