// What the server (or the page itself, if it was exported) gives. Moments are seconds since the scenario's start, lengths metres.

export const ENDS = ['failed', 'fell_short', 'at_sea', 'open_ground', 'intercepted', 'leaked_built_up'] as const;
export type End = (typeof ENDS)[number];
export type Ends = Record<End, number>;

export interface RaidEntry {
  from_s: number;
  until_s: number;
  ends: Ends[];
}

export interface Index {
  title: string;
  replication: number;
  n_replications: number | null;
  seed: number;
  start_utc: string;
  alternatives: { name: string; label: string }[];
  raids: RaidEntry[];
  first_raid: number;
}

export interface Area {
  id: string;
  name: string;
  people: number;
  east_m: number;
  north_m: number;
  ring_m: [number, number][];
}

export interface Scene {
  box_m: [number, number, number, number];
  land: 'written' | 'bundled' | 'none';
  land_m: [number, number][][];
  coast_m: [number, number][][];
  areas: Area[];
  launch_m: [number, number][][];
}

/** Nodes one after the other: t_s, east_m, north_m, height_m, t_s, ... */
export type Path = number[];

export interface Threat {
  id: number;
  name: string;
  kind: string;
  end: End;
  reason: string;
  from_s: number;
  end_s: number;
  lead_s: number | null;
  tracks: number[];
  path: Path;
  rest: Path;
  story: [number, string, string][];
}

export interface Interceptor {
  threat: number | null;
  battery: string;
  from_s: number;
  end_s: number;
  outcome: 'kill' | 'miss' | 'none';
  path: Path;
}

export interface Battery {
  id: string;
  label: string;
  states: [number, string, number, number][];
  rounds: [number, number][];
}

export interface View {
  threats: Threat[];
  interceptors: Interceptor[];
  alerts: [number, number, number][];
  batteries: Battery[];
}

export interface Raid {
  from_s: number;
  until_s: number;
  alternatives: View[];
}

type Packed = { index: Index; scene: Scene; raids: Record<string, Raid> };
let packed: Promise<Packed> | null = null;

/** An exported page carries its data: base64 of gzipped JSON. */
async function unpack(text: string): Promise<Packed> {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json() as Promise<Packed>;
}

function carried(): Promise<Packed> | null {
  const element = document.getElementById('opendome-replay');
  if (element && !packed) packed = unpack(element.textContent.trim());
  return packed;
}

async function fetched<T>(name: string): Promise<T> {
  const answer = await fetch(`/replay/data/${name}.json`);
  if (!answer.ok) throw new Error(`${name}: the server answered ${answer.status}`);
  return answer.json() as Promise<T>;
}

export async function loadIndex(): Promise<Index> {
  return (await carried())?.index ?? fetched<Index>('index');
}

export async function loadScene(): Promise<Scene> {
  return (await carried())?.scene ?? fetched<Scene>('scene');
}

export async function loadRaid(number: number): Promise<Raid> {
  return (await carried())?.raids[number] ?? fetched<Raid>(`raid-${number}`);
}
