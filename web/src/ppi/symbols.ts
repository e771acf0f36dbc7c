// Symbols of MIL-STD-2525D as small ready-made pictures, one for each kind, tone and size.
import { SYMBOL_PIECES } from 'virtual:symbols';
import { GROUP } from '../live/frame';
import type { Context, Paint, Tone } from './paint';

export type SymbolKind = keyof typeof SYMBOL_PIECES;

/** Side of the square on which milsymbol draws, and the share of it that the frame fills. */
const DRAWN_SIDE = 200;
const FRAME_SIDE = 130;

export const symbolOfGroup = (group: number): SymbolKind => (group === GROUP.drone ? 'drone' : 'missile');

/** Shapes for what is far out or over: open ground, toward an area, assessed hit. Half a side is 1. */
const PLAIN_SHAPES = {
  diamond: 'M0-1 1 0 0 1-1 0z',
  roof: 'M0-1 1-.33V1H-1V-.33z',
  cross: 'M-1-1 1 1M-1 1 1-1',
} as const;
export type PlainShape = keyof typeof PLAIN_SHAPES;

const PLAIN_LINE_PX = 1.1;
const EDGE_PX = 2;

export class Sprites {
  private readonly made = new Map<string, HTMLCanvasElement>();

  constructor(
    private readonly paint: Paint,
    private readonly ratio: number,
  ) {}

  /** Draw a symbol with its middle at (x, y); `height_px` is that of its frame. */
  draw(context: Context, kind: SymbolKind, tone: Tone, height_px: number, weight_px: number, x: number, y: number): void {
    const scale = height_px / FRAME_SIDE;
    const key = `${kind} ${tone} ${height_px} ${weight_px}`;
    this.lay(context, key, DRAWN_SIDE * scale, x, y, (pen) => {
      pen.scale(scale, scale);
      pen.lineWidth = weight_px / scale;
      pen.lineJoin = 'round';
      pen.strokeStyle = this.paint.tone[tone];
      pen.fillStyle = this.paint.tone.ground;
      for (const piece of SYMBOL_PIECES[kind]) {
        const path = new Path2D(piece.d);
        if (piece.is_icon) pen.fillStyle = this.paint.tone[tone];
        if (!piece.is_icon || piece.is_filled) pen.fill(path);
        if (!piece.is_icon || !piece.is_filled) pen.stroke(path);
      }
    });
  }

  /** Draw a plain shape that reaches `reach_px` to each side of (x, y). */
  drawPlain(context: Context, shape: PlainShape, tone: Tone, reach_px: number, x: number, y: number): void {
    const side_px = 2 * (reach_px + EDGE_PX);
    this.lay(context, `${shape} ${tone}`, side_px, x, y, (pen) => {
      pen.translate(side_px / 2, side_px / 2);
      pen.scale(reach_px, reach_px);
      pen.lineWidth = PLAIN_LINE_PX / reach_px;
      pen.strokeStyle = this.paint.tone[tone];
      pen.fillStyle = this.paint.tone.ground;
      const path = new Path2D(PLAIN_SHAPES[shape]);
      pen.fill(path);
      pen.stroke(path);
    });
  }

  private lay(context: Context, key: string, side_px: number, x: number, y: number, make: (pen: Context) => void): void {
    let sprite = this.made.get(key);
    if (!sprite) {
      sprite = document.createElement('canvas');
      sprite.width = Math.ceil(side_px * this.ratio);
      sprite.height = sprite.width;
      const pen = sprite.getContext('2d');
      pen?.scale(this.ratio, this.ratio);
      if (pen) make(pen);
      this.made.set(key, sprite);
    }
    const drawn_px = sprite.width / this.ratio;
    context.drawImage(sprite, x - side_px / 2, y - side_px / 2, drawn_px, drawn_px);
  }
}
