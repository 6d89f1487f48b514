"""Charts as inline SVG: they print, need no script, and a test can read every coordinate."""
