// MIL-STD-2525D symbols as plain paths, taken from milsymbol when the pages are built: the library itself is not shipped.
import ms from 'milsymbol';
import type { Plugin } from 'vite';

const MODULE = 'virtual:symbols';

/** Symbol identification codes: set 02 is missiles in the air, 01 is aircraft, 15 is equipment on land. */
const CODES = {
  missile: '10060200001100000000',
  drone: '10060100001103000000',
  interceptor: '10030200000000000000',
  radar: '10031500002203000000',
};

interface Instruction {
  type: string;
  d?: string;
  cx?: number;
  cy?: number;
  r?: number;
  draw?: unknown[];
  icon?: boolean;
  fill?: string | false;
  stroke?: string | false;
}

interface Piece {
  d: string;
  is_icon: boolean;
  is_filled: boolean;
}

function circlePath(cx: number, cy: number, r: number): string {
  return `M${cx - r},${cy} a${r},${r} 0 1,0 ${2 * r},0 a${r},${r} 0 1,0 ${-2 * r},0 z`;
}

function piecesOf(instructions: unknown[]): Piece[] {
  const pieces: Piece[] = [];
  for (const item of instructions.flat(9) as Instruction[]) {
    if (item.draw) pieces.push(...piecesOf(item.draw));
    const d = item.type === 'circle' ? circlePath(item.cx ?? 0, item.cy ?? 0, item.r ?? 0) : item.d;
    if (d) pieces.push({ d, is_icon: item.icon === true, is_filled: item.icon === true && item.fill !== false });
  }
  return pieces;
}

function symbolPieces(code: string): Piece[] {
  const symbol = new ms.Symbol(code, { size: 100 });
  if (!symbol.isValid()) throw new Error(`not a symbol identification code: ${code}`);
  return piecesOf((symbol as unknown as { drawInstructions: unknown[] }).drawInstructions);
}

/** Vite plug-in that answers `import ... from 'virtual:symbols'`. */
export function symbols(): Plugin {
  return {
    name: 'opendome-symbols',
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      const table = Object.fromEntries(Object.entries(CODES).map(([name, code]) => [name, symbolPieces(code)]));
      return `export const SYMBOL_PIECES = ${JSON.stringify(table)};`;
    },
  };
}
