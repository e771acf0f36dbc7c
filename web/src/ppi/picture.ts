// The plan-position display: keeps the still ground as a picture of its own and draws what moves over it.
import type { Live } from '../live/live.svelte';
import { fit, pan, zoomAt, type Camera } from './camera';
import { drawGround } from './ground';
import { drawImpacts } from './impacts';
import { drawLabels, labelRequests, Measure, symbolBoxes } from './labels';
import { marksOf, type Mark } from './marks';
import { drawInterceptors, drawLinks, drawSites, drawUnits } from './own';
import { readPaint, type Context, type Paint } from './paint';
import { Placer, type Box, type PlacedLabel } from './place';
import { Sprites } from './symbols';
import { drawBrackets, drawLeaders, drawMarks, drawTrails } from './tracks';

const RATIO_MOST = 2;
const PICK_PX = 18;
/** Drawings that the average is taken over. */
const AVERAGE_OVER = 50;
const EDGE_PX = 4;

export interface Choices {
  selected: number | null;
  is_decluttered: boolean;
  /** Parts of the picture that other text stands on. */
  keepFree: Box[];
}

export class Picture {
  camera: Camera | null = null;
  marks: Mark[] = [];
  placed: PlacedLabel[] = [];
  leftOut = 0;
  drawMs = 0;
  now_s = 0;
  isDirty = true;
  private readonly context: Context;
  private readonly ground = document.createElement('canvas');
  private groundKey: unknown[] = [];
  private paint: Paint;
  private sprites: Sprites;
  private measure: Measure;
  private readonly placer = new Placer();
  private ratio = 1;
  private drawings = 0;
  private hasOwnView = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly live: Live,
  ) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser has no 2D canvas');
    this.context = context;
    this.paint = readPaint(canvas);
    this.sprites = new Sprites(this.paint, this.ratio);
    this.measure = new Measure(context, this.paint);
  }

  /** Read colours and type size anew, after a change of palette or size. */
  restyle(): void {
    this.paint = readPaint(this.canvas);
    this.sprites = new Sprites(this.paint, this.ratio);
    this.measure = new Measure(this.context, this.paint);
    this.groundKey = [];
    this.isDirty = true;
  }

  resize(width_px: number, height_px: number): void {
    this.ratio = Math.min(RATIO_MOST, window.devicePixelRatio || 1);
    for (const canvas of [this.canvas, this.ground]) {
      canvas.width = Math.max(1, Math.round(width_px * this.ratio));
      canvas.height = Math.max(1, Math.round(height_px * this.ratio));
    }
    if (this.camera && this.hasOwnView) this.camera = { ...this.camera, width_px, height_px };
    else this.camera = this.live.scene ? fit(this.live.scene.extent, width_px, height_px) : null;
    this.restyle();
  }

  fitAll(): void {
    this.hasOwnView = false;
    if (this.live.scene) this.camera = fit(this.live.scene.extent, this.canvas.width / this.ratio, this.canvas.height / this.ratio);
    this.isDirty = true;
  }

  pan(right_px: number, down_px: number): void {
    if (this.camera) this.look(pan(this.camera, right_px, down_px));
  }

  zoom(factor: number, x?: number, y?: number): void {
    const camera = this.camera;
    if (camera) this.look(zoomAt(camera, factor, x ?? camera.width_px / 2, y ?? camera.height_px / 2));
  }

  /** Milliseconds of one drawing with the pixels really laid, averaged over `n`: for tests. */
  time(n: number, choices: Choices): number {
    const started_ms = performance.now();
    for (let i = 0; i < n; i += 1) {
      this.draw(performance.now(), choices);
      this.context.getImageData(0, 0, 1, 1);
    }
    return (performance.now() - started_ms) / n;
  }

  private look(camera: Camera): void {
    this.camera = camera;
    this.hasOwnView = true;
    this.isDirty = true;
  }

  /** How many times nearer than the whole view. */
  get magnification(): number {
    if (!this.camera || !this.live.scene) return 1;
    return fit(this.live.scene.extent, this.camera.width_px, this.camera.height_px).m_per_px / this.camera.m_per_px;
  }

  pick(x: number, y: number): number | null {
    let nearest: Mark | null = null;
    let nearest_px = PICK_PX;
    for (const mark of this.marks) {
      const away_px = Math.hypot(mark.x - x, mark.y - y);
      if (away_px <= nearest_px) {
        nearest = mark;
        nearest_px = away_px;
      }
    }
    return nearest?.now.track ?? null;
  }

  draw(now_ms: number, choices: Choices): void {
    const started_ms = performance.now();
    const { scene, state, frame } = this.live;
    if (!scene) return;
    this.camera ??= fit(scene.extent, this.canvas.width / this.ratio, this.canvas.height / this.ratio);
    this.layGround(this.camera);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const since_s = this.live.sinceFrame_s(now_ms);
    this.now_s = frame ? frame.t_s + since_s : (state?.t_s ?? scene.from_s);
    this.marks = frame ? marksOf(frame, since_s, this.camera, this.live.threatOf, choices.selected) : [];
    if (state) this.drawMoving(this.camera, since_s, choices);
    this.isDirty = false;
    const took_ms = performance.now() - started_ms;
    this.drawings += 1;
    this.drawMs += (took_ms - this.drawMs) / Math.min(this.drawings, AVERAGE_OVER);
  }

  /** Copy the still ground, drawn again only when something in it has changed. */
  private layGround(camera: Camera): void {
    const { scene, state } = this.live;
    if (!scene) return;
    const still = [scene, camera, this.ratio, JSON.stringify([state?.alerts, state?.units.map((u) => [u.state, u.east_m, u.north_m])])];
    if (still.some((value, i) => value !== this.groundKey[i])) {
      const pen = this.ground.getContext('2d', { alpha: false });
      if (!pen) return;
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      drawGround(pen, camera, scene, state, this.paint, this.ratio);
      this.groundKey = still;
    }
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.drawImage(this.ground, 0, 0);
  }

  private drawMoving(camera: Camera, since_s: number, choices: Choices): void {
    const { scene, state, frame } = this.live;
    if (!scene || !state) return;
    const { context, paint, marks, sprites } = this;
    drawLinks(context, camera, scene, state, paint);
    drawSites(context, camera, scene, state, sprites, paint);
    drawImpacts(context, camera, marks, paint);
    drawTrails(context, camera, marks, this.live.trails, paint);
    const own = frame ? drawInterceptors(context, camera, frame, since_s, marks, state, sprites, paint) : [];
    drawLeaders(context, camera, marks, paint);
    drawMarks(context, camera, marks, sprites);
    drawBrackets(context, marks, paint);
    drawUnits(context, camera, state, paint);
    const input = { scene, state, camera, marks, now_s: this.now_s, is_decluttered: choices.is_decluttered };
    const requests = labelRequests(input, this.measure, paint);
    const view = { x: EDGE_PX, y: EDGE_PX, width: camera.width_px - 2 * EDGE_PX, height: camera.height_px - 2 * EDGE_PX };
    this.placed = this.placer.place(requests, symbolBoxes(marks, own, state, camera), view, choices.keepFree);
    this.leftOut = requests.length - this.placed.length;
    drawLabels(context, this.placed, paint);
  }
}
