// Colours of the dusk, and the light that sky, ground and haze share. Colours are written as they appear on the screen.

export const WARM = '1.0, 0.69, 0.44'; // replay rocket #ffb070
export const COOL = '0.47, 0.75, 1.0'; // replay interceptor #78c0ff
export const LEAK = '1.0, 0.48, 0.29'; // replay leak #ff7a4a
export const ALERT = '0.94, 0.69, 0.25'; // replay alert #f0b040

/** vec3 dusk(vec3 direction): colour of the sky in a direction; the glow lies toward uGlow. */
export const DUSK = /* glsl */ `
  uniform vec2 uGlow;
  vec3 horizon(vec2 along) {
    float toward = 0.5 + 0.5 * dot(normalize(along + vec2(1e-5)), uGlow);
    float glow = toward * toward * (3.0 - 2.0 * toward);
    return mix(vec3(0.235, 0.235, 0.290), vec3(0.690, 0.425, 0.325), glow);
  }
  vec3 dusk(vec3 direction) {
    float up = max(direction.y, 0.0);
    float toward = 0.5 + 0.5 * dot(normalize(direction.xz + vec2(1e-5)), uGlow);
    vec3 low = horizon(direction.xz);
    vec3 middle = mix(vec3(0.095, 0.130, 0.230), vec3(0.205, 0.180, 0.235), toward);
    vec3 high = vec3(0.052, 0.064, 0.110);
    vec3 sky = mix(low, middle, 1.0 - exp(-up * 11.0));
    return mix(sky, high, smoothstep(0.08, 0.62, up));
  }
`;

/** vec3 hazed(vec3 colour, vec3 place): the same colour as far away as it is. */
export const HAZE = /* glsl */ `
  uniform float uReach;
  vec3 hazed(vec3 colour, vec3 place) {
    vec3 away = place - cameraPosition;
    float far = length(away) / uReach;
    float share = 1.0 - exp(-far * far * 0.9);
    vec3 haze = horizon(away.xz) * mix(0.80, 1.0, share);
    return mix(colour, haze, share);
  }
`;
