// The four cameras: where each of them stands for a raid.
import type { Scene, View } from '../data';
import { boundsOf, flow, type Bounds } from '../paths';
import { FIELD_DEG, type Pose } from './rig';
import { HIGH, UNIT_M } from './shared';

export const CAMERAS = ['Side', 'Above', 'Battery', 'Follow'] as const;
export type Camera = (typeof CAMERAS)[number];

const SIDE_DOWN = 0.165;
/** Raids that stay so low, as a share of half their width, are looked at from higher up. */
const LOW_SHARE = 0.15;
const LOW_DOWN = 0.34;
const WIDE_SHARE = 0.7;
const HIGH_SHARE = 0.8;
const SIDE_TURN = 0.95;
const FOLLOW_DISTANCE = 13;
const BATTERY_AHEAD = 4;
const BATTERY_DOWN = 0.14;

export interface Stand {
  bounds: Bounds;
  /** Bearing from where things come down to where they come from. */
  toward: number;
  /** Bearing of the side camera. */
  side: number;
}

function isInRing(x: number, y: number, ring: [number, number][]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i]!;
    const [xj, yj] = ring[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Share of the way from the raid's middle to the eye that is over water. */
function wet(scene: Scene, middle: [number, number], bearing: number, reach_m: number): number {
  if (scene.land === 'none') return 0;
  let n = 0;
  for (let k = 1; k <= 12; k += 1) {
    const far = (reach_m * k) / 8;
    const east = middle[0] - Math.sin(bearing) * far;
    const north = middle[1] - Math.cos(bearing) * far;
    if (!scene.land_m.some((ring) => isInRing(east, north, ring))) n += 1;
  }
  return n;
}

/** How the cameras stand to a raid: the side camera looks across the flow, from the sea if there is one. */
export function standOf(scene: Scene, views: View[]): Stand {
  const bounds = boundsOf(views);
  const { from, to } = flow(views);
  const toward = Math.atan2(from[0] - to[0], from[1] - to[1]);
  const middle: [number, number] = [(bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2];
  const reach_m = Math.hypot(bounds.east - bounds.west, bounds.north - bounds.south) / 2;
  const sides = [toward + SIDE_TURN, toward - SIDE_TURN];
  const dampness = sides.map((bearing) => wet(scene, middle, bearing, reach_m));
  return { bounds, toward, side: dampness[1]! > dampness[0]! ? sides[1]! : sides[0]! };
}

/** Width over height of a window, and the shares of its width and height that are free. */
export interface Room {
  aspect: number;
  wide: number;
  high: number;
}

/** Distance from which half a width and half a height fit. */
function fitted(half: number, high: number, { aspect, wide, high: free }: Room): number {
  const slope = Math.tan((FIELD_DEG * Math.PI) / 360);
  return Math.max(half / (WIDE_SHARE * slope * aspect * wide), high / (HIGH_SHARE * slope * free));
}

/** Half the width of a box seen from a bearing. */
function halfAcross(bounds: Bounds, bearing: number): number {
  const [wide, long] = [(bounds.east - bounds.west) / 2 / UNIT_M, (bounds.north - bounds.south) / 2 / UNIT_M];
  return Math.abs(wide * Math.cos(bearing)) + Math.abs(long * Math.sin(bearing));
}

export function sidePose(stand: Stand, room: Room): Pose {
  const { bounds, side } = stand;
  const half = Math.max(halfAcross(bounds, side), 6);
  const high = (bounds.high * HIGH) / UNIT_M;
  return {
    x: (bounds.west + bounds.east) / 2 / UNIT_M,
    y: 0.42 * high,
    z: -(bounds.south + bounds.north) / 2 / UNIT_M,
    distance: fitted(half, 0.5 * high + 0.2 * half, room),
    bearing: side,
    down: high < LOW_SHARE * half ? LOW_DOWN : SIDE_DOWN,
  };
}

export function abovePose(stand: Stand, room: Room): Pose {
  const { bounds } = stand;
  const [wide, long] = [(bounds.east - bounds.west) / 2 / UNIT_M, (bounds.north - bounds.south) / 2 / UNIT_M];
  return {
    x: (bounds.west + bounds.east) / 2 / UNIT_M,
    y: 0,
    z: -(bounds.south + bounds.north) / 2 / UNIT_M,
    distance: fitted(Math.max(wide, 5), Math.max(long, 5), room) + (0.6 * bounds.high * HIGH) / UNIT_M,
    bearing: 0,
    down: Math.PI / 2,
  };
}

export function batteryPose(stand: Stand, place: { east_m: number; north_m: number }, room: Room): Pose {
  const high = Math.max((stand.bounds.high * HIGH) / UNIT_M, 5);
  return {
    x: place.east_m / UNIT_M + Math.sin(stand.toward) * BATTERY_AHEAD,
    y: 0.46 * high,
    z: -place.north_m / UNIT_M - Math.cos(stand.toward) * BATTERY_AHEAD,
    distance: fitted(BATTERY_AHEAD, 0.62 * high, room),
    bearing: stand.toward,
    down: BATTERY_DOWN,
  };
}

export function followPose(stand: Stand, place: [number, number, number], high: number, now: Pose): Pose {
  return {
    x: place[0] / UNIT_M,
    y: (place[2] * high) / UNIT_M,
    z: -place[1] / UNIT_M,
    distance: Math.min(now.distance, FOLLOW_DISTANCE),
    bearing: stand.side,
    down: 0.22,
  };
}
