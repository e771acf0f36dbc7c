// Flashes where interceptors met something, and rings where something came down.
import { AdditiveBlending, Group, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, ShaderMaterial } from 'three';
import type { View } from '../data';
import { NODE } from '../paths';
import { COOL, LEAK, WARM } from './light';
import { quad } from './ribbons';
import { UNIT_M, type Shared } from './shared';

/** Kinds, as the shaders know them. */
const FLASH = { kill: 0, miss: 1 } as const;
const RING = { leaked_built_up: 0, open_ground: 1, at_sea: 2, fell_short: 3, failed: 4 } as const;

const COMMON = /* glsl */ `
  attribute vec4 place;
  attribute float kind;
  uniform float uTime;
  uniform float uHigh;
  uniform vec2 uSize;
  uniform float uDot;
  uniform float uFlat;
  varying vec2 vAt;
  varying float vKind;
  varying float vAge;
  const vec4 NOWHERE = vec4(0.0, 0.0, 2.0, 1.0);
  vec4 sprite(vec3 at, float radius, float flat_) {
    vec4 end = projectionMatrix * viewMatrix * vec4(at.x, at.y * uHigh, at.z, 1.0);
    vAt = vec2(position.x * 2.0 - 1.0, position.y);
    end.xy += vAt * vec2(1.0, flat_) * radius * uDot * 2.0 / uSize * end.w;
    return end;
  }
`;

const flashVertex = /* glsl */ `
  ${COMMON}
  void main() {
    vKind = kind;
    vAge = uTime - place.w;
    float lasts = kind < 0.5 ? 4.0 : 1.6;
    gl_Position = vAge >= 0.0 && vAge < lasts ? sprite(place.xyz, kind < 0.5 ? 64.0 : 22.0, 1.0) : NOWHERE;
  }
`;

const flashFragment = /* glsl */ `
  varying vec2 vAt;
  varying float vKind;
  varying float vAge;
  void main() {
    float r = length(vAt);
    float turn = atan(vAt.y, vAt.x);
    bool isKill = vKind < 0.5;
    float strength = isKill ? exp(-vAge * vAge * 0.35) : 0.6 * exp(-vAge * 2.2);
    float core = exp(-r * r * (isKill ? 130.0 : 60.0));
    float halo = exp(-r * r * 10.0) * 0.55 * smoothstep(1.0, 0.5, r);
    float rays = isKill ? (pow(abs(cos(turn * 4.0 + 0.6)), 26.0) + 0.5 * pow(abs(cos(turn * 4.0 + 2.1)), 40.0)) * exp(-r * 7.5) * 1.1 : 0.0;
    vec3 tint = isKill ? vec3(${WARM}) : vec3(${COOL});
    vec3 colour = vec3(1.0, 0.97, 0.92) * (core * 1.6 + rays) + tint * halo;
    gl_FragColor = vec4(colour * strength * smoothstep(1.0, 0.8, r), 1.0);
  }
`;

const ringVertex = /* glsl */ `
  ${COMMON}
  void main() {
    vKind = kind;
    vAge = uTime - place.w;
    float radius = kind < 0.5 ? 15.0 : kind < 1.5 ? 7.0 : 6.0;
    gl_Position = vAge >= 0.0 ? sprite(place.xyz, radius, max(uFlat, 0.34)) : NOWHERE;
  }
`;

const ringFragment = /* glsl */ `
  varying vec2 vAt;
  varying float vKind;
  varying float vAge;
  void main() {
    float r = length(vAt);
    bool isLeak = vKind < 0.5;
    float thin = isLeak ? 0.13 : 0.2;
    float line = smoothstep(thin, 0.0, abs(r - 0.74));
    float dot_ = smoothstep(isLeak ? 0.36 : 0.34, isLeak ? 0.2 : 0.14, r);
    vec3 colour = isLeak ? vec3(${LEAK}) : vKind < 1.5 ? vec3(0.84, 0.55, 0.42) : vKind < 2.5 ? vec3(0.55, 0.70, 0.88) : vec3(0.62);
    if (vKind > 3.5) { // a misfire: a cross
      vec2 at = abs(vAt);
      line = smoothstep(0.2, 0.0, abs(at.x - at.y)) * step(max(at.x, at.y), 0.7);
      dot_ = 0.0;
    }
    float fresh = exp(-vAge * 0.5);
    float glow = (isLeak ? 0.75 : 0.3) * fresh * exp(-r * r * 3.0) * smoothstep(1.0, 0.7, r);
    float ink = max(line, dot_ * (isLeak ? 1.0 : 0.8)) * (isLeak ? 1.0 : 0.62);
    gl_FragColor = vec4(mix(colour, vec3(1.0, 0.95, 0.9), isLeak ? dot_ * 0.7 : 0.0), min(ink + glow, 1.0));
  }
`;

interface Mark {
  place: [number, number, number, number];
  kind: number;
}

function layer(marks: Mark[], shared: Shared, vertexShader: string, fragmentShader: string, isBright: boolean): Mesh {
  const geometry = new InstancedBufferGeometry();
  quad(geometry);
  geometry.setAttribute('place', new InstancedBufferAttribute(new Float32Array(marks.flatMap((mark) => mark.place)), 4));
  geometry.setAttribute('kind', new InstancedBufferAttribute(new Float32Array(marks.map((mark) => mark.kind)), 1));
  geometry.instanceCount = marks.length;
  const material = new ShaderMaterial({
    uniforms: shared,
    vertexShader,
    fragmentShader,
    transparent: true,
    ...(isBright ? { blending: AdditiveBlending } : {}),
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  return mesh;
}

export function makeMarks(view: View, from_s: number, shared: Shared): Group {
  const lastNode = (path: number[]): [number, number, number] => {
    const i = path.length - NODE;
    return [path[i + 1]! / UNIT_M, path[i + 3]! / UNIT_M, -path[i + 2]! / UNIT_M];
  };
  const flashes: Mark[] = view.interceptors
    .filter((shot) => shot.outcome !== 'none')
    .map((shot) => ({ place: [...lastNode(shot.path), shot.end_s - from_s], kind: FLASH[shot.outcome as 'kill' | 'miss'] }));
  const rings: Mark[] = view.threats
    .filter((threat) => threat.end !== 'intercepted')
    .map((threat) => ({ place: [...lastNode(threat.path), threat.end_s - from_s], kind: RING[threat.end as keyof typeof RING] }));
  rings.sort((a, b) => b.kind - a.kind); // leaks last, on top
  const group = new Group();
  const ground = layer(rings, shared, ringVertex, ringFragment, false);
  const sky = layer(flashes, shared, flashVertex, flashFragment, true);
  ground.renderOrder = 7;
  sky.renderOrder = 10;
  group.add(ground, sky);
  return group;
}
