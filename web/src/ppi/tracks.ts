// Tracks: trail, velocity leader, and a plain shape or a symbol.
import { STATUS } from '../live/frame';
import { TRAIL_DOTS, type Trails } from '../live/trails';
import { toX, toY, type Camera } from './camera';
import type { Mark } from './marks';
import type { Context, Paint, Tone } from './paint';
import { symbolOfGroup, type PlainShape, type Sprites } from './symbols';

const DOT_PX = 1.6;
/** With so many tracks, those that head for open ground have short trails. */
const MANY_TRACKS = 150;
const SHORT_TRAIL_DOTS = 4;
const LEADER_S = 6;
const LEADER_LONGEST_PX = 26;
const LEADER_SHORTEST_PX = 4;
const PLAIN_PX = 4.2;
export const SYMBOL_PX = 17;
export const URGENT_PX = 20;
const SMALL_PICTURE_PX = 600;
const SMALL_SHARE = 0.78;
export const BRACKET_PX = 17;
const BRACKET_ARM_PX = 7;

export function drawTrails(context: Context, camera: Camera, marks: Mark[], trails: Trails, paint: Paint): void {
  for (const tone of ['quiet', 'muted', 'ink', 'urgent'] as Tone[]) {
    const some = marks.filter((mark) => mark.tone === tone);
    if (!some.length) continue;
    context.fillStyle = paint.tone[tone === 'ink' ? 'muted' : tone];
    const dots = tone === 'quiet' && marks.length > MANY_TRACKS ? SHORT_TRAIL_DOTS : TRAIL_DOTS;
    for (let age = 0; age < dots; age += 1) {
      context.globalAlpha = 0.8 * (1 - age / dots);
      context.beginPath();
      for (const mark of some) addDot(context, camera, trails.of(mark.now.track), age);
      context.fill();
    }
  }
  context.globalAlpha = 1;
}

function addDot(context: Context, camera: Camera, points: readonly number[], age: number): void {
  const i = points.length - 2 * (age + 1);
  const east_m = points[i];
  const north_m = points[i + 1];
  if (i < 0 || east_m === undefined || north_m === undefined) return;
  context.rect(toX(camera, east_m) - DOT_PX / 2, toY(camera, north_m) - DOT_PX / 2, DOT_PX, DOT_PX);
}

export function drawLeaders(context: Context, camera: Camera, marks: Mark[], paint: Paint): void {
  for (const tone of ['quiet', 'muted', 'ink', 'urgent'] as Tone[]) {
    context.strokeStyle = paint.tone[tone];
    context.lineWidth = tone === 'urgent' ? 2 : 1;
    context.beginPath();
    for (const mark of marks) if (mark.tone === tone) addLeader(context, camera, mark);
    context.stroke();
  }
}

function addLeader(context: Context, camera: Camera, mark: Mark): void {
  const from_px = mark.loudness === 'plain' ? PLAIN_PX : SYMBOL_PX / 2;
  const tip = leaderTip(mark, camera);
  const length_px = Math.hypot(tip.x - mark.x, tip.y - mark.y);
  if (length_px < from_px + LEADER_SHORTEST_PX) return;
  context.moveTo(mark.x + ((tip.x - mark.x) / length_px) * from_px, mark.y + ((tip.y - mark.y) / length_px) * from_px);
  context.lineTo(tip.x, tip.y);
}

/** Where the velocity leader ends: a few seconds ahead of the edge of the symbol, and never long. */
export function leaderTip(mark: Mark, camera: Camera): { x: number; y: number } {
  const speed_mps = Math.hypot(mark.now.ve_mps, mark.now.vn_mps);
  if (speed_mps === 0) return { x: mark.x, y: mark.y };
  const from_px = mark.loudness === 'plain' ? PLAIN_PX : SYMBOL_PX / 2;
  const reach_px = from_px + Math.min(LEADER_LONGEST_PX, (speed_mps * LEADER_S) / camera.m_per_px);
  return { x: mark.x + (mark.now.ve_mps / speed_mps) * reach_px, y: mark.y - (mark.now.vn_mps / speed_mps) * reach_px };
}

export function drawMarks(context: Context, camera: Camera, marks: Mark[], sprites: Sprites): void {
  const share = camera.width_px < SMALL_PICTURE_PX ? SMALL_SHARE : 1;
  for (const mark of marks) {
    const { x, y, tone } = mark;
    if (mark.loudness === 'plain') sprites.drawPlain(context, plainShape(mark), tone, PLAIN_PX, x, y);
    else if (mark.loudness === 'urgent') sprites.draw(context, symbolOfGroup(mark.now.group), tone, share * URGENT_PX, 2, x, y);
    else sprites.draw(context, symbolOfGroup(mark.now.group), tone, share * SYMBOL_PX, 1.3, x, y);
  }
}

function plainShape(mark: Mark): PlainShape {
  if (mark.now.status === STATUS.hit) return 'cross';
  return mark.now.is_toward ? 'roof' : 'diamond';
}

/** Corners around the selected track. */
export function drawBrackets(context: Context, marks: Mark[], paint: Paint): void {
  const mark = marks.find((one) => one.is_selected);
  if (!mark) return;
  context.strokeStyle = paint.tone.strong;
  context.lineWidth = 1.6;
  context.beginPath();
  for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
    const x = mark.x + sx * BRACKET_PX;
    const y = mark.y + sy * BRACKET_PX;
    context.moveTo(x - sx * BRACKET_ARM_PX, y);
    context.lineTo(x, y);
    context.lineTo(x, y - sy * BRACKET_ARM_PX);
  }
  context.stroke();
}
