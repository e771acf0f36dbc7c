// Defended areas: outlines, lights by the number of people, and what an alert adds.
import { AdditiveBlending, BufferGeometry, Float32BufferAttribute, Group, Mesh, Points, ShaderMaterial } from 'three';
import type { Area, Scene, View } from '../data';
import { flatTriangles } from './ground';
import { ALERT, DUSK, HAZE } from './light';
import { makeHairlines, makeRibbons, ringSegments, type Segment } from './ribbons';
import { UNIT_M, type Shared } from './shared';

const MOST_LIGHTS = 9000;
const MANY_AREAS = 100;
const LIGHTS_PER_PERSON = 0.35;
const PEOPLE_EXPONENT = 0.56;

/** Numbers in [0, 1) that are the same every time. */
export function sequence(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function isInside(east: number, north: number, ring: [number, number][]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [ei, ni] = ring[i]!;
    const [ej, nj] = ring[j]!;
    if (ni > north !== nj > north && east < ((ej - ei) * (north - ni)) / (nj - ni) + ei) inside = !inside;
  }
  return inside;
}

function lightsOf(area: Area, n: number, seed: number): number[] {
  const next = sequence(seed + 1);
  const easts = area.ring_m.map((point) => point[0]);
  const norths = area.ring_m.map((point) => point[1]);
  const [west, east] = [Math.min(...easts), Math.max(...easts)];
  const [south, north] = [Math.min(...norths), Math.max(...norths)];
  const found: number[] = [];
  for (let tries = 0; tries < 6 * n && found.length < 4 * n; tries += 1) {
    // Denser toward the middle: the mean of two even draws.
    const e = west + ((next() + next()) / 2) * (east - west);
    const k = south + ((next() + next()) / 2) * (north - south);
    if (isInside(e, k, area.ring_m)) found.push(e / UNIT_M, 0, -k / UNIT_M, next());
  }
  return found;
}

function makeLights(areas: Area[], shared: Shared): Points {
  const wanted = areas.map((area) => LIGHTS_PER_PERSON * area.people ** PEOPLE_EXPONENT);
  const scale = Math.min(1, MOST_LIGHTS / wanted.reduce((a, b) => a + b, 1));
  const lights = areas.flatMap((area, i) => lightsOf(area, Math.ceil(scale * wanted[i]!), i));
  const geometry = new BufferGeometry();
  const place = lights.filter((_, i) => i % 4 !== 3);
  geometry.setAttribute('position', new Float32BufferAttribute(place, 3));
  geometry.setAttribute('tone', new Float32BufferAttribute(lights.filter((_, i) => i % 4 === 3), 1));
  const material = new ShaderMaterial({
    uniforms: shared,
    vertexShader: /* glsl */ `
      attribute float tone;
      uniform float uDot;
      uniform vec2 uSize;
      varying float vTone;
      varying float vNear;
      varying vec3 vPlace;
      void main() {
        vTone = tone;
        vPlace = position;
        gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
        float px = 0.5 * uSize.y / uDot * projectionMatrix[1][1] / gl_Position.w; // per unit of length
        float near = clamp(px / 12.0, 0.25, 1.6);
        gl_PointSize = uDot * max((1.1 + 0.9 * tone) * near, 1.0);
        vNear = min(near, 1.0);
      }
    `,
    fragmentShader: /* glsl */ `
      varying float vTone;
      varying float vNear;
      varying vec3 vPlace;
      ${DUSK}
      ${HAZE}
      void main() {
        float r = length(gl_PointCoord - 0.5);
        vec3 colour = mix(vec3(1.0, 0.72, 0.48), vec3(1.0, 0.93, 0.86), fract(vTone * 7.0));
        float far = length(vPlace - cameraPosition) / uReach;
        gl_FragColor = vec4(colour, vNear * vNear * (0.35 + 0.6 * vTone) * smoothstep(0.62, 0.38, r) * exp(-far * far * 0.7));
      }
    `,
    transparent: true,
    blending: AdditiveBlending,
    depthTest: false,
    depthWrite: false,
  });
  const points = new Points(geometry, material);
  points.frustumCulled = false;
  points.renderOrder = 6;
  return points;
}

/** What stays through the whole raid: faint outlines and lights; launch areas are dashed. */
export function makeTowns(scene: Scene, shared: Shared): Group {
  const group = new Group();
  const closed = (ring: [number, number][]): [number, number][] => [...ring, ring[0]!];
  const outlines = scene.areas.flatMap((area) => ringSegments(closed(area.ring_m), 0, 0, 0));
  const isMany = scene.areas.length > MANY_AREAS;
  const look = { colour: '0.56, 0.52, 0.50', width: 0.6, strength: isMany ? 0.22 : 0.3, order: 4 };
  group.add(isMany ? makeHairlines(outlines, shared, look) : makeRibbons(outlines, shared, look));
  const launch = scene.launch_m.flatMap((ring) => ringSegments(closed(ring), 0, 0, 0));
  group.add(makeRibbons(launch, shared, { colour: '0.86, 0.58, 0.42', width: 1, strength: 0.5, order: 4, isDashed: true }));
  group.add(makeLights(scene.areas, shared));
  return group;
}

/** Alerts of one alternative: hatched ground and a bright outline, each in its span of time. */
export function makeAlerts(scene: Scene, view: View, from_s: number, shared: Shared): Group {
  const group = new Group();
  const corners: number[] = [];
  const spans: number[] = [];
  const lines: Segment[] = [];
  for (const [area, since_s, until_s] of view.alerts) {
    const ring = scene.areas[area]!.ring_m;
    const [since, until] = [since_s - from_s, until_s - from_s];
    const faces = flatTriangles([ring]);
    corners.push(...faces);
    for (let i = 0; i < faces.length; i += 3) spans.push(since, until);
    lines.push(...ringSegments([...ring, ring[0]!], since, until, 0));
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(corners, 3));
  geometry.setAttribute('span', new Float32BufferAttribute(spans, 2));
  const material = new ShaderMaterial({
    uniforms: shared,
    vertexShader: /* glsl */ `
      attribute vec2 span;
      uniform float uTime;
      varying vec3 vPlace;
      void main() {
        vPlace = position;
        bool isLit = uTime >= span.x && uTime < span.y;
        gl_Position = isLit ? projectionMatrix * viewMatrix * vec4(position, 1.0) : vec4(0.0, 0.0, 2.0, 1.0);
      }
    `,
    fragmentShader: /* glsl */ `
      uniform float uReach;
      varying vec3 vPlace;
      void main() {
        float pitch = uReach / 150.0;
        float along = fract((vPlace.x + vPlace.z) / pitch);
        float soft = clamp(fwidth(vPlace.x + vPlace.z) / pitch, 0.02, 0.5);
        float hatch = smoothstep(0.5 - soft, 0.5, along) - smoothstep(1.0 - soft, 1.0, along);
        gl_FragColor = vec4(vec3(${ALERT}), 0.10 + 0.13 * hatch);
      }
    `,
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const hatch = new Mesh(geometry, material);
  hatch.frustumCulled = false;
  hatch.renderOrder = 5;
  group.add(hatch);
  group.add(makeRibbons(lines, shared, { colour: ALERT, width: 5, strength: 0.16, order: 5, isBright: true }));
  group.add(makeRibbons(lines, shared, { colour: ALERT, width: 1.4, strength: 0.95, order: 5 }));
  return group;
}
