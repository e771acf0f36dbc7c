// Turning, moving and coming nearer by mouse, pen or fingers; a press without a move picks.
import type { Rig } from './rig';

const TURN_PER_PX = 0.005;
const STILL_PX = 5;

export interface Answers {
  onMoved: () => void;
  onPicked: (x: number, y: number) => void;
  onHeld: (held: boolean) => void;
}

export function holdPointers(canvas: HTMLCanvasElement, rig: Rig, answers: Answers): () => void {
  const held = new Map<number, { x: number; y: number }>();
  let moved_px = 0;

  const spread = (): number => {
    const [a, b] = [...held.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };

  function shift(dx: number, dy: number): void {
    rig.nudge((pose) => {
      const scale = (pose.distance * 0.9) / canvas.clientHeight;
      const [sin, cos] = [Math.sin(pose.bearing), Math.cos(pose.bearing)];
      return {
        ...pose,
        x: pose.x - (dx * cos - dy * sin) * scale,
        z: pose.z - (dx * sin + dy * cos) * scale,
      };
    });
  }

  function down(event: PointerEvent): void {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (held.size === 1) moved_px = 0;
    answers.onHeld(true);
  }

  function move(event: PointerEvent): void {
    const before = held.get(event.pointerId);
    if (!before) return;
    const wide = spread();
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved_px += Math.hypot(dx, dy);
    if (moved_px < STILL_PX) return;
    if (held.size > 1) {
      const now = spread();
      if (wide > 0 && now > 0) rig.nudge((pose) => ({ ...pose, distance: (pose.distance * wide) / now }));
      shift(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons === 2) shift(dx, dy);
    else rig.nudge((pose) => ({ ...pose, bearing: pose.bearing - dx * TURN_PER_PX, down: pose.down + dy * TURN_PER_PX }));
    answers.onMoved();
  }

  function up(event: PointerEvent): void {
    if (!held.delete(event.pointerId)) return;
    if (held.size === 0) answers.onHeld(false);
    if (moved_px < STILL_PX && event.type === 'pointerup') {
      const { left, top } = canvas.getBoundingClientRect();
      answers.onPicked(event.clientX - left, event.clientY - top);
    }
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault();
    rig.nudge((pose) => ({ ...pose, distance: pose.distance * Math.exp(event.deltaY * 0.0012) }));
    answers.onMoved();
  }

  const menu = (event: Event): void => event.preventDefault();
  canvas.addEventListener('pointerdown', down);
  canvas.addEventListener('pointermove', move);
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('wheel', wheel, { passive: false });
  canvas.addEventListener('contextmenu', menu);
  return () => {
    canvas.removeEventListener('pointerdown', down);
    canvas.removeEventListener('pointermove', move);
    canvas.removeEventListener('pointerup', up);
    canvas.removeEventListener('pointercancel', up);
    canvas.removeEventListener('wheel', wheel);
    canvas.removeEventListener('contextmenu', menu);
  };
}
