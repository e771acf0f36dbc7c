// Where the eye is: a point looked at, a distance, a bearing and a look down; changes are eased.
import { PerspectiveCamera, Vector3 } from 'three';

export interface Pose {
  /** Point looked at, in units. */
  x: number;
  y: number;
  z: number;
  distance: number;
  /** Where the eye looks, clockwise from north [rad]. */
  bearing: number;
  /** Look down from the horizontal [rad]. */
  down: number;
}

export const FIELD_DEG = 38;
const EASE_MS = 900;
const STEEPEST = Math.PI / 2 - 0.001;
const FLATTEST = 0.03;

export function limited(pose: Pose): Pose {
  return {
    ...pose,
    distance: Math.min(Math.max(pose.distance, 1), 2000),
    down: Math.min(Math.max(pose.down, FLATTEST), STEEPEST),
  };
}

function turn(from: number, to: number): number {
  const full = 2 * Math.PI;
  return ((((to - from) % full) + 1.5 * full) % full) - 0.5 * full;
}

function between(a: Pose, b: Pose, share: number): Pose {
  const mix = (from: number, to: number) => from + share * (to - from);
  return {
    x: mix(a.x, b.x),
    y: mix(a.y, b.y),
    z: mix(a.z, b.z),
    distance: Math.exp(mix(Math.log(a.distance), Math.log(b.distance))),
    bearing: a.bearing + share * turn(a.bearing, b.bearing),
    down: mix(a.down, b.down),
  };
}

export class Rig {
  readonly camera = new PerspectiveCamera(FIELD_DEG, 1, 0.1, 4000);
  pose: Pose = { x: 0, y: 0, z: 0, distance: 50, bearing: 0, down: 0.3 };
  private from: Pose | null = null;
  private to: Pose | null = null;
  private began_ms = 0;

  /** Go to a pose, at once or eased. */
  go(to: Pose, isEased: boolean): void {
    if (!isEased) {
      this.pose = limited(to);
      this.to = null;
      return;
    }
    this.from = { ...this.pose };
    this.to = limited(to);
    this.began_ms = performance.now();
  }

  /** One step of an eased move; whether it is under way. */
  step(now_ms: number): boolean {
    if (!this.to || !this.from) return false;
    const share = Math.min(Math.max((now_ms - this.began_ms) / EASE_MS, 0), 1);
    this.pose = between(this.from, this.to, share * share * share * (share * (6 * share - 15) + 10));
    if (share === 1) this.to = null;
    return true;
  }

  /** Change by hand; ends an eased move. */
  nudge(change: (pose: Pose) => Pose): void {
    this.to = null;
    this.pose = limited(change(this.pose));
  }

  /** The camera for a window; `shift` moves the picture right and up by shares of half its width and height. */
  place(aspect: number, shift: [number, number] = [0, 0]): PerspectiveCamera {
    const { x, y, z, distance, bearing, down } = this.pose;
    const level = Math.cos(down) * distance;
    this.camera.aspect = aspect;
    this.camera.near = Math.max(distance / 400, 0.05);
    this.camera.far = 60 * distance + 4000;
    this.camera.position.set(x - Math.sin(bearing) * level, y + Math.sin(down) * distance, z + Math.cos(bearing) * level);
    this.camera.up.set(Math.sin(bearing) * Math.sin(down), Math.cos(down), -Math.cos(bearing) * Math.sin(down));
    this.camera.lookAt(new Vector3(x, y, z));
    this.camera.updateProjectionMatrix();
    this.camera.projectionMatrix.elements[8] -= shift[0];
    this.camera.projectionMatrix.elements[9] -= shift[1];
    this.camera.projectionMatrixInverse.copy(this.camera.projectionMatrix).invert();
    this.camera.updateMatrixWorld();
    return this.camera;
  }
}
