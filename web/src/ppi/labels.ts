// Which things get a label, what it says, and how it is drawn.
import { STATUS } from '../live/frame';
import type { Scene, State } from '../live/protocol';
import { countdown } from '../shared/format';
import { toX, toY, type Camera } from './camera';
import { ringsCentre, ringStep_m } from './ground';
import { ellipseOf, showsImpact } from './impacts';
import type { Mark } from './marks';
import { BOX_HIGH_PX, BOX_WIDE_PX, unitIsHere, type Spot } from './own';
import type { Context, Paint, Tone } from './paint';
import type { Box, LabelLine, LabelRequest, PlacedLabel } from './place';
import { BRACKET_PX, leaderTip, URGENT_PX } from './tracks';
import { reload_s, unitIsDown, unitWords } from './words';

const LINE_RATIO = 1.4;
const PLAIN_REACH_PX = 5;
const HALO_PX = 3;
const LEADER_TIP_PX = 4;
const OWN_REACH_PX = 7;
const IMPACT_REACH_MOST_PX = 60;
/** Tracks with a label beside the urgent ones while decluttered: one for so much of the picture. */
const CALM_LABEL_PX2 = 34_000;
const ALL_LABELS = 200;

export interface LabelInput {
  scene: Scene;
  state: State;
  camera: Camera;
  marks: Mark[];
  now_s: number;
  is_decluttered: boolean;
}

/** Widths of words in the picture's font; measured once each. */
export class Measure {
  private readonly widths = new Map<string, number>();

  constructor(
    private readonly context: Context,
    private readonly paint: Paint,
  ) {}

  width(line: LabelLine): number {
    const key = (line.is_bold ? 'b' : 'n') + line.text.replace(/\d/g, '0');
    let width = this.widths.get(key);
    if (width === undefined) {
      this.context.font = fontOf(line, this.paint);
      width = Math.ceil(this.context.measureText(line.text.replace(/\d/g, '0')).width);
      this.widths.set(key, width);
    }
    return width;
  }
}

const fontOf = (line: LabelLine, paint: Paint): string => `${line.is_bold ? 600 : 400} ${paint.size_px}px ${paint.font}`;

type Draft = Omit<LabelRequest, 'width' | 'height'>;

/** Everything that wants a label, the most urgent first. */
export function labelRequests(input: LabelInput, measure: Measure, paint: Paint): LabelRequest[] {
  const tracks = trackDrafts(input);
  const alerted = new Set(input.state.alerts.map((alert) => alert.area));
  const areas = areaDrafts(input, alerted);
  const drafts = [
    ...tracks.filter((draft) => draft.must_show), ...unitDrafts(input), ...areas.filter((draft) => draft.must_show),
    ...tracks.filter((draft) => !draft.must_show), ...areas.filter((draft) => !draft.must_show), ...ringDraft(input),
  ];
  const { width_px, height_px } = input.camera;
  return drafts
    .filter((draft) => draft.x > -20 && draft.y > -20 && draft.x < width_px + 20 && draft.y < height_px + 20)
    .map((draft) => ({
      ...draft,
      width: Math.max(...draft.lines.map((line) => measure.width(line))),
      height: Math.ceil(draft.lines.length * paint.size_px * LINE_RATIO),
    }));
}

function trackDrafts({ scene, marks, now_s, is_decluttered, camera }: LabelInput): Draft[] {
  const n_calm = Math.round((camera.width_px * camera.height_px) / CALM_LABEL_PX2);
  const loud: Mark[] = marks
    .filter((mark) => mark.loudness !== 'plain' || (!is_decluttered && mark.now.is_toward))
    .sort((a, b) => rank(a) - rank(b));
  const n_must = loud.filter((mark) => rank(mark) < 0).length;
  return loud.slice(0, n_must + (is_decluttered ? n_calm : ALL_LABELS)).map((mark) => ({
    key: `track ${mark.now.track}`, x: mark.x, y: mark.y, tone: mark.is_selected ? 'strong' : mark.tone === 'urgent' ? 'strong' : mark.tone,
    reach_px: mark.is_selected ? BRACKET_PX + 2 : mark.loudness === 'plain' ? PLAIN_REACH_PX : URGENT_PX / 2 + 2,
    lines: trackLines(mark, scene, now_s), must_show: rank(mark) < 0,
    isItsOwn: (box) => isNearest(mark, loud, box),
  }));
}

