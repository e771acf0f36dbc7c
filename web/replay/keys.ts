// Keys of the page, in one list that the help shows as well.
import type { Show } from './show.svelte';
import { CAMERAS } from './picture/cameras';

export interface Deeds {
  camera: (name: (typeof CAMERAS)[number]) => void;
  save: () => void;
  help: () => void;
  heights: () => void;
}

export const KEYS: [string, string][] = [
  ['Space', 'play or pause'],
  ['← →', 'one second back or on; with Shift ten'],
  [', .', 'slower or faster'],
  ['Home End', 'beginning or end of the raid'],
  ['1 2 3 4', 'camera: side, above, battery, follow'],
  ['A B C', 'first alternative, second, side by side'],
  ['N, Shift+N', 'next or previous object in flight; in the picture Tab does the same, and Esc leaves it'],
  ['K, L', 'next interception, next leak'],
  ['H', 'heights as they are, or exaggerated'],
  ['[ ]', 'beginning and end of the span to be saved'],
  ['P', 'save a picture, or a film of the span'],
  ['Drag, wheel', 'turn, come nearer; with Shift drag to move; in the picture also Alt with arrows, + and −'],
  ['?', 'these keys'],
];

const TYPING = new Set(['INPUT', 'SELECT', 'TEXTAREA']);

/** Carry out a key; whether it was one of ours. */
export function onKey(event: KeyboardEvent, show: Show, deeds: Deeds): boolean {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (TYPING.has(target.tagName) && !(target as HTMLInputElement).dataset.slider) return false;
  const isOnButton = target.tagName === 'BUTTON' || target.tagName === 'A' || target.tagName === 'SUMMARY';
  const step_s = event.shiftKey ? 10 : 1;
  const simple: Record<string, () => void> = {
    ArrowLeft: () => show.go(show.t_s - step_s),
    ArrowRight: () => show.go(show.t_s + step_s),
    Home: () => show.go(show.raid?.from_s ?? 0),
    End: () => show.go(show.raid?.until_s ?? 0),
    ',': () => show.pace(-1),
    '.': () => show.pace(1),
    a: () => show.choose('A'),
    b: () => show.choose('B'),
    c: () => show.choose('C'),
    n: () => void show.step(event.shiftKey ? -1 : 1),
    k: () => show.jump((threat) => threat.end === 'intercepted'),
    l: () => show.jump((threat) => threat.end === 'leaked_built_up'),
    h: deeds.heights,
    p: deeds.save,
    '?': deeds.help,
    '[': () => (show.from_s = Math.min(show.t_s, show.until_s)),
    ']': () => (show.until_s = Math.max(show.t_s, show.from_s)),
  };
  CAMERAS.forEach((name, i) => (simple[String(i + 1)] = () => deeds.camera(name)));
  if (event.key === ' ' && !isOnButton) {
    show.toggle();
    return true;
  }
  const deed = simple[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  deed?.();
  return deed !== undefined;
}
