// Which part of the country the picture shows: north is up, one scale in both directions.
import type { Scene } from '../live/protocol';

const ZOOM_MOST_M_PER_PX = 4;
const ZOOM_LEAST_M_PER_PX = 2_000;
const MARGIN_PX = 24;

export interface Camera {
  east_m: number;
  north_m: number;
  m_per_px: number;
  width_px: number;
  height_px: number;
}

export const toX = (camera: Camera, east_m: number): number =>
  camera.width_px / 2 + (east_m - camera.east_m) / camera.m_per_px;
export const toY = (camera: Camera, north_m: number): number =>
  camera.height_px / 2 - (north_m - camera.north_m) / camera.m_per_px;

export function fit(extent: Scene['extent'], width_px: number, height_px: number): Camera {
  const [eastMin_m, northMin_m, eastMax_m, northMax_m] = extent;
  const wide_px = Math.max(1, width_px - 2 * MARGIN_PX);
  const high_px = Math.max(1, height_px - 2 * MARGIN_PX);
  const m_per_px = Math.max((eastMax_m - eastMin_m) / wide_px, (northMax_m - northMin_m) / high_px);
  return {
    east_m: (eastMin_m + eastMax_m) / 2,
    north_m: (northMin_m + northMax_m) / 2,
    m_per_px: clampScale(m_per_px),
    width_px,
    height_px,
  };
}

const clampScale = (m_per_px: number): number =>
  Math.min(ZOOM_LEAST_M_PER_PX, Math.max(ZOOM_MOST_M_PER_PX, m_per_px || ZOOM_LEAST_M_PER_PX));

export function pan(camera: Camera, right_px: number, down_px: number): Camera {
  return {
    ...camera,
    east_m: camera.east_m + right_px * camera.m_per_px,
    north_m: camera.north_m - down_px * camera.m_per_px,
  };
}

/** Zoom so that the place under (x, y) stays there. */
export function zoomAt(camera: Camera, factor: number, x: number, y: number): Camera {
  const m_per_px = clampScale(camera.m_per_px / factor);
  const fromMiddleX = x - camera.width_px / 2;
  const fromMiddleY = y - camera.height_px / 2;
  return {
    ...camera,
    east_m: camera.east_m + fromMiddleX * (camera.m_per_px - m_per_px),
    north_m: camera.north_m - fromMiddleY * (camera.m_per_px - m_per_px),
    m_per_px,
  };
}