/** The selected and the urgent are below zero; then by time to impact, those under engagement last. */
function rank(mark: Mark): number {
  if (mark.is_selected) return -2;
  if (mark.loudness === 'urgent') return -1;
  return Math.max(0, mark.now.to_impact_s) + (mark.tone === 'muted' ? 1e6 : 0);
}

function trackLines(mark: Mark, scene: Scene, now_s: number): LabelLine[] {
  const number = String(mark.now.track);
  const latest_s = mark.threat?.t_latest_s ?? null;
  const left = latest_s === null ? '' : countdown(latest_s - now_s);
  const toward = scene.areas[mark.threat?.toward ?? -1]?.name ?? '';
  const word = statusWord(mark.now.status);
  if (word) return [{ text: `${number} ${word}`, is_bold: mark.is_selected }];
  if (mark.is_selected) return twoLines(number, [toward, left].filter(Boolean).join(' '));
  if (mark.loudness === 'urgent') return twoLines(number, left);
  return [{ text: [number, left].filter(Boolean).join(' '), is_bold: false }];
}

const twoLines = (first: string, second: string): LabelLine[] => [
  { text: first, is_bold: true }, ...(second ? [{ text: second, is_bold: false }] : []),
];

function statusWord(status: number): string {
  if (status === STATUS.approved || status === STATUS.away) return 'engaged';
  if (status === STATUS.held) return 'let fall';
  return status === STATUS.hit ? 'hit' : '';
}

function unitDrafts({ state, camera, now_s }: LabelInput): Draft[] {
  return state.units.flatMap((unit, i) => {
    if (!unitIsHere(unit.state)) return [];
    const left_s = reload_s(unit, now_s);
    const words = unit.state === 'ready' ? (left_s === null ? '' : `reload ${countdown(left_s)}`) : unitWords(unit, now_s);
    return [{
      key: `unit ${i}`, x: toX(camera, unit.east_m), y: toY(camera, unit.north_m), reach_px: BOX_WIDE_PX / 2 + 1,
      lines: [{ text: words ? `${unit.ready}, ${words}` : String(unit.ready), is_bold: false }],
      tone: unitIsDown(unit.state) ? 'urgent' : 'ink', must_show: true,
    }];
  });
}

const AREA_LABEL_REACH = 1.02;
const AREA_REACH_MOST_PX = 70;

function areaDrafts({ scene, camera }: LabelInput, alerted: Set<number>): Draft[] {
  const places = scene.areas.map((area) => ({
    x: toX(camera, area.east_m), y: toY(camera, area.north_m), radius_px: area.radius_m / camera.m_per_px,
  }));
  return scene.areas
    .map((area, i) => ({ area, i }))
    .sort((a, b) => b.area.population - a.area.population)
    .map(({ area, i }) => ({
      key: `area ${i}`, is_place: true, x: toX(camera, area.east_m), y: toY(camera, area.north_m),
      reach_px: Math.min(AREA_REACH_MOST_PX, (AREA_LABEL_REACH * area.radius_m) / camera.m_per_px),
      lines: [{ text: alerted.has(i) ? `${area.name}, alert` : area.name, is_bold: false }],
      tone: alerted.has(i) ? 'ink' : 'muted', must_show: alerted.has(i),
      isItsOwn: (box) => nearestPlace(places, box) === i,
    }));
}

