// Everything that flies: streaks with their age, bright heads, and the way of the selected object. All nodes are uploaded once.
import { Group, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, ShaderMaterial } from 'three';
import type { Interceptor, Path, Threat, View } from '../data';
import { NODE } from '../paths';
import { COOL, WARM } from './light';
import { ACROSS, quad } from './ribbons';
import { UNIT_M, type Shared } from './shared';

const TAIL_S = { rocket: 34, interceptor: 16, drone: 240 };
const STREAK_PX = 4.4;

/** Numbers of one instance: two nodes x, y, z, t, then kind (0 warm, 1 cool), end and tail in seconds. */
const WIDTH = 11;

function push(into: number[], path: Path, from_s: number, kind: number, end_s: number, tail_s: number): void {
  for (let i = 0; i + NODE < path.length; i += NODE) {
    for (const j of [i, i + NODE]) {
      into.push(path[j + 1]! / UNIT_M, path[j + 3]! / UNIT_M, -path[j + 2]! / UNIT_M, path[j]! - from_s);
    }
    into.push(kind, end_s - from_s, tail_s);
  }
}

function geometryOf(rows: number[]): InstancedBufferGeometry {
  const n = rows.length / WIDTH;
  const geometry = new InstancedBufferGeometry();
  quad(geometry);
  const take = (first: number, size: number) => {
    const values = new Float32Array(n * size);
    for (let i = 0; i < n; i += 1) for (let k = 0; k < size; k += 1) values[i * size + k] = rows[i * WIDTH + first + k]!;
    return new InstancedBufferAttribute(values, size);
  };
  geometry.setAttribute('nodeA', take(0, 4));
  geometry.setAttribute('nodeB', take(4, 4));
  geometry.setAttribute('about', take(8, 3));
  geometry.instanceCount = n;
  return geometry;
}

const ATTRIBUTES = /* glsl */ `
  attribute vec4 nodeA;
  attribute vec4 nodeB;
  attribute vec3 about;
  uniform float uTime;
  uniform float uHigh;
  varying vec3 vAbout;
  const vec4 NOWHERE = vec4(0.0, 0.0, 2.0, 1.0);
  vec3 drawn(vec3 place) { return vec3(place.x, place.y * uHigh, place.z); }
`;

const streakVertex = /* glsl */ `
  ${ATTRIBUTES}
  uniform float uWidth;
  varying float vT;
  varying float vAcross;
  ${ACROSS}
  void main() {
    float share = clamp((uTime - nodeA.w) / max(nodeB.w - nodeA.w, 1e-3), 0.0, 1.0);
    vec4 last = mix(nodeA, nodeB, share);
    vAbout = about;
    vAcross = position.y;
    vT = position.x < 0.5 ? nodeA.w : last.w;
    gl_Position = uTime > nodeA.w ? across(drawn(nodeA.xyz), drawn(last.xyz), uWidth, position.xy) : NOWHERE;
  }
`;

const streakFragment = /* glsl */ `
  uniform float uTime;
  varying vec3 vAbout;
  varying float vT;
  varying float vAcross;
  void main() {
    float core = exp(-vAcross * vAcross * 9.0), halo = 0.20 * exp(-vAcross * vAcross * 2.0) * (1.0 - abs(vAcross));
    float age = (uTime - vT) / vAbout.z;
    float young = exp(-age * 1.6), fade = 0.16 + 0.84 * young;
    float over = max(uTime - vAbout.y, 0.0) / (0.5 * vAbout.z);
    float left = exp(-over * 2.2) * step(over, 3.0);
    vec3 colour = vAbout.x < 0.5 ? vec3(${WARM}) : vec3(${COOL});
    gl_FragColor = vec4(mix(colour, vec3(1.0), 0.45 * core * young), min(core + halo, 1.0) * fade * left);
  }
`;

