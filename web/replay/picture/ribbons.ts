// Lines with a width in pixels and soft edges, as instanced quads: coasts, outlines of areas, launch areas.
import {
  AdditiveBlending,
  BufferGeometry,
  Float32BufferAttribute,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LineSegments,
  Mesh,
  NormalBlending,
  ShaderMaterial,
} from 'three';
import { DUSK, HAZE } from './light';
import { UNIT_M, type Shared } from './shared';

/** Ends x, y, z each, and the span of time in which it is lit (equal: always). */
export type Segment = [number, number, number, number, number, number, number, number];

export interface Look {
  colour: string;
  width: number;
  strength: number;
  order: number;
  isDashed?: boolean;
  isBright?: boolean;
}

/** Corner of the quad (position.x along, position.y across) from the two ends of a line, cut at the eye. */
export const ACROSS = /* glsl */ `
  uniform vec2 uSize;
  uniform float uDot;
  vec4 across(vec3 first, vec3 last, float width, vec2 corner) {
    vec4 a = viewMatrix * vec4(first, 1.0), b = viewMatrix * vec4(last, 1.0);
    float near = -0.05;
    if (a.z > near && b.z > near) return vec4(0.0, 0.0, 2.0, 1.0);
    if (a.z > near) a = mix(b, a, (near - b.z) / (a.z - b.z));
    if (b.z > near) b = mix(a, b, (near - a.z) / (b.z - a.z));
    vec4 p = projectionMatrix * a, q = projectionMatrix * b;
    vec2 along = (q.xy / q.w - p.xy / p.w) * uSize;
    float span_ = length(along);
    along = span_ > 1e-4 ? along / span_ : vec2(1.0, 0.0);
    vec2 aside = vec2(-along.y, along.x);
    vec4 end = corner.x < 0.5 ? p : q;
    float reach = 0.5 * width * uDot;
    vec2 shift = aside * corner.y * reach + along * (corner.x < 0.5 ? -1.0 : 1.0) * reach * 0.35;
    end.xy += shift * 2.0 / uSize * end.w;
    return end;
  }
`;

const vertexShader = /* glsl */ `
  attribute vec3 first;
  attribute vec3 last;
  attribute vec2 span;
  uniform float uTime;
  uniform float uWidth;
  varying vec3 vPlace;
  varying float vAcross;
  varying float vLong;
  ${ACROSS}
  void main() {
    bool isLit = span.x == span.y || (uTime >= span.x && uTime < span.y);
    vPlace = position.x < 0.5 ? first : last;
    vAcross = position.y;
    vLong = position.x * distance(first, last);
    gl_Position = isLit ? across(first, last, uWidth + 2.0, position.xy) : vec4(0.0, 0.0, 2.0, 1.0);
  }
`;

const fragmentShader = /* glsl */ `
  uniform vec3 uColour;
  uniform float uStrength;
  uniform float uWidth;
  uniform float uDash;
  varying vec3 vPlace;
  varying float vAcross;
  varying float vLong;
  ${DUSK}
  ${HAZE}
  void main() {
    float edge = smoothstep(1.0, 1.0 - 2.0 / (uWidth + 2.0), abs(vAcross));
    if (uDash > 0.0 && fract(vLong / uDash) > 0.5) discard;
    gl_FragColor = vec4(hazed(uColour, vPlace), edge * uStrength);
  }
`;

export function quad(geometry: InstancedBufferGeometry): void {
  geometry.setAttribute('position', new Float32BufferAttribute([0, -1, 0, 1, -1, 0, 1, 1, 0, 0, 1, 0], 3));
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
}

export function makeRibbons(segments: Segment[], shared: Shared, look: Look): Mesh {
  const geometry = new InstancedBufferGeometry();
  quad(geometry);
  const pick = (from: number, to: number) => new Float32Array(segments.flatMap((segment) => segment.slice(from, to)));
  geometry.setAttribute('first', new InstancedBufferAttribute(pick(0, 3), 3));
  geometry.setAttribute('last', new InstancedBufferAttribute(pick(3, 6), 3));
  geometry.setAttribute('span', new InstancedBufferAttribute(pick(6, 8), 2));
  geometry.instanceCount = segments.length;
  const material = new ShaderMaterial({
    uniforms: {
      ...shared,
      uColour: { value: look.colour.split(',').map(Number) },
      uStrength: { value: look.strength },
      uWidth: { value: look.width },
      uDash: { value: look.isDashed ? 0.8 : 0 },
    },
    vertexShader,
    fragmentShader,
    transparent: true,
    blending: look.isBright ? AdditiveBlending : NormalBlending,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  mesh.renderOrder = look.order;
  return mesh;
}

/** The same as hairlines of one pixel: for thousands of outlines, where ribbons would cost too much. */
export function makeHairlines(segments: Segment[], shared: Shared, look: Look): LineSegments {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(segments.flatMap((segment) => segment.slice(0, 6)), 3));
  const material = new ShaderMaterial({
    uniforms: { ...shared, uColour: { value: look.colour.split(',').map(Number) }, uStrength: { value: look.strength } },
    vertexShader: /* glsl */ `
      varying vec3 vPlace;
      void main() {
        vPlace = position;
        gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
      }
    `,
    fragmentShader: /* glsl */ `
      uniform vec3 uColour;
      uniform float uStrength;
      varying vec3 vPlace;
      ${DUSK}
      ${HAZE}
      void main() { gl_FragColor = vec4(hazed(uColour, vPlace), uStrength); }
    `,
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
  const lines = new LineSegments(geometry, material);
  lines.frustumCulled = false;
  lines.renderOrder = look.order;
  return lines;
}

/** Segments of a line of east-north points [m] on the ground, lit in a span of time. */
export function ringSegments(points: [number, number][], from: number, until: number, lift: number): Segment[] {
  const found: Segment[] = [];
  for (let i = 0; i + 1 < points.length; i += 1) {
    const [e0, n0] = points[i]!;
    const [e1, n1] = points[i + 1]!;
    found.push([e0 / UNIT_M, lift, -n0 / UNIT_M, e1 / UNIT_M, lift, -n1 / UNIT_M, from, until]);
  }
  return found;
}
