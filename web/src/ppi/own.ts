// Own side: batteries as numbered boxes, radars and posts, links, interceptors on the way to their meeting points.
import type { Frame } from '../live/frame';
import type { Scene, State } from '../live/protocol';
import { toX, toY, type Camera } from './camera';
import { drawCross } from './impacts';
import type { Mark } from './marks';
import type { Context, Paint } from './paint';
import type { Sprites } from './symbols';
import { unitIsDown } from './words';

export interface Spot {
  x: number;
  y: number;
}

export const BOX_WIDE_PX = 23;
export const BOX_HIGH_PX = 19;
const RADAR_PX = 15;
const POST_PX = 4;
const ARCH_PX = 12;

export const unitIsHere = (state: State['units'][number]['state']): boolean => state !== 'left' && state !== 'away';

export function drawLinks(context: Context, camera: Camera, scene: Scene, state: State, paint: Paint): void {
  scene.links.forEach((link, i) => {
    const is_down = state.links_down.includes(i);
    context.strokeStyle = is_down ? paint.tone.urgent : paint.tone.line;
    context.setLineDash(is_down ? [2, 5] : []);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(toX(camera, link.from[0]), toY(camera, link.from[1]));
    context.lineTo(toX(camera, link.to[0]), toY(camera, link.to[1]));
    context.stroke();
  });
  context.setLineDash([]);
}

export function drawSites(context: Context, camera: Camera, scene: Scene, state: State, sprites: Sprites, paint: Paint): void {
  scene.sensors.forEach((sensor, i) => {
    const x = toX(camera, sensor.east_m);
    const y = toY(camera, sensor.north_m);
    const is_down = state.sensors_down.includes(i);
    sprites.draw(context, 'radar', is_down ? 'urgent' : 'quiet', RADAR_PX, 1, x, y);
    if (is_down) strikeOut(context, x, y, paint.tone.urgent);
  });
  context.fillStyle = paint.tone.muted;
  for (const post of scene.posts) {
    context.fillRect(toX(camera, post.east_m) - POST_PX / 2, toY(camera, post.north_m) - POST_PX / 2, POST_PX, POST_PX);
  }
}

function strikeOut(context: Context, x: number, y: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - RADAR_PX / 2, y + RADAR_PX / 2);
  context.lineTo(x + RADAR_PX / 2, y - RADAR_PX / 2);
  context.stroke();
}

export function drawUnits(context: Context, camera: Camera, state: State, paint: Paint): void {
  context.font = `600 ${paint.size_px}px ${paint.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  state.units.forEach((unit, i) => {
    if (!unitIsHere(unit.state)) return;
    const x = Math.round(toX(camera, unit.east_m));
    const y = Math.round(toY(camera, unit.north_m));
    const colour = unitIsDown(unit.state) ? paint.tone.urgent : paint.tone.ink;
    context.fillStyle = paint.tone.panel;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    context.rect(x - BOX_WIDE_PX / 2, y - BOX_HIGH_PX / 2, BOX_WIDE_PX, BOX_HIGH_PX);
    context.fill();
    context.stroke();
    context.fillStyle = unitIsDown(unit.state) ? paint.tone.urgent : paint.tone.strong;
    context.fillText(String(i + 1), x, y + 0.5);
  });
}

/** Draw own interceptors; gives where they stand. */
export function drawInterceptors(
  context: Context, camera: Camera, frame: Frame, since_s: number, marks: Mark[], state: State, sprites: Sprites, paint: Paint,
): Spot[] {
  const byTrack = new Map(marks.map((mark) => [mark.now.track, mark]));
  context.strokeStyle = paint.tone.own;
  return frame.interceptors.map((own) => {
    const unit = state.units[own.unit];
    const target = byTrack.get(own.track);
    const left_s = Math.max(0, own.to_meeting_s - since_s);
    const meeting = target && {
      east_m: target.east_m + target.now.ve_mps * left_s,
      north_m: target.north_m + target.now.vn_mps * left_s,
    };
    const share = meeting && own.to_meeting_s > 0 ? Math.min(1, since_s / own.to_meeting_s) : 0;
    const x = toX(camera, own.east_m + share * ((meeting?.east_m ?? own.east_m) - own.east_m));
    const y = toY(camera, own.north_m + share * ((meeting?.north_m ?? own.north_m) - own.north_m));
    if (unit) drawWay(context, toX(camera, unit.east_m), toY(camera, unit.north_m), x, y, 2, []);
    if (meeting) {
      const meetX = toX(camera, meeting.east_m);
      const meetY = toY(camera, meeting.north_m);
      drawWay(context, x, y, meetX, meetY, 1, [2, 4]);
      drawCross(context, meetX, meetY);
    }
    sprites.draw(context, 'interceptor', 'own', ARCH_PX, 1.8, x, y);
    return { x, y };
  });
}

function drawWay(context: Context, x: number, y: number, toX_px: number, toY_px: number, width_px: number, dash: number[]): void {
  context.setLineDash(dash);
  context.lineWidth = width_px;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX_px, toY_px);
  context.stroke();
  context.setLineDash([]);
}
