// Names on the picture: what may be named, in order of weight, and where there is room for it.
import type { Scene, Threat, View } from '../data';
import { placeAt, roundsAt, standing } from '../paths';
import type { Vector2 } from 'three';
import type { Stage, Window } from './stage';

type Eye = (place_m: [number, number, number]) => Vector2 | null;

export interface Label {
  key: string;
  text: string;
  /** A second word in its own colour: "alert". */
  mark: string;
  kind: 'area' | 'alert' | 'battery' | 'picked' | 'site';
  /** Left and top edge [CSS px]. */
  x: number;
  y: number;
}

export type Box = [number, number, number, number];

const MOST_AREAS = 26;
const ROW_PX = 17;
const GAP_PX = 4;
const EDGE_PX = 6;
const SITE_PX = 12;
const RING_PX = 24;
const FONTS = { area: '12px', alert: '13px', battery: '12px', picked: '600 13px', site: '12px' } as const;
export const FAMILY = "Inter, system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";

let ruler: CanvasRenderingContext2D | null = null;
const widths = new Map<string, number>();

function widthOf(text: string, kind: Label['kind']): number {
  const key = `${kind}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    ruler ??= document.createElement('canvas').getContext('2d')!;
    ruler.font = `${FONTS[kind]} ${FAMILY}`;
    width = Math.ceil(ruler.measureText(text).width) + 2;
    widths.set(key, width);
  }
  return width;
}

function meets(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** A label that wants a place: about a point, so far to the side, above and below. */
interface Wish extends Omit<Label, 'x' | 'y'> {
  at: [number, number];
  aside: number;
  above: number;
  below: number;
  /** What is tried first: beside the point, or under it. */
  isBeside: boolean;
}

/** Left and top edges of the places that a label may take, the best first. */
function places({ at, aside, above, below, isBeside, kind }: Wish, width: number): [number, number][] {
  const [x, y] = at;
  const middle = y - ROW_PX / 2;
  const beside: [number, number][] = [[x + aside, middle], [x - aside - width, middle]];
  const stacked: [number, number][] = [[x - width / 2, y + below], [x - width / 2, y - above - ROW_PX]];
  const corners: [number, number][] = [
    [x + 0.6 * aside, y + below],
    [x - 0.6 * aside - width, y + below],
    [x + 0.6 * aside, y - above - ROW_PX],
    [x - 0.6 * aside - width, y - above - ROW_PX],
  ];
  if (kind === 'area') return [stacked[0]!, ...beside];
  return isBeside ? [...beside, ...stacked, ...corners] : [...stacked, ...beside, ...corners];
}

/** Box of an outline on the screen: left, top, right, bottom; null if a part of it is behind the eye. */
function seen(eye: Eye, ring: [number, number][]): Box | null {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [east, north] of ring) {
    const at = eye([east, north, 0]);
    if (!at) return null;
    box[0] = Math.min(box[0], at.x);
    box[1] = Math.min(box[1], at.y);
    box[2] = Math.max(box[2], at.x);
    box[3] = Math.max(box[3], at.y);
  }
  return ring.length ? box : null;
}

function areaWishes(eye: Eye, scene: Scene, view: View, t_s: number): Wish[] {
  const alerted = new Set(view.alerts.filter(([, since, until]) => since <= t_s && t_s < until).map(([area]) => area));
  const order = scene.areas
    .map((area, i) => ({ area, i, weight: area.people + (alerted.has(i) ? 1e9 : 0) }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_AREAS + Math.min(alerted.size, MOST_AREAS));
  return order.flatMap(({ area, i }) => {
    const box = seen(eye, area.ring_m);
    if (!box) return [];
    const isAlert = alerted.has(i);
    const high = (box[3] - box[1]) / 2 + 4;
    return [
      {
        key: `a${i}`,
        text: area.name,
        mark: isAlert ? 'alert' : '',
        kind: isAlert ? ('alert' as const) : ('area' as const),
        at: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] as [number, number],
        aside: (box[2] - box[0]) / 2 + 6,
        above: high,
        below: high,
        isBeside: false,
      },
    ];
  });
}

/** Squares where batteries stand, and the names that go with them. */
function batteryWishes(eye: Eye, frame: Window, view: View, t_s: number): { sites: Label[]; names: Wish[] } {
  const sites: Label[] = [];
  const names: Wish[] = [];
  for (const battery of view.batteries) {
    const stands = standing(battery, t_s);
    const at = stands && eye([stands.east_m, stands.north_m, 0]);
    if (!stands || !at || !isIn(frame, [at.x, at.y, at.x, at.y])) continue;
    const state = stands.state === 'ready' || stands.state === 'repaired' ? '' : `, ${stands.state}`;
    const text = `${battery.label}, ${roundsAt(battery, t_s)} rounds${state}`;
    const half = SITE_PX / 2;
    sites.push({ key: `s${battery.id}`, text: '', mark: '', kind: 'site', x: at.x - half, y: at.y - half });
    names.push({
      key: `b${battery.id}`,
      text,
      mark: '',
      kind: 'battery',
      at: [at.x, at.y],
      aside: half + 4,
      above: half + 1,
      below: half + 1,
      isBeside: true,
    });
  }
  return { sites, names };
}

function pickedWish(eye: Eye, threat: Threat | undefined, t_s: number): Wish[] {
  if (!threat || threat.from_s > t_s) return [];
  const at = eye(placeAt(threat.path, t_s));
  if (!at) return [];
  const about = { aside: RING_PX + 3, above: RING_PX, below: RING_PX, isBeside: true };
  return [{ key: 'picked', text: threat.name, mark: '', kind: 'picked', at: [at.x, at.y], ...about }];
}

function isIn(frame: Window, box: Box): boolean {
  return (
    box[0] > frame.left + EDGE_PX &&
    box[2] < frame.left + frame.width - EDGE_PX &&
    box[1] > frame.top + EDGE_PX &&
    box[3] < frame.top + frame.height - EDGE_PX
  );
}

/** Labels of one window that find room, the weightiest first; squares of batteries are always there. */
export function labelsOf(
  stage: Stage,
  frame: Window,
  scene: Scene,
  view: View,
  picked: Threat | undefined,
  t_s: number,
  kept: Box[],
): Label[] {
  const eye = stage.eye(frame);
  const areas = areaWishes(eye, scene, view, t_s);
  const { sites, names } = batteryWishes(eye, frame, view, t_s);
  const visible = sites.filter((site) => !kept.some((box) => meets(box, [site.x, site.y, site.x + SITE_PX, site.y + SITE_PX])));
  const wishes = [
    ...pickedWish(eye, picked, t_s),
    ...areas.filter((wish) => wish.kind === 'alert'),
    ...names,
    ...areas.filter((wish) => wish.kind === 'area'),
  ];
  const taken: Box[] = [...kept, ...visible.map(({ x, y }): Box => [x, y, x + SITE_PX, y + SITE_PX])];
  const found: Label[] = [...visible];
  for (const wish of wishes) {
    const { key, text, mark, kind } = wish;
    const width = widthOf(mark ? `${text} ${mark}` : text, kind) + (mark ? 3 : 0);
    for (const [x, y] of places(wish, width)) {
      const box: Box = [x - GAP_PX, y, x + width + GAP_PX, y + ROW_PX];
      if (!isIn(frame, box) || taken.some((other) => meets(box, other))) continue;
      taken.push(box);
      found.push({ key, text, mark, kind, x, y });
      break;
    }
  }
  return found;
}

/** The object whose head is nearest to a point [CSS px], within reach; also those that came down. */
export function nearest(stage: Stage, frame: Window, view: View, t_s: number, x: number, y: number): Threat | null {
  const eye = stage.eye(frame);
  let [best, found]: [number, Threat | null] = [26, null];
  for (const threat of view.threats) {
    if (threat.from_s > t_s) continue;
    const isOver = threat.end_s <= t_s;
    if (isOver && threat.end === 'intercepted' && t_s - threat.end_s > 6) continue;
    const at = eye(placeAt(threat.path, t_s));
    if (!at) continue;
    const far = Math.hypot(at.x - x, at.y - y) + (isOver ? 6 : 0);
    if (far < best) [best, found] = [far, threat];
  }
  return found;
}
