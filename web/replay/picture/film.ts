// Pictures and films: the canvas with title, clock, counts and names drawn onto it.
import { countsAt } from '../paths';
import { clock, day, sums } from '../words';
import type { Show } from '../show.svelte';
import { FAMILY, type Label } from './labels';

const FILM_PER_S = 25;
const FILM_BITS_PER_S = 12_000_000;
const TYPES = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm'];

/** The picture with its words, into a canvas of its own. */
export function composite(
  source: HTMLCanvasElement,
  show: Show,
  labels: Label[],
  size: { width: number; height: number },
  into = document.createElement('canvas'),
): HTMLCanvasElement {
  if (into.width !== source.width || into.height !== source.height) [into.width, into.height] = [source.width, source.height];
  const brush = into.getContext('2d')!;
  const scale = source.width / size.width;
  brush.setTransform(1, 0, 0, 1, 0, 0);
  brush.drawImage(source, 0, 0);
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  brush.shadowColor = '#14141c';
  brush.shadowBlur = 4;
  brush.textBaseline = 'top';
  const write = (text: string, x: number, y: number, font: string, colour: string): void => {
    brush.font = `${font} ${FAMILY}`;
    brush.fillStyle = colour;
    brush.fillText(text, x, y);
  };
  const index = show.index!;
  write(index.title, 28, 24, '600 17px', '#ffffff');
  const labelsOf = show.views.map((i) => index.alternatives[i]!.label).join(' | ');
  write(`${labelsOf}, replication ${index.replication}, day ${day(index, show.t_s)}, simulated`, 28, 50, '13px', '#e9e7e2');
  write(clock(index, show.t_s), 28, 72, '600 36px', '#ffffff');
  show.views.forEach((i, row) => {
    const counts = countsAt(show.raid!.alternatives[i]!, show.t_s);
    write(`${sums(counts)}, ${counts.leaked_built_up} leaked`, 28, 116 + 18 * row, '13px', '#e9e7e2');
  });
  for (const { kind, x, y, text, mark } of labels) {
    if (kind === 'site') {
      brush.strokeStyle = '#8fcbff';
      brush.lineWidth = 2;
      brush.strokeRect(x + 1, y + 1, 10, 10);
      continue;
    }
    const font = kind === 'picked' ? '600 13px' : '12px';
    write(text, x, y + 2, font, kind === 'picked' ? '#ffffff' : '#e4e0dc');
    if (mark) write(mark, x + brush.measureText(`${text} `).width, y + 2, `600 ${font}`, '#f0b040');
  }
  return into;
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function canFilm(): boolean {
  return typeof MediaRecorder !== 'undefined' && TYPES.some((type) => MediaRecorder.isTypeSupported(type));
}

/** Play the span once and record it; gives the film, or null if it was stopped. */
export async function film(
  show: Show,
  snapshot: (into?: HTMLCanvasElement) => HTMLCanvasElement,
  isStopped: () => boolean,
): Promise<Blob | null> {
  show.isPlaying = false;
  show.go(show.from_s);
  const board = snapshot();
  const stream = board.captureStream(FILM_PER_S);
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one))!;
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: FILM_BITS_PER_S });
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise<void>((done) => (recorder.onstop = () => done()));
  recorder.start();
  const began_ms = performance.now();
  await new Promise<void>((done) => {
    const turn = (): void => {
      const t_s = show.from_s + ((performance.now() - began_ms) / 1000) * show.rate;
      show.go(Math.min(t_s, show.until_s));
      snapshot(board);
      if (t_s >= show.until_s || isStopped()) done();
      else requestAnimationFrame(turn);
    };
    turn();
  });
  recorder.stop();
  await ended;
  return isStopped() ? null : new Blob(parts, { type });
}
