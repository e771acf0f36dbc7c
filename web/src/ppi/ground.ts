// The still part of the picture: land and water, rings of distance, areas, alerts, reach of the batteries.
import type { Point, Scene, State } from '../live/protocol';
import { toX, toY, type Camera } from './camera';
import { hatch, tracePolygon, type Context, type Paint } from './paint';
import { unitIsDown } from './words';

const RING_LEAST_PX = 90;
const RING_STEPS_M = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];
const MANY_RINGS = 40;

export function drawGround(context: Context, camera: Camera, scene: Scene, state: State | null, paint: Paint, ratio: number): void {
  context.fillStyle = scene.land.length ? paint.tone.water : paint.tone.land;
  context.fillRect(0, 0, camera.width_px, camera.height_px);
  fillRings(context, camera, scene.land, paint.tone.land, paint.tone.coast);
  fillRings(context, camera, scene.water ?? [], paint.tone.water, paint.tone.coast);
  drawAreas(context, camera, scene, paint);
  drawDistanceRings(context, camera, scene, paint);
  drawReach(context, camera, scene, state, paint);
  if (state) drawAlerts(context, camera, scene, state, paint, ratio);
}

function onScreen(camera: Camera, ring: Point[]): number[] {
  const xy: number[] = [];
  for (const [east_m, north_m] of ring) xy.push(toX(camera, east_m), toY(camera, north_m));
  return xy;
}

function fillRings(context: Context, camera: Camera, rings: Point[][], fill: string, line: string): void {
  if (!rings.length) return;
  context.beginPath();
  for (const ring of rings) tracePolygon(context, onScreen(camera, ring));
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.stroke();
}

/** Outline of an area: its polygon, or a circle of its radius. */
export function traceArea(context: Context, camera: Camera, area: Scene['areas'][number]): void {
  if (area.polygon) {
    tracePolygon(context, onScreen(camera, area.polygon));
    return;
  }
  const x = toX(camera, area.east_m);
  const radius_px = area.radius_m / camera.m_per_px;
  context.moveTo(x + radius_px, toY(camera, area.north_m));
  context.arc(x, toY(camera, area.north_m), radius_px, 0, 2 * Math.PI);
}

function drawAreas(context: Context, camera: Camera, scene: Scene, paint: Paint): void {
  context.beginPath();
  for (const area of scene.areas) traceArea(context, camera, area);
  context.fillStyle = paint.tone.built;
  context.fill('nonzero');
}

function drawAlerts(context: Context, camera: Camera, scene: Scene, state: State, paint: Paint, ratio: number): void {
  const pattern = hatch(context, paint.tone.alert, ratio);
  for (const alert of state.alerts) {
    const area = scene.areas[alert.area];
    if (!area) continue;
    context.beginPath();
    traceArea(context, camera, area);
    context.fillStyle = paint.tone['alert-fill'];
    context.fill();
    context.globalAlpha = 0.55;
    context.fillStyle = pattern ?? paint.tone['alert-fill'];
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = paint.tone.alert;
    context.lineWidth = 1.2;
    context.stroke();
  }
}

/** Where the rings are centred: the middle of the defended areas, weighted by people. */
export function ringsCentre(scene: Scene): Point {
  let weight = 0;
  let east = 0;
  let north = 0;
  for (const area of scene.areas) {
    const w = Math.max(1, area.population);
    weight += w;
    east += w * area.east_m;
    north += w * area.north_m;
  }
  return weight ? [east / weight, north / weight] : [0, 0];
}

export function ringStep_m(camera: Camera): number {
  return RING_STEPS_M.find((step_m) => step_m / camera.m_per_px >= RING_LEAST_PX) ?? 100_000;
}

function drawDistanceRings(context: Context, camera: Camera, scene: Scene, paint: Paint): void {
  const [east_m, north_m] = ringsCentre(scene);
  const step_px = ringStep_m(camera) / camera.m_per_px;
  const x = toX(camera, east_m);
  const y = toY(camera, north_m);
  const farthest_px = Math.hypot(
    Math.max(x, camera.width_px - x),
    Math.max(y, camera.height_px - y),
  );
  context.strokeStyle = paint.tone.ring;
  context.lineWidth = 1;
  for (let i = 1; i <= MANY_RINGS && i * step_px < farthest_px; i += 1) {
    context.beginPath();
    context.arc(x, y, i * step_px, 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawReach(context: Context, camera: Camera, scene: Scene, state: State | null, paint: Paint): void {
  context.lineWidth = 1;
  scene.units.forEach((unit, i) => {
    const now = state?.units[i];
    if (!now || now.state === 'left' || now.state === 'away') return;
    context.strokeStyle = paint.tone.coast;
    context.setLineDash(unitIsDown(now.state) ? [4, 5] : []);
    context.beginPath();
    context.arc(toX(camera, now.east_m), toY(camera, now.north_m), unit.reach_m / camera.m_per_px, 0, 2 * Math.PI);
    context.stroke();
  });
  context.setLineDash([]);
}
