"""Places: alert areas, populated places, defended areas, exposure look-ups, and coastlines, anywhere on Earth."""
