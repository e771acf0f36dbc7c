// Colours of the dusk, and the light that sky, ground and haze share. Colours are written as they appear on the screen.

export const WARM = '1.0, 0.69, 0.44'; // replay rocket #ffb070
export const COOL = '0.47, 0.75, 1.0'; // replay interceptor #78c0ff
export const LEAK = '1.0, 0.48, 0.29'; // replay leak #ff7a4a
export const ALERT = '0.94, 0.69, 0.25'; // replay alert #f0b040

/** vec3 dusk(vec3 direction): colour of the sky in a direction; the glow lies toward uGlow. */
export const DUSK = /* glsl */ `
  uniform vec2 uGlow;
  float nearGlow(vec2 along) {
    float toward = 0.5 + 0.5 * dot(normalize(along + vec2(1e-5)), uGlow);
    return toward * toward * (3.0 - 2.0 * toward);
  }
  vec3 horizon(vec2 along) { return mix(vec3(0.225, 0.230, 0.285), vec3(0.700, 0.450, 0.345), nearGlow(along)); }
  vec3 dusk(vec3 direction) {
    float up = max(direction.y, 0.0);
    float glow = nearGlow(direction.xz);
    vec3 middle = mix(vec3(0.085, 0.115, 0.200), vec3(0.165, 0.190, 0.290), glow);
    vec3 high = vec3(0.046, 0.056, 0.094);
    vec3 band = horizon(direction.xz);
    vec3 sky = mix(middle, high, smoothstep(0.05, 0.55, up));
    sky = mix(sky, mix(vec3(0.200, 0.175, 0.225), vec3(0.300, 0.235, 0.285), glow), exp(-up * 16.0));
    return mix(sky, band, 0.92 * exp(-up * 38.0));
  }
`;

/** vec3 hazed(vec3 colour, vec3 place): the same colour as far away as it is. */
export const HAZE = /* glsl */ `
  uniform float uReach;
  vec3 hazed(vec3 colour, vec3 place) {
    vec3 away = place - cameraPosition;
    float far = length(away) / uReach;
    float share = 1.0 - exp(-far * far * 0.8);
    vec3 haze = mix(vec3(0.215, 0.200, 0.230), vec3(0.395, 0.295, 0.285), nearGlow(away.xz));
    haze = mix(haze, horizon(away.xz), smoothstep(0.9, 1.0, share) * 0.3);
    return mix(colour, haze, share);
  }
`;
