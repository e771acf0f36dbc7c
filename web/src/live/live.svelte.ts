// What the page knows: the scene, the latest state, the latest frame, the log. Components read it, nobody else writes it.
import type { Frame } from './frame';
import { Link, type LinkStatus } from './link';
import type { Answer, LogItem, Order, Scene, ServerMessage, State, Threat } from './protocol';
import { Trails } from './trails';

const LOG_LENGTH = 200;
/** Motion is carried on past the last frame for no longer than this. */
const CARRY_ON_MS = 300;

export class Live {
  scene = $state.raw<Scene | null>(null);
  state = $state.raw<State | null>(null);
  log = $state.raw<LogItem[]>([]);
  status = $state<LinkStatus>('connecting');
  answer = $state.raw<Answer | null>(null);
  answerAt_ms = -Infinity;
  review = $state<string | null>(null);
  /** Scenario time as shown, renewed with every drawing. */
  now_s = $state(0);
  threatOf = $derived(new Map<number, Threat>((this.state?.threats ?? []).map((threat) => [threat.track, threat])));
  /** Not reactive: the drawing asks for it ten times a second. */
  frame: Frame | null = null;
  frameAt_ms = 0;
  readonly trails = new Trails();
  private readonly link: Link;

  constructor(token: string) {
    this.link = new Link(token, {
      onMessage: (message) => this.read(message),
      onFrame: (frame) => this.takeFrame(frame),
      onStatus: (status) => (this.status = status),
    });
  }

  open(): void {
    this.link.open();
  }

  send(order: Order): number {
    const number = this.link.send(order);
    if (number === 0) this.takeAnswer({ is: 'answer', to: 0, ok: false, text: 'No connection: not sent.' });
    return number;
  }

  /** Seconds of scenario time since the last frame; 0 while paused. */
  sinceFrame_s(now_ms: number): number {
    if (!this.frame || this.state?.is_paused || this.state?.is_over) return 0;
    return (Math.min(Math.max(0, now_ms - this.frameAt_ms), CARRY_ON_MS) / 1000) * this.frame.rate;
  }

  private takeFrame(frame: Frame): void {
    this.frame = frame;
    this.frameAt_ms = performance.now();
    this.trails.add(frame);
  }

  private read(message: ServerMessage): void {
    if (message.is === 'scene') this.takeScene(message);
    else if (message.is === 'state') this.state = message;
    else if (message.is === 'events') this.takeEvents(message.items, message.is_all ?? false);
    else if (message.is === 'answer') this.takeAnswer(message);
    else if (message.is === 'over') this.review = message.review;
  }

  private takeAnswer(answer: Answer): void {
    this.answer = answer;
    this.answerAt_ms = performance.now();
  }

  private takeScene(scene: Scene): void {
    this.scene = scene;
    this.state = null;
    this.frame = null;
    this.log = [];
    this.review = null;
    this.trails.clear();
  }

  private takeEvents(items: LogItem[], is_all: boolean): void {
    const before = is_all ? [] : this.log;
    const known = new Set(before.map((item) => item.n));
    this.log = [...before, ...items.filter((item) => !known.has(item.n))].slice(-LOG_LENGTH);
  }
}
