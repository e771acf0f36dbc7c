// What is shown: raid, moment, pace, alternatives, the selected object. One state feeds every part of the page.
import { loadIndex, loadRaid, loadScene, type Index, type Raid, type Scene, type Threat, type View } from './data';
import type { Camera } from './picture/cameras';

export const RATES = [0.25, 1, 4, 16] as const;
export type Mode = 'A' | 'B' | 'C';

const BEFORE_MEETING_S = 0.6;

export class Show {
  index = $state.raw<Index | null>(null);
  scene = $state.raw<Scene | null>(null);
  raid = $state.raw<Raid | null>(null);
  i_raid = $state(-1);
  t_s = $state(0);
  rate = $state<number>(1);
  isPlaying = $state(false);
  mode = $state<Mode>('A');
  camera = $state<Camera>('Side');
  picked = $state<number | null>(null);
  from_s = $state(0);
  until_s = $state(0);
  fault = $state('');

  /** Alternatives on the screen, left to right. */
  views = $derived(this.mode === 'C' ? [0, 1] : this.mode === 'B' ? [1] : [0]);
  view = $derived<View | null>(this.raid?.alternatives[this.views[0]!] ?? null);
  threat = $derived<Threat | null>(this.view?.threats.find((one) => one.id === this.picked) ?? null);

  async start(): Promise<void> {
    try {
      [this.index, this.scene] = await Promise.all([loadIndex(), loadScene()]);
      if (this.index.raids.length === 0) this.fault = 'Nothing was launched in this replication.';
      else await this.open(this.index.first_raid);
    } catch (error) {
      this.fault = `The data could not be read: ${error instanceof Error ? error.message : error}`;
    }
  }

  async open(i_raid: number): Promise<void> {
    this.isPlaying = false;
    const raid = await loadRaid(i_raid);
    this.i_raid = i_raid;
    this.raid = raid;
    this.from_s = raid.from_s;
    this.until_s = raid.until_s;
    const first = telling(raid);
    this.picked = first.picked;
    this.t_s = first.t_s;
  }

  go(t_s: number): void {
    if (this.raid) this.t_s = Math.min(Math.max(t_s, this.raid.from_s), this.raid.until_s);
  }

  toggle(): void {
    if (!this.raid) return;
    if (!this.isPlaying && this.t_s >= this.raid.until_s) this.t_s = this.raid.from_s;
    this.isPlaying = !this.isPlaying;
  }

  choose(mode: Mode): void {
    if (mode === 'A' || (this.raid && this.raid.alternatives.length > 1)) this.mode = mode;
  }

  /** Slower or faster by one step. */
  pace(step: number): void {
    const at = RATES.indexOf(this.rate as (typeof RATES)[number]);
    this.rate = RATES[Math.min(Math.max(at + step, 0), RATES.length - 1)]!;
  }

  /** The next object in flight, by launch; whether there is one. From the last it leads to none. */
  step(by: number): boolean {
    const flying = this.view?.threats.filter((one) => one.from_s <= this.t_s && this.t_s < one.end_s) ?? [];
    const others = flying.length ? flying : (this.view?.threats ?? []);
    const at = others.findIndex((one) => one.id === this.picked);
    const next = others[at < 0 ? (by > 0 ? 0 : others.length - 1) : at + by];
    if (next) this.picked = next.id;
    return next !== undefined;
  }

  /** Go to the next moment of a kind, and select its object. */
  jump(isWanted: (threat: Threat) => boolean): void {
    const rows = (this.view?.threats ?? []).filter(isWanted).sort((a, b) => a.end_s - b.end_s);
    const next = rows.find((one) => one.end_s > this.t_s + 0.05) ?? rows[0];
    if (!next) return;
    this.picked = next.id;
    this.go(next.end_s + 0.05);
  }
}

/** A moment worth beginning with: just after an interception while much is in the air. */
function telling(raid: Raid): { t_s: number; picked: number | null } {
  const { threats } = raid.alternatives[0]!;
  let best: { n: number; threat: Threat | null } = { n: -1, threat: null };
  for (const threat of threats) {
    if (threat.end !== 'intercepted') continue;
    const n = threats.filter((one) => one.from_s <= threat.end_s && threat.end_s < one.end_s).length;
    if (n > best.n) best = { n, threat };
  }
  const chosen = best.threat ?? threats[0] ?? null;
  if (!chosen) return { t_s: raid.from_s, picked: null };
  const isShort = chosen.end !== 'intercepted';
  return { t_s: isShort ? (chosen.from_s + chosen.end_s) / 2 : chosen.end_s + BEFORE_MEETING_S, picked: chosen.id };
}
