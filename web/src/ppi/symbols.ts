// Symbols of MIL-STD-2525D as small ready-made pictures, one for each kind, tone and size.
import { SYMBOL_PIECES } from 'virtual:symbols';
import { GROUP } from '../live/frame';
import type { Context, Paint, Tone } from './paint';

export type SymbolKind = keyof typeof SYMBOL_PIECES;

/** Side of the square on which milsymbol draws, and the share of it that the frame fills. */
const DRAWN_SIDE = 200;
const FRAME_SIDE = 130;

export const symbolOfGroup = (group: number): SymbolKind => (group === GROUP.drone ? 'drone' : 'missile');

export class Sprites {
  private readonly made = new Map<string, HTMLCanvasElement>();

  constructor(
    private readonly paint: Paint,
    private readonly ratio: number,
  ) {}

  /** Draw a symbol with its middle at (x, y); `height_px` is that of its frame. */
  draw(context: Context, kind: SymbolKind, tone: Tone, height_px: number, weight_px: number, x: number, y: number): void {
    const key = `${kind} ${tone} ${height_px} ${weight_px}`;
    let sprite = this.made.get(key);
    if (!sprite) {
      sprite = this.make(kind, this.paint.tone[tone], height_px, weight_px);
      this.made.set(key, sprite);
    }
    const side_px = sprite.width / this.ratio;
    context.drawImage(sprite, x - side_px / 2, y - side_px / 2, side_px, side_px);
  }

  private make(kind: SymbolKind, colour: string, height_px: number, weight_px: number): HTMLCanvasElement {
    const scale = height_px / FRAME_SIDE;
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(DRAWN_SIDE * scale * this.ratio);
    canvas.height = canvas.width;
    const pen = canvas.getContext('2d');
    if (!pen) return canvas;
    pen.scale(scale * this.ratio, scale * this.ratio);
    pen.lineWidth = weight_px / scale;
    pen.lineJoin = 'round';
    pen.strokeStyle = colour;
    pen.fillStyle = this.paint.tone.ground;
    for (const piece of SYMBOL_PIECES[kind]) {
      const path = new Path2D(piece.d);
      if (piece.is_icon) pen.fillStyle = colour;
      if (!piece.is_icon || piece.is_filled) pen.fill(path);
      if (!piece.is_icon || !piece.is_filled) pen.stroke(path);
    }
    return canvas;
  }
}
