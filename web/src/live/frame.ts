// The binary frame, ten a second: a header of 24 bytes, 32 bytes a track, 24 bytes an interceptor, little-endian.

const HEADER_BYTES = 24;
const TRACK_BYTES = 32;
const INTERCEPTOR_BYTES = 24;
const VERSION = 1;
const KIND_PICTURE = 1;
const FLAG_TOWARD = 1;
const FLAG_URGENT = 2;

/** Meaning of the status byte, by value. */
export const STATUS = { open: 0, asked: 1, approved: 2, held: 3, away: 4, hit: 5, missed: 6 } as const;
/** Meaning of the group byte, by value. */
export const GROUP = { rocket: 0, mortar: 1, drone: 2, cruise: 3 } as const;

export interface TrackNow {
  track: number;
  group: number;
  status: number;
  is_toward: boolean;
  is_urgent: boolean;
  east_m: number;
  north_m: number;
  height_m: number;
  ve_mps: number;
  vn_mps: number;
  to_impact_s: number;
}

export interface InterceptorNow {
  track: number;
  unit: number;
  east_m: number;
  north_m: number;
  height_m: number;
  to_meeting_s: number;
}

export interface Frame {
  t_s: number;
  rate: number;
  sequence: number;
  tracks: TrackNow[];
  interceptors: InterceptorNow[];
}

/** Read one frame; null for another version or kind, or for one that is cut short. */
export function readFrame(buffer: ArrayBuffer): Frame | null {
  if (buffer.byteLength < HEADER_BYTES) return null;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== VERSION || view.getUint8(1) !== KIND_PICTURE) return null;
  const nTracks = view.getUint16(2, true);
  const nInterceptors = view.getUint16(4, true);
  const tracksEnd = HEADER_BYTES + nTracks * TRACK_BYTES;
  if (buffer.byteLength < tracksEnd + nInterceptors * INTERCEPTOR_BYTES) return null;
  return {
    t_s: view.getFloat64(8, true),
    rate: view.getFloat32(16, true),
    sequence: view.getUint32(20, true),
    tracks: Array.from({ length: nTracks }, (_, i) => readTrack(view, HEADER_BYTES + i * TRACK_BYTES)),
    interceptors: Array.from({ length: nInterceptors }, (_, i) =>
      readInterceptor(view, tracksEnd + i * INTERCEPTOR_BYTES),
    ),
  };
}

function readTrack(view: DataView, at: number): TrackNow {
  const flags = view.getUint16(at + 6, true);
  return {
    track: view.getUint32(at, true),
    group: view.getUint8(at + 4),
    status: view.getUint8(at + 5),
    is_toward: (flags & FLAG_TOWARD) !== 0,
    is_urgent: (flags & FLAG_URGENT) !== 0,
    east_m: view.getFloat32(at + 8, true),
    north_m: view.getFloat32(at + 12, true),
    height_m: view.getFloat32(at + 16, true),
    ve_mps: view.getFloat32(at + 20, true),
    vn_mps: view.getFloat32(at + 24, true),
    to_impact_s: view.getFloat32(at + 28, true),
  };
}

function readInterceptor(view: DataView, at: number): InterceptorNow {
  return {
    track: view.getUint32(at, true),
    unit: view.getUint16(at + 4, true),
    east_m: view.getFloat32(at + 8, true),
    north_m: view.getFloat32(at + 12, true),
    height_m: view.getFloat32(at + 16, true),
    to_meeting_s: view.getFloat32(at + 20, true),
  };
}
