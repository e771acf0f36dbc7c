// Where each track was: the page's own memory of past frames, for the trails that fade.
import type { Frame } from './frame';

/** Dots of a trail, and how far apart in scenario time they are at real time; faster clocks space them wider. */
export const TRAIL_DOTS = 10;
const SPACING_S = 1.6;

interface Trail {
  /** East and north by turns, newest last. */
  points: number[];
  last_s: number;
  seen: number;
}

export class Trails {
  private readonly byTrack = new Map<number, Trail>();
  private round = 0;
  private last_s = -Infinity;

  clear(): void {
    this.byTrack.clear();
    this.last_s = -Infinity;
  }

  of(track: number): readonly number[] {
    return this.byTrack.get(track)?.points ?? [];
  }

  add(frame: Frame): void {
    if (frame.t_s < this.last_s) this.clear();
    this.last_s = frame.t_s;
    this.round += 1;
    const spacing_s = SPACING_S * Math.max(1, frame.rate);
    for (const track of frame.tracks) {
      const trail = this.byTrack.get(track.track) ?? { points: [], last_s: -Infinity, seen: 0 };
      trail.seen = this.round;
      if (frame.t_s - trail.last_s >= spacing_s) {
        trail.points.push(track.east_m, track.north_m);
        if (trail.points.length > 2 * TRAIL_DOTS) trail.points.splice(0, 2);
        trail.last_s = frame.t_s;
      }
      this.byTrack.set(track.track, trail);
    }
    for (const [track, trail] of this.byTrack) if (trail.seen !== this.round) this.byTrack.delete(track);
  }
}
