// What the server and a page say to one another. Lengths in metres east and north of the origin, times in seconds since
// the scenario's start; `t_…_s` is a moment, a bare `…_s` a duration.

export type Point = [east_m: number, north_m: number];
export type Authority = 'manual' | 'approval' | 'veto' | 'automatic';
export type Weapons = 'free' | 'tight' | 'hold';
export type Group = 'rocket' | 'mortar' | 'drone' | 'cruise';
export type ThreatStatus = 'open' | 'asked' | 'approved' | 'held' | 'away' | 'hit' | 'missed';
export type UnitState = 'ready' | 'moving' | 'waiting' | 'failed' | 'left' | 'away' | 'cut_off';
export type Level = 'normal' | 'notice' | 'alarm';

/** Index that means: none. */
export const NONE = -1;

export interface Area {
  id: string;
  name: string;
  population: number;
  shelter_s: number;
  east_m: number;
  north_m: number;
  radius_m: number;
  polygon: Point[] | null;
}

export interface Unit {
  id: string;
  name: string;
  reach_m: number;
  n_launchers: number;
  rounds_per_launcher: number;
}

export interface Sensor {
  id: string;
  name: string;
  east_m: number;
  north_m: number;
  range_m: number;
}

export interface Post {
  id: string;
  name: string;
  east_m: number;
  north_m: number;
}

export interface NetworkLink {
  id: string;
  name: string;
  from: Point;
  to: Point;
}

export interface ThreatClass {
  id: string;
  label: string;
  group: Group;
}

export interface InjectField {
  name: string;
  label: string;
  kind: 'choice' | 'number';
  choices?: { value: string | number; label: string }[];
  unit?: string;
  min?: number;
  max?: number;
  value?: string | number;
}

export interface Inject {
  kind: string;
  label: string;
  fields: InjectField[];
}

export interface Exercise {
  file: string;
  title: string;
  text: string;
}

export interface Seat {
  seat: string;
  url: string;
  is_here: boolean;
}

export interface Scene {
  is: 'scene';
  role: 'operator' | 'instructor';
  seat: string;
  has_clock: boolean;
  title: string;
  briefing: string;
  scenario: string;
  replication: number;
  start_utc: string;
  from_s: number;
  until_s: number;
  land: Point[][];
  water?: Point[][];
  extent: [east_min_m: number, north_min_m: number, east_max_m: number, north_max_m: number];
  areas: Area[];
  units: Unit[];
  sensors: Sensor[];
  posts: Post[];
  links: NetworkLink[];
  classes: ThreatClass[];
  tutorial?: { id: string; text: string }[] | null;
  injects?: Inject[];
  exercises?: Exercise[];
  seats?: Seat[];
}

export interface Advice {
  unit: number;
  n_rounds: number;
  p_kill: number;
  t_launch_s: number;
  t_intercept_s: number;
}

export interface Threat {
  track: number;
  i_class: number;
  toward: number;
  p_hit: number;
  /** People expected in the reach of its warhead. */
  people: number;
  t_impact_s: number | null;
  t_latest_s: number | null;
  status: ThreatStatus;
  advice: Advice | null;
  reason: string;
  options: (Advice & { t_latest_s: number | null })[];
  /** When the order is given by itself, unless it is held before. */
  t_auto_s: number | null;
  /** Of a track with rounds on their way: who fired, and when they meet it. */
  unit?: number;
  t_meet_s?: number | null;
  mean: Point;
  cov: [var_east_m2: number, cov_m2: number, var_north_m2: number];
}

export interface UnitNow {
  state: UnitState;
  east_m: number;
  north_m: number;
  ready: number;
  depot: number;
  channels_free: number;
  launchers: { rounds: number; t_loaded_s: number | null }[];
}

export interface State {
  is: 'state';
  t_s: number;
  rate: number;
  is_paused: boolean;
  is_over: boolean;
  can_skip: boolean;
  authority: Authority;
  weapons: Weapons;
  salvo: number;
  reserve_share: number;
  alert_rule: boolean;
  threats: Threat[];
  asked: number | null;
  units: UnitNow[];
  alerts: { area: number; since_s: number; until_s: number; by: 'rule' | 'operator' }[];
  stock: { ready: number; depot: number; fired: number };
  links_down: number[];
  sensors_down: number[];
  bars: { from_s: number; bin_s: number; seen: number[]; engaged: number[] };
  alarms: { n: number; text: string; t_s: number }[];
  /** Names of the seats that somebody sits at. */
  here?: string[];
  tutorial_step: string | null;
  score: Record<string, number> | null;
}

export interface LogItem {
  n: number;
  t_s: number;
  text: string;
  level: Level;
  track: number | null;
}

export interface Answer {
  is: 'answer';
  to: number;
  ok: boolean;
  text: string;
}

export type ServerMessage =
  | Scene
  | State
  | { is: 'events'; items: LogItem[]; is_all?: boolean }
  | Answer
  | { is: 'over'; review: string };

/** An order without its number; the connection numbers it. */
export type Order =
  | { do: 'approve' | 'hold' | 'cease' | 'select'; track: number }
  | { do: 'assign'; track: number; unit: number; n_rounds: number }
  | { do: 'authority'; level: Authority }
  | { do: 'weapons'; level: Weapons }
  | { do: 'salvo'; n_rounds: number }
  | { do: 'reserve'; share: number }
  | { do: 'alert'; area: number }
  | { do: 'alert_rule'; on: boolean }
  | { do: 'acknowledge'; n: number }
  | { do: 'pause' | 'resume' | 'skip' | 'finish' }
  | { do: 'rate'; value: number }
  | { do: 'back'; seconds: number }
  | { do: 'save' | 'branch'; name: string }
  | { do: 'start'; file: string; replication?: number }
  | { do: 'rewind'; t_s: number }
  | ({ do: 'inject'; kind: string } & Record<string, string | number>);

export const CLOSE_TAKEN_OVER = 4001;
export const CLOSE_WRONG_TOKEN = 4003;
