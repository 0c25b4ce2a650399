"""The one table of colours and type, and what is made from it: the Mantine theme and the Plotly templates.

`assets/core/tokens.css` says the same to the browser; a test holds the two together. No other file names a colour.
"""

from __future__ import annotations

from typing import Any, Literal

import plotly.graph_objects as go

Scheme = Literal["dark", "light"]

# Masks of the foot, by their numbers: neighbours are told apart by everybody, and numbers stand beside them.
MASKS = (
    "#55c246", "#d9f7dc", "#899097", "#8440e6", "#cd99ff", "#b32bb0", "#f5c7df", "#96525a", "#f1df58", "#7c9a2f",
)  # fmt: skip
# token: (dark, light)
TOKENS: dict[str, tuple[str, str]] = {
    "bg": ("#0d1116", "#f2f4f4"),
    "surface": ("#141a21", "#ffffff"),
    "surface-2": ("#1b232c", "#eef1f1"),
    "surface-3": ("#26313c", "#dfe5e6"),
    "line": ("#27313b", "#d9dfe1"),
    "line-2": ("#3f4d5b", "#a3aeb4"),
    "text": ("#e9eef3", "#12181e"),
    "text-2": ("#aab6c2", "#45525e"),
    "text-3": ("#8795a3", "#5b6873"),
    "accent": ("#5cd6c0", "#00736a"),
    "accent-soft": ("#133530", "#dcf1ee"),
    "on-accent": ("#05231e", "#ffffff"),
    "left": ("#62b6f2", "#0a66ae"),
    "right": ("#f2a23a", "#a35000"),
    "alarm": ("#ff7088", "#bf173d"),
    "alarm-soft": ("#3a1a22", "#fdeaee"),
    "warn": ("#f0d15a", "#765b00"),
    "warn-soft": ("#332d14", "#fbf3d3"),
    # Bars of a difference, from the middle of `DIFFERENCE`'s arms.
    "difference-a": ("#a05cdb", "#7643a6"),
    "difference-b": ("#62983a", "#3f7036"),
    # The bed stays dark in both themes, so that a pressure has one colour in every picture; so do marks upon it.
    "bed": ("#1d2732", "#1d2732"),
    "bed-line": ("#4a5a6b", "#4a5a6b"),
    "on-bed": ("#ffffff", "#ffffff"),
    "under-bed": ("#0d1116", "#0d1116"),
    "on-bed-alarm": ("#ff7088", "#ff7088"),
    **{f"mask-{number}": (one, one) for number, one in enumerate(MASKS, 1)},
}

MAPS: dict[str, tuple[str, ...]] = {
    "viridis": (
        "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26",
        "#fde725",
    ),
    "cividis": (
        "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
    ),
}  # fmt: skip

# B − A about 0: violet where A is higher, green where B is; never the colours of feet. The middle is the bed.
DIFFERENCE = (
    "#e0b8ff", "#c48af5", "#a05cdb", "#7643a6", "#493470", "#1d2732", "#2b4a33", "#3f7036", "#62983a", "#92c24a",
    "#cdea86",
)  # fmt: skip

FONT = '"Inter", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", monospace'
SIZES_PX = {"tick": 11, "label": 12, "body": 13, "name": 15, "title": 20, "tile": 26}


def color(token: str, scheme: Scheme) -> str:
    """Return the colour of a token in a theme."""
    return TOKENS[token][0 if scheme == "dark" else 1]


def soft(token: str, scheme: Scheme, alpha: float) -> str:
    """Return a token's colour, see-through, as rgba()."""
    value = color(token, scheme).lstrip("#")
    red, green, blue = (int(value[i : i + 2], 16) for i in (0, 2, 4))
    return f"rgba({red},{green},{blue},{alpha})"


def _shades(token: str) -> list[str]:
    """Ten shades for Mantine: it takes the fourth in the dark theme and the seventh in the light one."""
    dark, light = TOKENS[token]
    return [dark] * 5 + [light] * 5


def mantine() -> dict[str, Any]:
    """Return the Mantine theme."""
    return {
        "fontFamily": FONT,
        "fontFamilyMonospace": MONO,
        "primaryColor": "accent",
        "primaryShade": {"dark": 3, "light": 6},
        "colors": {name: _shades(name) for name in ("accent", "left", "right", "alarm", "warn")},
        "fontSizes": {"xs": "11px", "sm": "12px", "md": "13px", "lg": "15px", "xl": "20px"},
        "radius": {"xs": "4px", "sm": "6px", "md": "10px"},
        "spacing": {"xs": "4px", "sm": "8px", "md": "12px", "lg": "16px", "xl": "24px"},
        "defaultRadius": "sm",
        "cursorType": "pointer",
        "respectReducedMotion": True,
    }


def template(scheme: Scheme) -> go.layout.Template:
    """Return the Plotly template of a theme.

    Horizontal grid only, no frame, no legend, numbers in the type of the page.
    """
    axis = {
        "gridcolor": color("line", scheme),
        "zerolinecolor": color("line-2", scheme),
        "linecolor": color("line", scheme),
        "tickfont": {"color": color("text-3", scheme), "size": SIZES_PX["tick"]},
        "ticks": "",
        "automargin": False,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": SIZES_PX["label"], "color": color("text-2", scheme)},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [color(name, scheme) for name in ("accent", "left", "right")],
            "xaxis": {**axis, "showgrid": False, "zeroline": False},
            "yaxis": axis,
            "showlegend": False,
            "hovermode": False,
            "dragmode": False,
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        }
    )
