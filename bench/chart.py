"""docs/bench.svg: bars of time per run, our own way being 1."""

from html import escape

WIDTH = 820
LABEL_WIDTH = 250
BAR_WIDTH = 390
BAR_HEIGHT = 16
STEP = 24
LONGEST = 8.0  # times ours; longer bars are cut, and say so

TITLES = {
    "small": "one run, small parent, whole tree guaranteed by a control group",
    "launcher": "one run by an ordinary user, whole tree guaranteed by the launcher",
    "resident": "one run, parent with much resident memory",
    "whole": "a whole command",
    "stream": "output streamed to a callback",
    "wave": "1,000 short programs, 64 at a time, on one loop",
}

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 14px; }
.faint { fill: #59636e; font-size: 12px; }
.ours { fill: #1f6feb; } .peer { fill: #9aa4af; }
.cut { stroke: #ffffff; stroke-width: 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .faint { fill: #9198a1; }
  .ours { fill: #58a6ff; } .peer { fill: #656c76; } .cut { stroke: #0d1117; }
}
"""


def duration(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns / 1e3:.0f} µs"


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def bar(y, label, times, ns, kind, longest):
    """One line: label, bar, what it says."""
    length = BAR_WIDTH * min(times, longest) / longest
    end = LABEL_WIDTH + length
    parts = [text(LABEL_WIDTH - 8, y + 12, label, anchor="end"),
             f'<rect x="{LABEL_WIDTH}" y="{y}" width="{length:.1f}" height="{BAR_HEIGHT}" '
             f'rx="2" class="{kind}"/>']
    if times > longest:
        parts.append(f'<path d="M{end - 22:.1f} {y + BAR_HEIGHT + 1} l6 -{BAR_HEIGHT + 2}" '
                     f'class="cut"/>')
    shown = f"{times:.2f}×" if times < 100 else f"{times:.0f}×"
    parts.append(text(f"{end + 6:.1f}", y + 12, f"{shown} · {duration(ns)}", "faint"))
    return parts


def panel(y, section, rows):
    """Ours as measured against the first peer; each peer as often as it was
    longer than ours in the run that it shared with us."""
    parts = [text(12, y, TITLES[section], "title")]
    lines = [(rows[0].what.removesuffix(", bytes/s"), 1.0, rows[0].ours_ns, "ours")]
    for row in sorted(rows, key=lambda row: row.peer_over_ours):
        lines.append((row.peer, row.peer_over_ours, row.peer_ns, "peer"))
    longest = min(LONGEST, max(times for _, times, _, _ in lines))
    y += 10
    for label, times, ns, kind in lines:
        parts += bar(y, label, times, ns, kind, longest)
        y += STEP
    return parts, y + 24


def footer(rows):
    for row in rows:
        if row.peer_over_ours is None and row.value is not None:
            yield f"{row.what} ({row.peer}): {row.value:.4g} {row.unit}".rstrip()


def svg(rows, machine_line):
    """The whole picture, as text."""
    y = 28
    parts = [text(12, y, "Time per run, writ = 1; shorter is better", "title")]
    y += 18
    parts.append(text(12, y, machine_line, "faint"))
    y += 34
    for section in TITLES:
        measured = [row for row in rows
                    if row.section == section and row.peer_over_ours is not None]
        if measured:
            more, y = panel(y, section, measured)
            parts += more
    for line in footer(rows):
        parts.append(text(12, y, line, "faint"))
        y += 17
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 8}" '
            f'viewBox="0 0 {WIDTH} {y + 8}" role="img" aria-label="writ benchmark">')
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])
