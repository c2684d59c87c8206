"""Draw the set-up of `make ha`, docs/deploy/hosts.svg: `python -m benchmarks.ha.drawing`."""

from __future__ import annotations

from benchmarks.record import ROOT

FILE = ROOT / "docs" / "deploy" / "hosts.svg"
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 420" role="img">
<title>Three hosts behind HAProxy, and one PostgreSQL</title>
<style>
rect { stroke: #5f6b7a; stroke-width: 1; }
.plain { fill: #eef1f4; }
.ours { fill: #f7e3cc; }
.host { fill: #ffffff; stroke-dasharray: 5 3; }
path { stroke: #5f6b7a; stroke-width: 1.2; fill: none; }
text { font: 13px sans-serif; text-anchor: middle; fill: #1f2933; }
</style>
<rect x="0" y="0" width="760" height="420" fill="#ffffff" stroke="none"/>"""

Box = tuple[str, int, int, int, int, tuple[str, ...]]


def list_boxes() -> list[Box]:
    """Return the kind, the place, the size and the lines of text of each box."""
    boxes: list[Box] = [
        ("plain", 230, 10, 300, 46, ("clients", "orders, 200 streams, 100 WebSockets")),
        ("ours", 230, 96, 300, 46, ("HAProxy", "configured by pronghorn deploy")),
        ("plain", 230, 364, 300, 46, ("PostgreSQL", "orders, jobs, messages, keys, nodes")),
    ]
    for number in range(3):
        left = 20 + 245 * number
        boxes += [
            ("host", left, 190, 230, 120, (f"host {number + 1}",)),
            ("ours", left + 10, 220, 100, 78, ("web", "pronghorn", "run")),
            ("ours", left + 120, 220, 100, 78, ("jobs", "pronghorn", "jobs run")),
        ]
    return boxes


def list_lines() -> list[tuple[int, int, int, int]]:
    """Return the ends of each line."""
    lines = [(380, 56, 380, 96)]
    for number in range(3):
        near, far = 300 + 80 * number, 135 + 245 * number
        lines += [(near, 142, far, 190), (far, 310, near, 364)]
    return lines


def draw_box(box: Box) -> str:
    """Return a box, with its lines of text below each other."""
    kind, left, top, width, height, texts = box
    place = f'x="{left}" y="{top}" width="{width}" height="{height}"'
    lines = [f'<rect class="{kind}" {place} rx="6"/>']
    for number, text in enumerate(texts):
        lines.append(f'<text x="{left + width // 2}" y="{top + 19 + 18 * number}">{text}</text>')
    return "\n".join(lines)


def draw() -> str:
    """Return the drawing."""
    lines = [f'<path d="M{x} {y} L{to_x} {to_y}"/>' for x, y, to_x, to_y in list_lines()]
    return "\n".join([HEAD, *lines, *map(draw_box, list_boxes()), "</svg>"]) + "\n"


def main() -> None:
    """Write the drawing."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(draw(), encoding="utf-8")
    print(f"Drawn {FILE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
