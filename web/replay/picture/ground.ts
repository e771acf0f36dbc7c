// Sea, land, and the coast: flat, in local metres; invented land has a soft grain, real places have none.
import { BufferGeometry, Float32BufferAttribute, Group, Mesh, ShaderMaterial, ShapeUtils, Vector2 } from 'three';
import type { Scene } from '../data';
import { DUSK, HAZE } from './light';
import { makeRibbons, ringSegments, type Segment } from './ribbons';
import { UNIT_M, type Shared } from './shared';

type Ring = [number, number][];
type Colour = [number, number, number];

const SEA: Colour = [0.094, 0.149, 0.247];
const LAND: Colour = [0.208, 0.184, 0.2];
const COAST = '0.62, 0.55, 0.52';

const vertexShader = /* glsl */ `
  varying vec3 vPlace;
  void main() {
    vPlace = position;
    gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
  }
`;

const fragmentShader = /* glsl */ `
  uniform vec3 uColour;
  uniform float uGrain;
  varying vec3 vPlace;
  ${DUSK}
  ${HAZE}
  float chance(vec2 cell) { return fract(sin(dot(cell, vec2(12.9898, 78.233))) * 43758.5453); }
  float noise(vec2 at) {
    vec2 cell = floor(at), f = fract(at);
    f = f * f * (3.0 - 2.0 * f);
    float low = mix(chance(cell), chance(cell + vec2(1.0, 0.0)), f.x);
    float high = mix(chance(cell + vec2(0.0, 1.0)), chance(cell + vec2(1.0, 1.0)), f.x);
    return mix(low, high, f.y);
  }
  float height(vec2 at) { return noise(at * 0.16) * 1.6 + noise(at * 0.41) * 0.7 + noise(at * 1.1) * 0.24; }
  void main() {
    vec3 colour = uColour;
    if (uGrain > 0.0) {
      vec2 at = vPlace.xz;
      float slope = height(at + uGlow * 0.35) - height(at - uGlow * 0.35);
      colour *= 1.0 + uGrain * clamp(slope, -1.0, 1.0);
    }
    gl_FragColor = vec4(hazed(colour, vPlace), 1.0);
  }
`;

function material(shared: Shared, colour: Colour, grain: number): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { ...shared, uColour: { value: colour }, uGrain: { value: grain } },
    vertexShader,
    fragmentShader,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
}

/** Triangles of flat rings; each corner x, 0, z in units. */
export function flatTriangles(rings: Ring[]): number[] {
  const corners: number[] = [];
  for (const ring of rings) {
    const outline = ring.map(([east, north]) => new Vector2(east / UNIT_M, -north / UNIT_M));
    for (const face of ShapeUtils.triangulateShape(outline, [])) {
      for (const i of face) corners.push(outline[i]!.x, 0, outline[i]!.y);
    }
  }
  return corners;
}

function mesh(corners: number[], look: ShaderMaterial, order: number): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(corners, 3));
  const found = new Mesh(geometry, look);
  found.frustumCulled = false;
  found.renderOrder = order;
  return found;
}

/** A square about the middle of the box, as far as the eye can see. */
function plane([west, south, east, north]: Scene['box_m'], reach: number): number[] {
  const x = (west + east) / 2 / UNIT_M;
  const z = -(south + north) / 2 / UNIT_M;
  const far = 12 * reach;
  const square: [number, number][] = [[-far, -far], [far, -far], [far, far], [-far, -far], [far, far], [-far, far]];
  return square.flatMap(([dx, dz]) => [x + dx, 0, z + dz]);
}

export function makeGround(scene: Scene, shared: Shared): Group {
  const group = new Group();
  const grain = scene.land === 'bundled' ? 0 : 0.34;
  const isSea = scene.land !== 'none';
  group.add(mesh(plane(scene.box_m, shared.uReach.value), material(shared, isSea ? SEA : LAND, isSea ? 0 : grain), 1));
  if (!isSea) return group;
  group.add(mesh(flatTriangles(scene.land_m), material(shared, LAND, grain), 2));
  const lines: Segment[] = scene.coast_m.flatMap((line) => ringSegments(line, 0, 0, 0));
  group.add(makeRibbons(lines, shared, { colour: COAST, width: 1.3, strength: 0.55, order: 3 }));
  return group;
}
