// Placing labels so that none overlaps: the most urgent first, the nearest free place, the place of before if still free.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface LabelLine {
  text: string;
  is_bold: boolean;
}

export interface LabelRequest {
  key: string;
  /** Where the thing stands, and how far its own symbol reaches. */
  x: number;
  y: number;
  reach_px: number;
  lines: LabelLine[];
  tone: string;
  width: number;
  height: number;
  /** Looks for a place as far as it takes. */
  must_show: boolean;
  /** A place on the ground: its name goes below it rather than beside it. */
  is_place?: boolean;
  /** Says whether a reader would take a label in this box for this thing's. */
  isItsOwn?: (box: Box) => boolean;
}

export interface PlacedLabel extends Box {
  request: LabelRequest;
  /** Far enough from its thing to need a line to it. */
  has_leader: boolean;
}

const CELL_PX = 64;
const GAP_PX = 3;
const LEADER_FROM_PX = 20;
const RINGS_PX = [4, 14, 26, 42, 60];
const FAR_RINGS_PX = [84, 112, 144, 180, 220];
const BELOW_FIRST: readonly (readonly [number, number])[] = [
  [0, 1], [0, -1], [0, 0], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1],
];
/** Right, left, below, above, and the corners between. */
const DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, 0], [-1, 0], [0, 1], [0, -1], [1, -1], [1, 1], [-1, -1], [-1, 1],
];

/** Boxes in a grid of cells, so that a test against hundreds looks only at the near ones. */
export class Boxes {
  private readonly cells = new Map<number, Box[]>();

  add(box: Box): void {
    this.visit(box, (key) => {
      const cell = this.cells.get(key);
      if (cell) cell.push(box);
      else this.cells.set(key, [box]);
      return false;
    });
  }

  hits(box: Box): boolean {
    return this.visit(box, (key) => (this.cells.get(key) ?? []).some((other) => overlap(box, other)));
  }

  private visit(box: Box, act: (key: number) => boolean): boolean {
    const lastX = Math.floor((box.x + box.width) / CELL_PX);
    const lastY = Math.floor((box.y + box.height) / CELL_PX);
    for (let i = Math.floor(box.x / CELL_PX); i <= lastX; i += 1) {
      for (let j = Math.floor(box.y / CELL_PX); j <= lastY; j += 1) if (act(i * 4096 + j)) return true;
    }
    return false;
  }
}

export const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function boxAt(request: LabelRequest, [dx, dy]: readonly [number, number], gap_px: number): Box {
  const away_px = request.reach_px + gap_px;
  const half = dx !== 0 && dy !== 0 ? Math.SQRT1_2 : 1;
  return {
    x: request.x + dx * away_px * half + (dx > 0 ? 0 : dx < 0 ? -request.width : -request.width / 2),
    y: request.y + dy * away_px * half + (dy > 0 ? 0 : dy < 0 ? -request.height : -request.height / 2),
    width: request.width,
    height: request.height,
  };
}

const grown = (box: Box): Box => ({
  x: box.x - GAP_PX, y: box.y - GAP_PX / 3, width: box.width + 2 * GAP_PX, height: box.height + (2 * GAP_PX) / 3,
});

const inside = (box: Box, view: Box): boolean =>
  box.x >= view.x && box.y >= view.y && box.x + box.width <= view.x + view.width && box.y + box.height <= view.y + view.height;

export class Placer {
  /** Offset of each label from its thing at the last drawing. */
  private before = new Map<string, readonly [number, number]>();

  /** Place requests in their order; the ones without a free place are left out, unless they must show. */
  place(requests: LabelRequest[], symbols: Box[], view: Box, keepFree: Box[]): PlacedLabel[] {
    const taken = new Boxes();
    for (const box of keepFree) taken.add(box);
    const soft = new Boxes();
    for (const box of symbols) soft.add(box);
    const placed: PlacedLabel[] = [];
    const offsets = new Map<string, readonly [number, number]>();
    for (const request of requests) {
      const box = this.find(request, taken, soft, view);
      if (!box) continue;
      taken.add(grown(box));
      offsets.set(request.key, [box.x - request.x, box.y - request.y]);
      placed.push({ ...box, request, has_leader: needsLeader(box, request) });
    }
    this.before = offsets;
    return placed;
  }

  private find(request: LabelRequest, taken: Boxes, soft: Boxes, view: Box): Box | null {
    const isFree = (box: Box): boolean => inside(box, view) && !taken.hits(box);
    const isOwn = (box: Box): boolean => isFree(box) && (request.isItsOwn?.(box) ?? true);
    const last = this.before.get(request.key);
    if (last) {
      const box = { x: request.x + last[0], y: request.y + last[1], width: request.width, height: request.height };
      if (isOwn(box) && !soft.hits(box) && gapTo(box, request) <= LEADER_FROM_PX) return box;
    }
    const clear = search(request, RINGS_PX, (box) => isOwn(box) && !soft.hits(box));
    if (clear || !request.must_show) return clear;
    return search(request, RINGS_PX, isOwn) ?? search(request, [...RINGS_PX, ...FAR_RINGS_PX], isFree);
  }
}

function search(request: LabelRequest, rings: number[], is_free: (box: Box) => boolean): Box | null {
  for (const gap_px of rings) {
    for (const direction of request.is_place ? BELOW_FIRST : DIRECTIONS) {
      const box = boxAt(request, direction, gap_px);
      if (is_free(box)) return box;
    }
  }
  return null;
}

const needsLeader = (box: Box, request: LabelRequest): boolean =>
  gapTo(box, request) > LEADER_FROM_PX || !(request.isItsOwn?.(box) ?? true);

/** Distance from the edge of the thing's symbol to the nearest edge of its label. */
function gapTo(box: Box, request: LabelRequest): number {
  const dx = Math.max(box.x - request.x, 0, request.x - box.x - box.width);
  const dy = Math.max(box.y - request.y, 0, request.y - box.y - box.height);
  return Math.hypot(dx, dy) - request.reach_px;
}