const headVertex = /* glsl */ `
  ${ATTRIBUTES}
  uniform vec2 uSize;
  uniform float uDot;
  varying vec2 vAt;
  void main() {
    float share = clamp((uTime - nodeA.w) / max(nodeB.w - nodeA.w, 1e-3), 0.0, 1.0);
    bool isHere = uTime >= nodeA.w && uTime < nodeB.w && uTime < about.y;
    vAbout = about;
    vAt = vec2(position.x * 2.0 - 1.0, position.y);
    vec4 place = projectionMatrix * viewMatrix * vec4(drawn(mix(nodeA.xyz, nodeB.xyz, share)), 1.0);
    place.xy += vAt * 7.0 * uDot * 2.0 / uSize * place.w;
    gl_Position = isHere ? place : NOWHERE;
  }
`;

const headFragment = /* glsl */ `
  varying vec3 vAbout;
  varying vec2 vAt;
  void main() {
    float r = length(vAt);
    vec3 colour = vAbout.x < 0.5 ? vec3(${WARM}) : vec3(${COOL});
    float core = smoothstep(0.34, 0.16, r), halo = exp(-r * r * 7.0) * smoothstep(1.0, 0.6, r);
    gl_FragColor = vec4(mix(colour, vec3(1.0), 0.8 * core), max(core, 0.6 * halo));
  }
`;

function layer(geometry: InstancedBufferGeometry, shared: Shared, vertexShader: string, fragmentShader: string): Mesh {
  const material = new ShaderMaterial({
    uniforms: { ...shared, uWidth: { value: STREAK_PX } },
    vertexShader,
    fragmentShader,
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  return mesh;
}

export function makeStreaks(view: View, from_s: number, shared: Shared): Group {
  const rows: number[] = [];
  for (const threat of view.threats) {
    push(rows, threat.path, from_s, 0, threat.end_s, isSlow(threat) ? TAIL_S.drone : TAIL_S.rocket);
  }
  for (const shot of view.interceptors) push(rows, shot.path, from_s, 1, shot.end_s, TAIL_S.interceptor);
  const geometry = geometryOf(rows);
  const group = new Group();
  const streaks = layer(geometry, shared, streakVertex, streakFragment);
  const heads = layer(geometry, shared, headVertex, headFragment);
  streaks.renderOrder = 8;
  heads.renderOrder = 9;
  group.add(streaks, heads);
  return group;
}

function isSlow(threat: Threat): boolean {
  return threat.kind === 'drone' || threat.kind === 'cruise missile';
}

const dotFragment = /* glsl */ `
  uniform float uPitch;
  varying vec3 vAbout;
  varying float vT;
  varying float vAcross;
  void main() {
    if (fract(vT / uPitch) > 0.45) discard;
    float core = exp(-vAcross * vAcross * 12.0);
    vec3 colour = vAbout.x < 0.5 ? vec3(${WARM}) : vec3(${COOL});
    gl_FragColor = vec4(mix(colour, vec3(1.0), 0.3), core * 0.7);
  }
`;

/** The whole way of the selected object, dotted, what was still ahead of it included. */
export function makeWay(threat: Threat, shots: Interceptor[], from_s: number, shared: Shared): Mesh {
  const rows: number[] = [];
  push(rows, threat.path, from_s, 0, threat.end_s, 1);
  push(rows, threat.rest, from_s, 0, threat.end_s, 1);
  for (const shot of shots) push(rows, shot.path, from_s, 1, shot.end_s, 1);
  const mesh = layer(geometryOf(rows), { ...shared, uTime: { value: 1e9 } }, streakVertex, dotFragment);
  const all = [...threat.path, ...threat.rest];
  const last = all.length >= NODE ? all[all.length - NODE]! : threat.end_s;
  const material = mesh.material as ShaderMaterial;
  material.uniforms.uPitch = { value: Math.max((last - threat.from_s) / 90, 0.05) };
  mesh.renderOrder = 7;
  return mesh;
}
