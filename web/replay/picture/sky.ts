// Sky: one quad behind everything, coloured by direction, with a few stars.
import { BufferGeometry, Float32BufferAttribute, Mesh, ShaderMaterial } from 'three';
import { DUSK } from './light';
import type { Shared } from './shared';

const vertexShader = /* glsl */ `
  varying vec3 vDirection;
  void main() {
    vec4 far = inverse(projectionMatrix) * vec4(position.xy, 1.0, 1.0);
    vDirection = (inverse(viewMatrix) * vec4(far.xyz / far.w, 0.0)).xyz;
    gl_Position = vec4(position.xy, 1.0, 1.0);
  }
`;

const fragmentShader = /* glsl */ `
  varying vec3 vDirection;
  ${DUSK}
  float chance(vec2 cell) { return fract(sin(dot(cell, vec2(127.1, 311.7))) * 43758.5453); }
  float star(vec3 d) {
    vec2 at = vec2(atan(d.x, d.z) * 48.0, asin(clamp(d.y, -1.0, 1.0)) * 56.0);
    vec2 cell = floor(at);
    float is = step(0.965, chance(cell));
    vec2 middle = 0.25 + 0.5 * vec2(chance(cell + 7.0), chance(cell + 13.0));
    float size = mix(0.035, 0.07, chance(cell + 3.0));
    return is * smoothstep(size, 0.0, length(fract(at) - middle)) * smoothstep(0.12, 0.5, d.y);
  }
  void main() {
    vec3 d = normalize(vDirection);
    gl_FragColor = vec4(dusk(d) + vec3(0.42, 0.45, 0.55) * star(d), 1.0);
  }
`;

export function makeSky(shared: Shared): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute([-1, -1, 0, 3, -1, 0, -1, 3, 0], 3));
  const material = new ShaderMaterial({ uniforms: shared, vertexShader, fragmentShader, depthTest: false, depthWrite: false });
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  mesh.renderOrder = 0;
  return mesh;
}
