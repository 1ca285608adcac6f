"""The tasks of MiniWoB++ whose pages an oracle solves, in families that ask alike.

Left out are tasks that the clock or the date drives (terminal, chase-circle), since equal seeds then give unequal
screens; what chance decides (tic-tac-toe); what cannot be done with the commands there are (ctrl with a click in
click-scroll-list); and those that no oracle was written for: without one nobody knows whether a goal can be reached.
"""

from journeyman.environment import ActionKind, ScreenTask

_SLACK = 3
"""Commands beyond the oracle's own most that an agent is given, and half as many again."""

# Family: tasks with the most commands that the oracle took, over seeds 0 to 3.
_FAMILIES: dict[str, dict[str, int]] = {
    "buttons": {
        "click-test": 1,
        "click-test-2": 1,
        "click-test-transfer": 1,
        "click-button": 1,
        "click-button-sequence": 2,
        "unicode-test": 1,
        "click-dialog": 1,
        "click-dialog-2": 1,
        "click-widget": 1,
        "focus-text": 1,
        "focus-text-2": 1,
    },
    "links": {
        "click-link": 1,
        "click-tab": 1,
        "click-tab-2": 4,
        "click-tab-2-easy": 1,
        "click-tab-2-medium": 2,
        "click-tab-2-hard": 4,
        "click-collapsible": 2,
        "click-collapsible-nodelay": 2,
        "click-collapsible-2": 4,
        "click-collapsible-2-nodelay": 4,
    },
    "checkboxes": {
        "click-option": 2,
        "click-checkboxes": 5,
        "click-checkboxes-large": 12,
        "click-checkboxes-transfer": 4,
        "number-checkboxes": 15,
    },
    "shapes": {
        "click-shape": 1,
        "count-shape": 1,
        "identify-shape": 1,
        "click-color": 1,
        "click-shades": 7,
        "grid-coordinate": 1,
        "circle-center": 2,
    },
    "numbers": {
        "ascending-numbers": 5,
        "find-greatest": 5,
        "generate-number": 8,
        "odd-or-even": 4,
        "visual-addition": 3,
        "simple-arithmetic": 3,
        "simple-algebra": 3,
        "guess-number": 16,
        "buy-ticket": 1,
    },
    "text": {
        "enter-text": 3,
        "enter-text-2": 3,
        "enter-text-dynamic": 3,
        "text-transform": 3,
        "find-word": 3,
        "copy-paste": 6,
        "copy-paste-2": 6,
        "highlight-text": 2,
        "highlight-text-2": 2,
        "scroll-text": 7,
    },
    "forms": {
        "enter-password": 5,
        "login-user": 5,
        "login-user-popup": 7,
        "form-sequence": 4,
        "form-sequence-2": 4,
        "form-sequence-3": 5,
        "multi-orderings": 7,
        "sign-agreement": 9,
        "use-slider": 3,
        "use-slider-2": 7,
        "use-spinner": 11,
    },
    "dates": {
        "enter-date": 3,
        "enter-time": 3,
        "choose-date": 14,
        "choose-date-easy": 3,
        "choose-date-medium": 4,
        "choose-date-nodelay": 14,
    },
    "lists": {
        "choose-list": 4,
        "use-autocomplete": 5,
        "use-autocomplete-nodelay": 4,
        "click-menu": 5,
        "click-menu-2": 4,
        "navigate-tree": 2,
    },
    "tables": {
        "read-table": 3,
        "read-table-2": 5,
        "phone-book": 4,
        "search-engine": 5,
    },
    "mail": {
        "email-inbox": 8,
        "email-inbox-noscroll": 5,
        "email-inbox-reply": 5,
        "email-inbox-forward": 5,
        "email-inbox-star-reply": 5,
        "email-inbox-delete": 1,
        "email-inbox-important": 1,
    },
    "social": {
        "social-media": 5,
        "social-media-all": 12,
        "social-media-some": 12,
    },
    "drag": {
        "drag-box": 2,
        "drag-circle": 2,
        "drag-single-shape": 2,
        "resize-textarea": 2,
    },
}

_ACTIONS: dict[str, tuple[ActionKind, ...]] = {
    "visual-addition": ("click", "type"),
    "simple-arithmetic": ("click", "type"),
    "simple-algebra": ("click", "type"),
    "guess-number": ("click", "type", "key"),
    "enter-text": ("click", "type"),
    "enter-text-2": ("click", "type"),
    "enter-text-dynamic": ("click", "type"),
    "text-transform": ("click", "type"),
    "find-word": ("click", "type"),
    "copy-paste": ("click", "key"),
    "copy-paste-2": ("click", "key"),
    "highlight-text": ("click", "double"),
    "highlight-text-2": ("click", "double"),
    "scroll-text": ("click", "type", "wheel"),
    "enter-password": ("click", "type"),
    "login-user": ("click", "type"),
    "login-user-popup": ("click", "type"),
    "form-sequence": ("click", "key"),
    "form-sequence-2": ("click", "type"),
    "form-sequence-3": ("click", "wheel"),
    "multi-orderings": ("click", "type"),
    "sign-agreement": ("click", "type", "wheel"),
    "use-slider": ("click", "key"),
    "use-slider-2": ("click", "key"),
    "enter-date": ("click", "type"),
    "enter-time": ("click", "type"),
    "choose-list": ("click", "key"),
    "use-autocomplete": ("click", "type"),
    "use-autocomplete-nodelay": ("click", "type"),
    "click-menu": ("click", "hover"),
    "click-menu-2": ("click", "hover"),
    "read-table": ("click", "type"),
    "read-table-2": ("click", "type"),
    "search-engine": ("click", "type"),
    "email-inbox": ("click", "type", "wheel"),
    "email-inbox-noscroll": ("click", "type"),
    "email-inbox-reply": ("click", "type"),
    "email-inbox-forward": ("click", "type"),
    "email-inbox-star-reply": ("click", "type"),
    "social-media": ("click", "wheel"),
    "social-media-all": ("click", "wheel"),
    "social-media-some": ("click", "wheel"),
    "drag-box": ("click", "drag"),
    "drag-circle": ("click", "drag"),
    "drag-single-shape": ("click", "drag"),
    "resize-textarea": ("click", "drag"),
}
"""What the oracle did beside clicking."""
_THRESHOLDS = {"circle-center": 0.85}
"""Where the page pays for nearness: the exact centre is worth 0.91 to 0.95."""

RELOADED: frozenset[str] = frozenset({"choose-date", "choose-date-easy", "choose-date-medium"})
"""Tasks whose page does not begin like a fresh one once it was played on: it is loaded again for every episode."""

TASKS: tuple[ScreenTask, ...] = tuple(
    ScreenTask(
        name=name,
        family=family,
        actions=_ACTIONS.get(name, ("click",)),
        max_steps=most + most // 2 + _SLACK,
        threshold=_THRESHOLDS.get(name, 1.0),
    )
    for family, tasks in _FAMILIES.items()
    for name, most in tasks.items()
)
