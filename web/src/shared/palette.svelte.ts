// The three palettes, kept in this browser.
const PALETTES = ['night', 'day', 'colour-blind'] as const;
export type PaletteName = (typeof PALETTES)[number];
const KEY = 'opendome.palette';

function remembered(): PaletteName {
  try {
    const name = localStorage.getItem(KEY);
    return PALETTES.find((palette) => palette === name) ?? 'night';
  } catch {
    return 'night'; // a browser that keeps nothing still shows the page
  }
}

class PaletteChoice {
  name = $state<PaletteName>(remembered());

  apply(): void {
    document.documentElement.dataset.palette = this.name;
  }

  next(): void {
    this.name = PALETTES[(PALETTES.indexOf(this.name) + 1) % PALETTES.length] ?? 'night';
    this.apply();
    try {
      localStorage.setItem(KEY, this.name);
    } catch {
      // the choice lasts as long as the page
    }
  }
}

export const palette = new PaletteChoice();