/** Index of the place whose edge is nearest to the middle of a label. */
function nearestPlace(places: (Spot & { radius_px: number })[], box: Box): number {
  const gap_px = places.map((place) => gapBetween(place, box) - place.radius_px);
  return gap_px.indexOf(Math.min(...gap_px));
}

const gapBetween = ({ x, y }: Spot, box: Box): number => Math.hypot(x - box.x - box.width / 2, y - box.y - box.height / 2);

/** Whether no other loud track stands nearer to a label than its own. */
const isNearest = (mark: Mark, loud: Mark[], box: Box): boolean => {
  const own_px = gapBetween(mark, box);
  return loud.every((other) => other === mark || gapBetween(other, box) >= own_px);
};

function ringDraft({ scene, camera }: LabelInput): Draft[] {
  const [east_m, north_m] = ringsCentre(scene);
  const step_m = ringStep_m(camera);
  return [{
    key: 'ring', x: toX(camera, east_m), y: toY(camera, north_m - step_m), reach_px: 0,
    lines: [{ text: `${step_m / 1000} km`, is_bold: false }], tone: 'muted', must_show: false,
  }];
}

/** Boxes of symbols that a label should leave free. */
export function symbolBoxes(marks: Mark[], own: Spot[], state: State, camera: Camera): Box[] {
  const boxes: Box[] = [];
  for (const mark of marks) {
    const is_plain = mark.loudness === 'plain';
    boxes.push(boxAround(mark, is_plain ? PLAIN_REACH_PX : URGENT_PX / 2));
    if (!is_plain) boxes.push(boxAround(leaderTip(mark, camera), LEADER_TIP_PX));
  }
  for (const spot of own) boxes.push(boxAround(spot, OWN_REACH_PX));
  for (const mark of marks) {
    if (!showsImpact(mark) || !mark.threat) continue;
    const at = { x: toX(camera, mark.threat.mean[0]), y: toY(camera, mark.threat.mean[1]) };
    boxes.push(boxAround(at, Math.min(IMPACT_REACH_MOST_PX, ellipseOf(mark.threat.cov).minor_m / camera.m_per_px)));
  }
  for (const unit of state.units) {
    if (!unitIsHere(unit.state)) continue;
    boxes.push({
      x: toX(camera, unit.east_m) - BOX_WIDE_PX / 2, y: toY(camera, unit.north_m) - BOX_HIGH_PX / 2,
      width: BOX_WIDE_PX, height: BOX_HIGH_PX,
    });
  }
  return boxes;
}

const boxAround = ({ x, y }: Spot, r: number): Box => ({ x: x - r, y: y - r, width: 2 * r, height: 2 * r });

export function drawLabels(context: Context, placed: PlacedLabel[], paint: Paint): void {
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  for (const label of placed) if (label.has_leader) drawLeaderLine(context, label, paint);
  context.strokeStyle = paint.tone.land;
  for (const label of placed) {
    const line_px = label.height / label.request.lines.length;
    label.request.lines.forEach((line, i) => {
      const y = label.y + (i + 0.5) * line_px + 0.5;
      context.font = fontOf(line, paint);
      context.lineWidth = HALO_PX;
      context.strokeText(line.text, label.x, y);
      context.fillStyle = paint.tone[label.request.tone as Tone];
      context.fillText(line.text, label.x, y);
    });
  }
}

function drawLeaderLine(context: Context, label: PlacedLabel, paint: Paint): void {
  const { x, y, reach_px } = label.request;
  const nearX = Math.min(Math.max(x, label.x - 2), label.x + label.width + 2);
  const nearY = Math.min(Math.max(y, label.y + 2), label.y + label.height - 2);
  const length_px = Math.hypot(nearX - x, nearY - y);
  context.strokeStyle = paint.tone.quiet;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x + ((nearX - x) / length_px) * reach_px, y + ((nearY - y) / length_px) * reach_px);
  context.lineTo(nearX, nearY);
  context.stroke();
}
