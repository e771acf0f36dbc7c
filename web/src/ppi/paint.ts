// Colours of the picture, read from the page's tokens, and the few ways to stroke and fill that all layers share.

const NAMES = [
  'ground', 'panel', 'ink', 'strong', 'muted', 'quiet', 'urgent', 'alert', 'own', 'land', 'water', 'built', 'coast', 'ring',
  'line', 'on-urgent', 'alert-fill', 'urgent-fill',
] as const;
export type Tone = (typeof NAMES)[number];

export interface Paint {
  tone: Record<Tone, string>;
  font: string;
  size_px: number;
}

export function readPaint(element: Element): Paint {
  const style = getComputedStyle(element);
  const tone = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return {
    tone: tone as Record<Tone, string>,
    font: style.fontFamily,
    size_px: Number.parseFloat(style.fontSize) || 12,
  };
}

export type Context = CanvasRenderingContext2D;

export function tracePolygon(context: Context, xy: readonly number[]): void {
  for (let i = 0; i < xy.length; i += 2) {
    if (i === 0) context.moveTo(xy[0] ?? 0, xy[1] ?? 0);
    else context.lineTo(xy[i] ?? 0, xy[i + 1] ?? 0);
  }
  context.closePath();
}

const HATCH_PX = 7;

/** Slanting lines to lay over an area under alert: a second sign beside its colour. */
export function hatch(context: Context, colour: string, ratio: number): CanvasPattern | null {
  const tile = document.createElement('canvas');
  const side = Math.round(HATCH_PX * ratio);
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext('2d');
  if (!pen) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = ratio * 0.9;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - 1, side + 1);
    pen.lineTo(shift + side + 1, -1);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
