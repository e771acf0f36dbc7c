// The operator's desk: what is selected and shown, and the orders that keys and buttons give.
import type { Live } from '../live/live.svelte';
import { NONE, type Authority, type Threat, type Weapons } from '../live/protocol';
import type { Picture } from '../ppi/picture';
import { clock } from '../shared/format';

export const RATES = [0.5, 1, 2, 4, 8, 16, 32];
const BACK_S = 30;
/** After the panel has changed by itself, a key is not taken for so long: it was meant for what stood there before. */
const GUARD_MS = 300;
const ANSWER_MS = 1_000;
const NOTE_MS = 6_000;

export class Desk {
  selected = $state<number | null>(null);
  isAssigning = $state(false);
  typedUnit = $state('');
  isDecluttered = $state(true);
  isHelpOpen = $state(false);
  isFinishing = $state(false);
  /** What the panel has to say, for a few seconds. */
  note = $state('');
  /** Orders given for a track and not yet seen in the state. */
  sent = $state.raw<{ track: number; text: string; state_s: number } | null>(null);
  picture: Picture | null = null;
  /** The rate that was asked for last: a key pressed again before the answer counts from it. */
  private wantedRate: { value: number; until_ms: number } | null = null;
  private noteSince_ms = -Infinity;
  private shownBefore: number | null = null;
  private shownSince_ms = -Infinity;

  readonly threats = $derived.by(() => this.live.state?.threats ?? []);
  readonly asked = $derived.by(() => this.find(this.live.state?.asked ?? null));
  /** The threat in the decision panel: the one picked by hand while it lasts, else the one that waits. */
  readonly shown = $derived.by(() => this.find(this.selected) ?? this.asked);
  /** Waits while another is shown. */
  readonly alsoWaits = $derived.by(() => (this.asked && this.shown && this.asked.track !== this.shown.track ? this.asked : null));

  constructor(readonly live: Live) {}

  private say(text: string): void {
    this.note = text;
    this.noteSince_ms = performance.now();
  }

  /** The note, or the server's newest answer, while it is fresh. */
  freshNote(now_ms: number): string {
    if (this.note && now_ms - this.noteSince_ms < NOTE_MS) return this.note;
    if (this.sent) return `Track ${this.sent.track}: ${this.sent.text}`;
    return now_ms - this.live.answerAt_ms < NOTE_MS ? (this.live.answer?.text ?? '') : '';
  }

  find(track: number | null): Threat | null {
    return track === null ? null : (this.live.threatOf.get(track) ?? null);
  }

  areaName(threat: Threat): string {
    return this.live.scene?.areas[threat.toward]?.name ?? 'open ground';
  }

  /** Called when the state is renewed: lets go of what is over, and notes that the panel shows another track. */
  settle(now_ms: number): void {
    const picked = this.find(this.selected);
    if (this.selected !== null && (!picked || picked.status === 'hit')) this.selected = null;
    const track = this.shown?.track ?? null;
    if (track !== this.shownBefore) {
      this.shownBefore = track;
      this.shownSince_ms = now_ms;
      this.note = '';
      this.isAssigning = false;
      this.typedUnit = '';
    }
    if (this.sent && (this.sent.track !== track || (this.live.state?.t_s ?? 0) > this.sent.state_s)) this.sent = null;
  }

  select(track: number | null): void {
    this.selected = track;
    if (track !== null) this.live.send({ do: 'select', track });
    this.shownBefore = this.shown?.track ?? null;
    this.shownSince_ms = -Infinity;
    this.isAssigning = false;
    this.typedUnit = '';
  }

  step(by: number): void {
    const open = this.threats;
    if (!open.length) return;
    const at = open.findIndex((threat) => threat.track === this.shown?.track);
    const next = open[(at + by + open.length) % open.length] ?? open[0];
    if (next) this.select(next.track);
  }

  approve(): void {
    this.decide('approve', 'approved');
  }

  letFall(): void {
    this.decide('hold', 'let fall');
  }

  cease(): void {
    this.decide('cease', 'cease fire');
  }

  private decide(order: 'approve' | 'hold' | 'cease', text: string): void {
    const threat = this.guarded();
    if (!threat || !this.live.send({ do: order, track: threat.track })) return;
    this.markSent(threat.track, text);
  }

