// The picture: one canvas, one or two views side by side, drawn again only when something has changed.
import { Group, LinearSRGBColorSpace, Object3D, Scene as Space, Vector2, Vector3, WebGLRenderer } from 'three';
import type { Raid, Scene, Threat } from '../data';
import { makeGround } from './ground';
import { makeMarks } from './marks';
import { Rig } from './rig';
import { makeSky } from './sky';
import { makeShared, UNIT_M, type Shared } from './shared';
import { makeStreaks, makeWay } from './streaks';
import { makeAlerts, makeTowns } from './towns';
import type { Stand } from './cameras';

const MOST_DOTS = 2;
/** The haze begins to hide the ground at so many distances of the eye from what it looks at. */
const HAZE_DISTANCES = 1.9;

/** A part of the canvas [CSS px], with the alternative that it shows. */
export interface Window {
  view: number;
  left: number;
  top: number;
  width: number;
  height: number;
  /** What of it no other part of the page covers, from the top of the canvas. */
  free: { left: number; right: number; top: number; bottom: number };
}

/** How far the picture is moved to the right and up in a window, so that its middle is that of the free part. */
function shiftOf({ left, width, top, height, free }: Window): [number, number] {
  return [((free.left + free.right) / 2 - left) / (width / 2) - 1, 1 - ((free.top + free.bottom) / 2 - top) / (height / 2)];
}

export class Stage {
  readonly rig = new Rig();
  readonly shared: Shared = makeShared();
  private readonly renderer: WebGLRenderer;
  private readonly space = new Space();
  private layers: Group[] = [];
  private ways: Object3D[] = [];
  private raid: Raid | null = null;
  private scene: Scene | null = null;
  private reach = 60;
  width = 1;
  height = 1;

  constructor(canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: false, depth: false, stencil: false, powerPreference: 'high-performance' });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.autoClear = false;
    this.space.matrixWorldAutoUpdate = false;
  }

  resize(width: number, height: number): void {
    const dots = Math.min(window.devicePixelRatio || 1, MOST_DOTS);
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    this.renderer.setPixelRatio(dots);
    this.renderer.setSize(this.width, this.height, false);
    this.shared.uDot.value = dots;
  }

  /** The ground, once; the haze reaches as far as the raid is wide. */
  setScene(scene: Scene): void {
    this.scene = scene;
  }

  setRaid(raid: Raid, stand: Stand): void {
    const scene = this.scene!;
    const { bounds } = stand;
    const wide = Math.hypot(bounds.east - bounds.west, bounds.north - bounds.south) / UNIT_M;
    this.reach = Math.max(2.6 * wide, 60);
    this.shared.uReach.value = this.reach;
    this.shared.uGlow.value.set(Math.sin(stand.side - 0.45), -Math.cos(stand.side - 0.45));
    this.dispose(this.space);
    this.space.clear();
    this.raid = raid;
    this.ways = [];
    this.space.add(makeSky(this.shared), makeGround(scene, this.shared), makeTowns(scene, this.shared));
    this.layers = raid.alternatives.map((view) => {
      const layer = new Group();
      layer.add(makeAlerts(scene, view, raid.from_s, this.shared));
      layer.add(makeMarks(view, raid.from_s, this.shared));
      layer.add(makeStreaks(view, raid.from_s, this.shared));
      this.space.add(layer);
      return layer;
    });
  }

  /** Dot the ways of the selected object, in each alternative that has it. */
  select(id: number | null): void {
    for (const way of this.ways) {
      this.dispose(way);
      way.removeFromParent();
    }
    this.ways = [];
    this.raid?.alternatives.forEach((view, i) => {
      const threat = view.threats.find((one: Threat) => one.id === id);
      if (!threat || threat.path.length < 8) return;
      const shots = view.interceptors.filter((shot) => shot.threat === id);
      const way = makeWay(threat, shots, this.raid!.from_s, this.shared);
      this.ways.push(way);
      this.layers[i]!.add(way);
    });
  }

  draw(t_s: number, windows: Window[]): void {
    if (!this.raid) return;
    const { shared, renderer } = this;
    const dots = shared.uDot.value;
    shared.uTime.value = t_s - this.raid.from_s;
    shared.uReach.value = Math.max(this.reach, HAZE_DISTANCES * this.rig.pose.distance);
    shared.uFlat.value = Math.sin(this.rig.pose.down);
    renderer.setScissorTest(true);
    for (const frame of windows) {
      const { view, left, top, width, height } = frame;
      const camera = this.rig.place(width / height, shiftOf(frame));
      const bottom = this.height - top - height;
      renderer.setViewport(left, bottom, width, height);
      renderer.setScissor(left, bottom, width, height);
      shared.uSize.value.set(width * dots, height * dots);
      this.layers.forEach((layer, i) => (layer.visible = i === view));
      renderer.render(this.space, camera);
    }
  }

  /** The eye of a window, and where points [m] fall in it [CSS px]; null behind the eye. */
  eye(frame: Window): (place_m: [number, number, number]) => Vector2 | null {
    const camera = this.rig.place(frame.width / frame.height, shiftOf(frame)).clone();
    const high = this.shared.uHigh.value / UNIT_M;
    const point = new Vector3();
    return ([east_m, north_m, high_m]) => {
      point.set(east_m / UNIT_M, high_m * high, -north_m / UNIT_M).applyMatrix4(camera.matrixWorldInverse);
      if (point.z > -camera.near) return null;
      point.applyMatrix4(camera.projectionMatrix);
      return new Vector2(frame.left + ((point.x + 1) / 2) * frame.width, frame.top + ((1 - point.y) / 2) * frame.height);
    };
  }

  private dispose(top: Object3D): void {
    top.traverse((part) => {
      const mesh = part as { geometry?: { dispose(): void }; material?: { dispose(): void } };
      mesh.geometry?.dispose();
      mesh.material?.dispose();
    });
  }
}
