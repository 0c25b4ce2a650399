"""Drawing: values in, SVG, components or text out. It knows no archive."""
