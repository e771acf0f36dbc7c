// Names on the picture: what may be named, in order of weight, and where there is room for it.
import type { Scene, Threat, View } from '../data';
import { placeAt, roundsAt, standing } from '../paths';
import type { Stage, Window } from './stage';

export interface Label {
  key: string;
  text: string;
  /** A second word in its own colour: "alert". */
  mark: string;
  kind: 'area' | 'alert' | 'battery' | 'picked';
  x: number;
  y: number;
}

const MOST_AREAS = 26;
const ROW_PX = 17;
const LETTER_PX = 7;
const GAP_PX = 4;
const EDGE_PX = 6;

type Box = [number, number, number, number];

function meets(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

interface Wish extends Label {
  /** Left edge from x, as a share of the width. */
  shift: number;
}

/** Lowest point of an outline on the screen, and the middle above it. */
function underArea(stage: Stage, frame: Window, ring: [number, number][]): [number, number] | null {
  let [low, sum, n] = [-Infinity, 0, 0];
  for (const [east, north] of ring) {
    const at = stage.project([east, north, 0], frame);
    if (!at) return null;
    low = Math.max(low, at.y);
    sum += at.x;
    n += 1;
  }
  return n ? [sum / n, low + 4] : null;
}

function areaWishes(stage: Stage, frame: Window, scene: Scene, view: View, t_s: number): Wish[] {
  const alerted = new Set(view.alerts.filter(([, since, until]) => since <= t_s && t_s < until).map(([area]) => area));
  const order = scene.areas
    .map((area, i) => ({ area, i, weight: area.people + (alerted.has(i) ? 1e9 : 0) }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_AREAS + Math.min(alerted.size, MOST_AREAS));
  return order.flatMap(({ area, i }) => {
    const at = underArea(stage, frame, area.ring_m);
    const isAlert = alerted.has(i);
    const wish: Omit<Wish, 'x' | 'y'> = {
      key: `a${i}`,
      text: area.name,
      mark: isAlert ? 'alert' : '',
      kind: isAlert ? 'alert' : 'area',
      shift: -0.5,
    };
    return at ? [{ ...wish, x: at[0], y: at[1] }] : [];
  });
}

function batteryWishes(stage: Stage, frame: Window, view: View, t_s: number): Wish[] {
  return view.batteries.flatMap((battery) => {
    const stands = standing(battery, t_s);
    const at = stands && stage.project([stands.east_m, stands.north_m, 0], frame);
    if (!stands || !at) return [];
    const state = stands.state === 'ready' || stands.state === 'repaired' ? '' : `, ${stands.state}`;
    const text = `${battery.label}, ${roundsAt(battery, t_s)} rounds${state}`;
    return [{ key: `b${battery.id}`, text, mark: '', kind: 'battery' as const, x: at.x - 5, y: at.y - ROW_PX / 2, shift: 0 }];
  });
}

function pickedWish(stage: Stage, frame: Window, threat: Threat | undefined, t_s: number): Wish[] {
  if (!threat || threat.from_s > t_s) return [];
  const at = stage.project(placeAt(threat.path, t_s), frame);
  return at ? [{ key: 'picked', text: threat.name, mark: '', kind: 'picked', x: at.x + 26, y: at.y - ROW_PX / 2, shift: 0 }] : [];
}

/** Labels of one window that find room, the weightiest first. */
export function labelsOf(
  stage: Stage,
  frame: Window,
  scene: Scene,
  view: View,
  picked: Threat | undefined,
  t_s: number,
  kept: Box[],
): Label[] {
  const areas = areaWishes(stage, frame, scene, view, t_s);
  const wishes = [
    ...pickedWish(stage, frame, picked, t_s),
    ...areas.filter((wish) => wish.kind === 'alert'),
    ...batteryWishes(stage, frame, view, t_s),
    ...areas.filter((wish) => wish.kind === 'area'),
  ];
  const taken: Box[] = [...kept];
  const found: Label[] = [];
  for (const { shift, ...label } of wishes) {
    const letters = label.text.length + (label.mark ? label.mark.length + 1 : 0) + (label.kind === 'battery' ? 2 : 0);
    const width = letters * LETTER_PX;
    const left = label.x + shift * width;
    const box: Box = [left - GAP_PX, label.y, left + width + GAP_PX, label.y + ROW_PX];
    const isInside =
      box[0] > frame.left + EDGE_PX &&
      box[2] < frame.left + frame.width - EDGE_PX &&
      box[1] > frame.top + EDGE_PX &&
      box[3] < frame.top + frame.height - EDGE_PX;
    if (!isInside || taken.some((other) => meets(box, other))) continue;
    taken.push(box);
    found.push(label);
  }
  return found;
}

/** The object whose head is nearest to a point [CSS px], within reach; also those that came down. */
export function nearest(stage: Stage, frame: Window, view: View, t_s: number, x: number, y: number): Threat | null {
  let [best, found]: [number, Threat | null] = [26, null];
  for (const threat of view.threats) {
    if (threat.from_s > t_s) continue;
    const isOver = threat.end_s <= t_s;
    if (isOver && threat.end === 'intercepted' && t_s - threat.end_s > 6) continue;
    const at = stage.project(placeAt(threat.path, t_s), frame);
    if (!at) continue;
    const far = Math.hypot(at.x - x, at.y - y) + (isOver ? 6 : 0);
    if (far < best) [best, found] = [far, threat];
  }
  return found;
}