  private guarded(): Threat | null {
    const threat = this.shown;
    if (!threat) {
      this.say('Nothing to decide.');
      return null;
    }
    if (performance.now() - this.shownSince_ms < GUARD_MS) {
      this.say(`Not taken: now track ${threat.track}. Press again.`);
      return null;
    }
    if (this.sent?.track === threat.track) return null;
    return threat;
  }

  private markSent(track: number, text: string): void {
    this.note = '';
    this.isAssigning = false;
    this.typedUnit = '';
    this.sent = { track, text, state_s: this.live.state?.t_s ?? 0 };
    if (this.selected === track && this.live.state?.asked === track) this.selected = null;
  }

  startAssign(): void {
    if (this.shown) this.isAssigning = !this.isAssigning;
    this.typedUnit = '';
  }

  /** A digit while assigning: taken at once unless a longer number of a battery begins with it. */
  typeUnit(digit: string): void {
    const typed = this.typedUnit + digit;
    const units = this.live.state?.units.map((_, i) => String(i + 1)) ?? [];
    if (!units.some((name) => name.startsWith(typed))) {
      this.say(`There is no battery ${typed}.`);
      this.typedUnit = '';
    } else if (units.some((name) => name !== typed && name.startsWith(typed))) this.typedUnit = typed;
    else this.assign(Number(typed) - 1);
  }

  assign(unit: number): void {
    const threat = this.guarded();
    const n_rounds = this.live.state?.salvo ?? 1;
    if (threat && this.live.send({ do: 'assign', track: threat.track, unit, n_rounds })) {
      this.markSent(threat.track, `assigned to battery ${unit + 1}`);
    }
  }

  toggleSalvo(): void {
    this.live.send({ do: 'salvo', n_rounds: this.live.state?.salvo === 2 ? 1 : 2 });
  }

  authority(level: Authority): void {
    this.live.send({ do: 'authority', level });
  }

  weapons(level: Weapons): void {
    this.live.send({ do: 'weapons', level });
  }

  acknowledge(): void {
    const alarm = this.live.state?.alarms[0];
    if (alarm) this.live.send({ do: 'acknowledge', n: alarm.n });
  }

  alertArea(): void {
    const area = this.shown?.toward ?? NONE;
    if (area === NONE) this.say('It heads for no area.');
    else this.live.send({ do: 'alert', area });
  }

  toggleAlertRule(): void {
    this.live.send({ do: 'alert_rule', on: !this.live.state?.alert_rule });
  }

  get hasClock(): boolean {
    return this.live.scene?.has_clock ?? false;
  }

  togglePause(): void {
    if (this.hasClock) this.live.send({ do: this.live.state?.is_paused ? 'resume' : 'pause' });
  }

  setRate(value: number): void {
    if (!this.hasClock) return;
    this.wantedRate = { value, until_ms: performance.now() + ANSWER_MS };
    this.live.send({ do: 'rate', value });
  }

  stepRate(by: number): void {
    const asked = this.wantedRate && performance.now() < this.wantedRate.until_ms ? this.wantedRate.value : null;
    const at = RATES.findIndex((rate) => rate >= (asked ?? this.live.state?.rate ?? 1));
    const value = RATES[Math.min(RATES.length - 1, Math.max(0, (at < 0 ? RATES.length - 1 : at) + by))];
    if (value !== undefined) this.setRate(value);
  }

  skip(): void {
    if (this.hasClock && this.live.state?.can_skip) this.live.send({ do: 'skip' });
  }

  back(): void {
    if (this.hasClock) this.live.send({ do: 'back', seconds: BACK_S });
  }

  keep(order: 'save' | 'branch'): void {
    const { scene, state } = this.live;
    if (!this.hasClock || !scene || !state) return;
    this.live.send({ do: order, name: clock(scene.start_utc, state.t_s).replaceAll(':', '-') });
  }

  /** Asked twice: the exercise cannot be gone on with afterwards. */
  finish(): void {
    if (!this.hasClock) return;
    if (this.isFinishing) this.live.send({ do: 'finish' });
    this.isFinishing = !this.isFinishing;
  }

  escape(): void {
    if (this.isHelpOpen) this.isHelpOpen = false;
    else if (this.isFinishing) this.isFinishing = false;
    else if (this.isAssigning) this.isAssigning = false;
    else this.select(null);
    this.note = '';
  }
}
