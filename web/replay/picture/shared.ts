// Uniforms that every layer of one picture shares: set once, read by all.
import { Vector2, type IUniform } from 'three';

export interface Shared {
  [name: string]: IUniform;
  uTime: IUniform<number>;
  uHigh: IUniform<number>;
  uSize: IUniform<Vector2>;
  uDot: IUniform<number>;
  uGlow: IUniform<Vector2>;
  uReach: IUniform<number>;
  uFlat: IUniform<number>;
}

/** Metres per unit of the picture. */
export const UNIT_M = 1000;

/** Heights are drawn so many times, and the page says so. */
export const HIGH = 2.5;

export function makeShared(): Shared {
  return {
    uTime: { value: 0 }, // s since the raid's start
    uHigh: { value: HIGH },
    uSize: { value: new Vector2(1, 1) }, // of the viewport, px
    uDot: { value: 1 }, // device pixels per CSS pixel
    uGlow: { value: new Vector2(-1, 0) }, // direction of the glow, x and z
    uReach: { value: 100 }, // distance of the haze, units
    uFlat: { value: 0.3 }, // sine of the look down: how flat a ring on the ground looks
  };
}
