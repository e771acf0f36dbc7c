// Every key of the console in one list: the page obeys it, the help shows it.
import { palette } from '../shared/palette.svelte';
import type { Desk } from './desk.svelte';

const ZOOM_STEP = 1.25;
const PAN_PX = 60;

export interface KeyRule {
  /** As in KeyboardEvent.key, with Shift+ in front where it is held. */
  key: string;
  shown: string;
  what: string;
  group: string;
  run: (desk: Desk) => void;
}

const rule = (group: string, key: string, shown: string, what: string, run: KeyRule['run']): KeyRule => ({
  key, shown, what, group, run,
});

export const KEYS: KeyRule[] = [
  rule('Decide', 'Enter', 'Enter', 'approve what the panel shows', (d) => d.approve()),
  rule('Decide', 'l', 'L', 'let it fall', (d) => d.letFall()),
  rule('Decide', 'a', 'A', 'assign, then the number of a battery', (d) => d.startAssign()),
  rule('Decide', '2', '2', 'salvo of two on or off', (d) => d.toggleSalvo()),
  rule('Decide', 'c', 'C', 'cease fire at this track', (d) => d.cease()),
  rule('Decide', 'w', 'W', 'alert the area it heads for', (d) => d.alertArea()),
  rule('Decide', 'r', 'R', 'alerts by rule on or off', (d) => d.toggleAlertRule()),
  rule('Decide', 'k', 'K', 'acknowledge the oldest alarm', (d) => d.acknowledge()),
  rule('Select', 'Tab', 'Tab', 'next track by urgency', (d) => d.step(1)),
  rule('Select', 'Shift+Tab', 'Shift Tab', 'track before', (d) => d.step(-1)),
  rule('Select', 'ArrowDown', '↓', 'next row', (d) => d.step(1)),
  rule('Select', 'ArrowUp', '↑', 'row before', (d) => d.step(-1)),
  rule('Select', 'Escape', 'Esc', 'back to the track that waits; once more: Tab walks the buttons', (d) => d.escape()),
  rule('Authority', 'F1', 'F1', 'manual', (d) => d.authority('manual')),
  rule('Authority', 'F2', 'F2', 'approval', (d) => d.authority('approval')),
  rule('Authority', 'F3', 'F3', 'veto', (d) => d.authority('veto')),
  rule('Authority', 'F4', 'F4', 'automatic', (d) => d.authority('automatic')),
  rule('Weapons', 'F5', 'F5', 'free', (d) => d.weapons('free')),
  rule('Weapons', 'F6', 'F6', 'tight', (d) => d.weapons('tight')),
  rule('Weapons', 'F7', 'F7', 'hold', (d) => d.weapons('hold')),
  rule('Picture', '+', '+', 'nearer', (d) => d.picture?.zoom(ZOOM_STEP)),
  rule('Picture', '-', '−', 'farther', (d) => d.picture?.zoom(1 / ZOOM_STEP)),
  rule('Picture', '0', '0', 'whole view', (d) => d.picture?.fitAll()),
  rule('Picture', 'Shift+ArrowLeft', 'Shift ←', 'move west', (d) => d.picture?.pan(-PAN_PX, 0)),
  rule('Picture', 'Shift+ArrowRight', 'Shift →', 'move east', (d) => d.picture?.pan(PAN_PX, 0)),
  rule('Picture', 'Shift+ArrowUp', 'Shift ↑', 'move north', (d) => d.picture?.pan(0, -PAN_PX)),
  rule('Picture', 'Shift+ArrowDown', 'Shift ↓', 'move south', (d) => d.picture?.pan(0, PAN_PX)),
  rule('Picture', 'd', 'D', 'declutter: fewer labels, or all', (d) => (d.isDecluttered = !d.isDecluttered)),
  rule('Picture', 'p', 'P', 'palette: night, day, colour-blind', () => palette.next()),
  rule('Clock', ' ', 'Space', 'pause or go on', (d) => d.togglePause()),
  rule('Clock', '[', '[', 'slower', (d) => d.stepRate(-1)),
  rule('Clock', ']', ']', 'faster', (d) => d.stepRate(1)),
  rule('Clock', '1', '1', 'real time', (d) => d.setRate(1)),
  rule('Clock', 'n', 'N', 'skip to what comes next', (d) => d.skip()),
  rule('Clock', 'ArrowLeft', '←', 'back 30 s', (d) => d.back()),
  rule('Clock', 's', 'S', 'save', (d) => d.keep('save')),
  rule('Clock', 'b', 'B', 'branch', (d) => d.keep('branch')),
  rule('Help', '?', '?', 'this list', (d) => (d.isHelpOpen = !d.isHelpOpen)),
];

const BY_KEY = new Map(KEYS.map((one) => [one.key, one]));
const SAME_KEY: Record<string, string> = { '=': '+', _: '-' };
const SINGLE_KEYS_OFF = 'opendome.single-keys-off';

export const singleKeysAreOff = (): boolean => localStorage.getItem(SINGLE_KEYS_OFF) === 'yes';
export const setSingleKeysOff = (off: boolean): void => localStorage.setItem(SINGLE_KEYS_OFF, off ? 'yes' : 'no');

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const is_moved = event.shiftKey && (key === 'Tab' || key.startsWith('Arrow'));
  return is_moved ? `Shift+${key}` : (SAME_KEY[key] ?? key);
}

/** Keys that belong to a focused button, field or row: Enter and Space press it, Tab walks on. */
function belongsToFocus(event: KeyboardEvent): boolean {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) return false;
  if (focused.matches('input, select, textarea')) return event.key !== 'Escape' && !event.key.startsWith('F');
  return ['Enter', ' ', 'Tab'].includes(event.key) && focused.matches('button, a, summary, [tabindex]:not([data-picture])');
}

/** Obey a key; true when it was one of the console's. */
export function obey(event: KeyboardEvent, desk: Desk): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || belongsToFocus(event)) return false;
  if (event.key.length === 1 && event.key !== ' ' && singleKeysAreOff()) return false;
  if (desk.isHelpOpen && event.key === 'Tab') return false;
  if (desk.isAssigning && /^\d$/.test(event.key)) desk.typeUnit(event.key);
  else if (desk.isAssigning && event.key === 'Enter' && desk.typedUnit) desk.assign(Number(desk.typedUnit) - 1);
  else {
    const found = BY_KEY.get(nameOf(event));
    if (!found) return false;
    if (event.repeat && found.group === 'Decide') return true;
    if (found.key === 'Escape' && isNothingOpen(desk)) document.querySelector<HTMLElement>('header button')?.focus();
    else found.run(desk);
  }
  return true;
}

const isNothingOpen = (desk: Desk): boolean =>
  desk.selected === null && !desk.isHelpOpen && !desk.isAssigning && !desk.isFinishing && !desk.note;
