"""A window over the whole screen that writes each event it gets to ~/events.jsonl; run on the desktop by tests."""

import json
from pathlib import Path

from Xlib import X, display

KINDS = {
    X.ButtonPress: "down", X.ButtonRelease: "up", X.MotionNotify: "move", X.KeyPress: "key", X.KeyRelease: "unkey",
}  # fmt: skip
PIECE = (200, 100, 40, 30)
"""x, y, width and height of the red piece."""


def main() -> None:
    """Show and log until killed."""
    shown = display.Display()
    screen = shown.screen()
    mask = X.ButtonPressMask | X.ButtonReleaseMask | X.PointerMotionMask | X.KeyPressMask | X.KeyReleaseMask
    size = (screen.width_in_pixels, screen.height_in_pixels)
    window = screen.root.create_window(
        0, 0, *size, 0, screen.root_depth, override_redirect=1, background_pixel=0x00FF00,
        event_mask=mask | X.ExposureMask,
    )  # fmt: skip
    window.map()
    pen = window.create_gc(foreground=0xFF0000)
    log = (Path.home() / "events.jsonl").open("w", buffering=1)
    while True:
        event = shown.next_event()
        if event.type == X.Expose:
            window.fill_rectangle(pen, *PIECE)
            window.set_input_focus(X.RevertToParent, X.CurrentTime)
            shown.sync()
            log.write('["ready"]\n')
        elif event.type == X.MappingNotify:
            shown.refresh_keyboard_mapping(event)
        elif event.type in (X.KeyPress, X.KeyRelease):
            shifted = shown.keycode_to_keysym(event.detail, 1) if event.state & X.ShiftMask else 0
            symbol = shifted or shown.keycode_to_keysym(event.detail, 0)
            log.write(json.dumps([KINDS[event.type], symbol, event.state & 0xFF]) + "\n")
        elif event.type in KINDS:
            log.write(json.dumps([KINDS[event.type], event.event_x, event.event_y, event.detail, event.time]) + "\n")


if __name__ == "__main__":
    main()
