// Where the urgent and the selected are predicted to fall: 95 % ellipse, its middle, and a line from the track.
import { toX, toY, type Camera } from './camera';
import type { Mark } from './marks';
import type { Context, Paint } from './paint';
import type { Threat } from '../live/protocol';

/** Square root of the 95 % point of chi-square with two degrees of freedom. */
const SIGMAS_95 = Math.sqrt(5.991);
const CROSS_PX = 4;
const LEAST_AXIS_PX = 2;

export interface Ellipse {
  major_m: number;
  minor_m: number;
  /** From east, counter-clockwise. */
  turn_rad: number;
}

/** Axes of the ellipse that holds 95 % of a normal law with this covariance. */
export function ellipseOf(cov: Threat['cov']): Ellipse {
  const [east, cross, north] = cov;
  const mean = (east + north) / 2;
  const spread = Math.hypot((east - north) / 2, cross);
  return {
    major_m: SIGMAS_95 * Math.sqrt(Math.max(0, mean + spread)),
    minor_m: SIGMAS_95 * Math.sqrt(Math.max(0, mean - spread)),
    turn_rad: 0.5 * Math.atan2(2 * cross, east - north),
  };
}

export const showsImpact = (mark: Mark): boolean => mark.loudness === 'urgent' || mark.is_selected;

export function drawImpacts(context: Context, camera: Camera, marks: Mark[], paint: Paint): void {
  for (const mark of marks) {
    if (mark.threat && showsImpact(mark)) drawImpact(context, camera, mark, mark.threat, paint);
  }
}

function drawImpact(context: Context, camera: Camera, mark: Mark, threat: Threat, paint: Paint): void {
  const x = toX(camera, threat.mean[0]);
  const y = toY(camera, threat.mean[1]);
  const ellipse = ellipseOf(threat.cov);
  context.strokeStyle = paint.tone[mark.tone];
  context.globalAlpha = 0.6;
  context.lineWidth = 1;
  context.setLineDash([1, 4]);
  context.beginPath();
  context.moveTo(mark.x, mark.y);
  context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.lineWidth = mark.is_selected ? 2.2 : 1.5;
  context.beginPath();
  context.ellipse(
    x, y, Math.max(LEAST_AXIS_PX, ellipse.major_m / camera.m_per_px), Math.max(LEAST_AXIS_PX, ellipse.minor_m / camera.m_per_px),
    -ellipse.turn_rad, 0, 2 * Math.PI,
  );
  context.globalAlpha = 0.16;
  context.fillStyle = paint.tone[mark.tone];
  context.fill();
  context.globalAlpha = 1;
  context.stroke();
  context.lineWidth = 1;
  drawCross(context, x, y);
}

export function drawCross(context: Context, x: number, y: number): void {
  context.beginPath();
  context.moveTo(x - CROSS_PX, y);
  context.lineTo(x + CROSS_PX, y);
  context.moveTo(x, y - CROSS_PX);
  context.lineTo(x, y + CROSS_PX);
  context.stroke();
}
