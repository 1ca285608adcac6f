"""What an instruction says is done, against the command that is done.

An instruction begins with its verb, as a rule; a verb behind "to" tells a purpose, and one behind "and" another
act. Verbs of purpose, such as "open" or "save", stand for a click.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from journeyman.action_formats.pyautogui_call import (
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Wait,
    Write,
    key_name,
)
from journeyman.generation.screens.quotations import plain, quoted_in, without_quotations

_CLICKING = "click clicks clicking tap doubleclick rightclick tripleclick middleclick"
_PURPOSES = (
    "accept activate add adjust answer apply approve archive assign begin book browse buy cancel change check choose "
    "clear close collapse compose confirm continue copy create cut deactivate decline decrease delete deselect disable "
    "discard dismiss display edit empty enable enlarge enter exit expand favorite favourite file filter find finish "
    "flag focus follow forward get give go highlight hide increase jump launch leave like load lock log lower make "
    "mark maximize mention minimize mute navigate open order paste pay pick place play post proceed put raise "
    "read redo refresh reject reload remove rename reorder reply report reset resize restore retweet return reveal "
    "save search see select send set share show sign skip sort star start stop submit subtract switch tick toggle "
    "trash turn undo unfold unmark unselect unstar untick uncheck unlock unmute use view visit zoom"
)
_SAID_OF: Mapping[str, str] = {
    "click": f"{_CLICKING} press hit push {_PURPOSES}",
    "press": f"press hit push strike hold use {_PURPOSES}",
    "type": "type write enter input fill key insert retype replace search set put change overwrite give name add "
    "answer state complete rename edit",
    "scroll": "scroll",
    "drag": "drag slide pull move drop set adjust draw resize reorder sort put place swap select highlight raise lower "
    "increase decrease change turn swipe mark",
    "hover": "hover move point rest place put bring",
    "wait": "wait pause",
    "swipe": "swipe drag slide scroll flick pull",
    "long_press": "press hold long-press longpress tap touch keep",
    "open_app": "open launch start",
    "home": "go return press leave",
    "back": "go return press navigate",
    "select_option": "select choose pick set",
    "answer": "answer report reply say give state tell return submit respond",
    "terminate": "finish end stop terminate report declare mark conclude complete give quit say state tell close",
}
"""By kind of act: verbs that may stand for it."""
_VERBS = {kind: frozenset(verbs.split()) for kind, verbs in _SAID_OF.items()}
_ALL_VERBS = frozenset().union(*_VERBS.values())
_ACTS = frozenset(f"{_CLICKING} type scroll drag hover wait swipe".split())
"""Verbs that name what hands do; two of them in one instruction are two acts."""
_HOLLOW = frozenset({"use", "continue", "proceed", "go", "start", "begin", "like"})
"""Verbs that leave it to a later one to say what is done: "use the wheel to scroll"."""
_NOUNS_FOLLOW = frozenset({"the", "a", "an", "this", "that", "my", "its", "their", "another", "of", "for", "in", "on"})
_WISHES = frozenset({"want", "need", "have", "going", "like", "decide", "try", "is", "ready", "step", "wheel", "mouse"})
_GIVES_UP = re.compile(
    r"\b(give up|giv(?:e|ing) up|cannot|can't|can not|impossible|not possible|fail\w*|unable|no such|"
    r"(?:does|do|is|are) ?n[o']t|not (?:found|there|available|offered)|nowhere|nothing)\b",
    re.IGNORECASE,
)
_COUNTED = {
    2: r"\bdouble|\btwice\b|\btwo\b|\b2 (?:times|clicks)",
    3: r"\btripl|\bthree\b|\bthrice\b|\b3 (?:times|clicks)",
}
_CLICKED_OFTEN = r"\b(?:double|triple)[- ]?click|\b(?:two|three) (?:times|clicks)|\btwice\b|\bthrice\b"
_OF_RIGHT_BUTTON = r"\bright[- ]?click|\bright (?:mouse )?button|\bcontext menu"
_DIRECTIONS = {
    ("vertical", True): ("down", "up"),
    ("vertical", False): ("up", "down"),
    ("horizontal", True): ("right", "left"),
    ("horizontal", False): ("left", "right"),
}
_ARROWS = frozenset({"up", "down", "left", "right"})
_KNOWN_FOR: Mapping[frozenset[str], str] = {
    frozenset({"ctrl", letter}): verb
    for letter, verb in zip("acvxzs", ("select", "copy", "paste", "cut", "undo", "save"), strict=True)
}
"""Keys that an instruction need not name, since everybody knows what they are for."""

NO_ACTION = "names no action"
OTHER_ACTION = "another action than the command's"
NOT_QUOTED = "the typed text is not quoted"
OTHER_KEYS = "other keys than the command's"
OTHER_WAY = "scrolls another way than the command"
TWO_ACTIONS = "two actions"
NOT_GIVEN = "what is answered or chosen is not said"
AGAINST_ACTION = (NO_ACTION, OTHER_ACTION, NOT_QUOTED, OTHER_KEYS, OTHER_WAY, TWO_ACTIONS, NOT_GIVEN)


def reason_against_action(instruction: str, command: Command) -> str:
    """Why ``instruction`` does not say what ``command`` does, one of :data:`AGAINST_ACTION`; empty where it does.

    Args:
        instruction: In English.
        command: What is done.
    """
    typed = (command.message,) if isinstance(command, Write) else ()
    said = without_quotations(instruction, typed)
    words = _words(said)
    kind = _kind(command)
    verb = _leading_verb(words)
    if not verb:
        return NO_ACTION
    if verb not in _VERBS.get(kind, _ALL_VERBS):
        return OTHER_ACTION
    if kind in ("click", "press") and verb in _PRESSES and _pressed(instruction, said, kind) != kind:
        return OTHER_ACTION
    return _in_particular(instruction, said, verb, command) or _second_act(words, kind)


def _kind(command: Command) -> str:
    if isinstance(command, Call):
        return command.name
    return _KINDS[type(command)]


_KINDS: Mapping[type, str] = {
    Click: "click",
    MoveTo: "hover",
    DragTo: "drag",
    Scroll: "scroll",
    Write: "type",
    Press: "press",
    Hotkey: "press",
    Wait: "wait",
}
_PRESSES = frozenset({"press", "hit", "push", "strike", "hold"})


def _words(said: str) -> list[str]:
    said = re.sub(r"\b(double|right|triple|middle)[- ]click", r"\1click", said, flags=re.IGNORECASE)
    said = re.sub(r"\b(?:click|press)(?: and|,)?(?: hold,?(?: and)?)? drag\b", "drag", said, flags=re.IGNORECASE)
    return re.findall(r"[a-z]+(?:-[a-z]+)?|[,;:]", said.casefold())


def _leading_verb(words: Sequence[str]) -> str:
    """The first verb that tells no purpose; "" where there is none."""
    found = [word for place, word in enumerate(words) if word in _ALL_VERBS and _is_verb(words, place)]
    if found and found[0] in _HOLLOW:
        return next((word for word in words if word in _ACTS), found[0])
    return found[0] if found else ""


def _is_verb(words: Sequence[str], place: int) -> bool:
    """Whether a word that may be a verb is one here: "to save" tells what for, "the save" names something."""
    before = words[place - 1] if place else ""
    if before == "to":
        return place > 1 and words[place - 2] in _WISHES
    return before not in _NOUNS_FOLLOW


def _pressed(instruction: str, said: str, kind: str) -> str:
    """Whether "press" means a key or something on the screen; a quoted key is one where a key is pressed."""
    text = re.sub(r"[\"'`\u201c\u201d\u2018\u2019]", "", instruction) if kind == "press" else said
    match = re.search(r"\b(?:press|hit|push|strike|hold)(?:ing)?\b(?P<rest>[^,;]*)", text, re.IGNORECASE)
    rest = match["rest"] if match else ""
    if re.search(r"\bkeys?\b|\barrow\b", rest, re.IGNORECASE):
        return "press"
    start = rest.split()[:2]
    if start[:1] in (["the"], ["on"], ["this"], ["a"]):
        return "click"
    return "press" if _keys_in(f"press {' '.join(start)}") else "click"


def _keys_in(text: str) -> set[str]:
    """Keys that a text names; a letter is one where it stands behind a plus, a verb or a quotation mark."""
    tokens = re.findall(r"[^\W_]+", text)
    words = [token for token in tokens if len(token) > 1] + ["".join(pair) for pair in pairwise(tokens)]
    letter = r"(?:[+\-\"'\u201c\u2018]|\b(?:press|hit|keys?|and|then|letter)\s)\s*(\S)(?![^\W_])"
    found = {match.casefold() for match in re.findall(letter, text, re.IGNORECASE)}
    return found | {key for key in map(_key, words) if key}


@cache
def _key(word: str) -> str:
    """The key that a word names; "" where it names none."""
    try:
        return key_name(word)
    except ValueError:
        return ""


def _in_particular(instruction: str, said: str, verb: str, command: Command) -> str:
    """What else has to agree, by kind of command."""
    match command:
        case Click():
            return _against_click(said, verb, command)
        case Write(message):
            quoted = quoted_in(instruction, (message,))
            wanted = " ".join(message.split())
            return "" if any(wanted in (one, one.rstrip(".,;:!?")) for one in quoted) else NOT_QUOTED
        case Scroll(pages, axis):
            right, wrong = _DIRECTIONS[axis, pages > 0]
            told = {way.casefold() for way in re.findall(r"\b(up|down|left|right)(?:wards?)?\b", said, re.IGNORECASE)}
            return OTHER_WAY if wrong in told and right not in told else ""
        case Press(keys) | Hotkey(keys):
            named = _keys_in(instruction) | (_ARROWS if re.search(r"\barrow keys\b", said, re.IGNORECASE) else set())
            pressed = frozenset(key.casefold() if len(key) == 1 else key for key in keys)
            return "" if pressed <= named or _KNOWN_FOR.get(pressed) == verb else OTHER_KEYS
        case Call("terminate", arguments):
            fails = dict(arguments).get("status") == "failure"
            return "" if bool(_GIVES_UP.search(said)) is fails else OTHER_ACTION
        case Call(_, arguments):
            texts = [plain(value) for _, value in arguments if isinstance(value, str)]
            return "" if all(text in plain(instruction) for text in texts) else NOT_GIVEN
    return ""


def _against_click(said: str, verb: str, command: Click) -> str:
    by_hand = verb in _CLICKING.split()
    if command.clicks == 1 and re.search(_CLICKED_OFTEN, said, re.IGNORECASE):
        return OTHER_ACTION
    if command.clicks > 1 and by_hand and not re.search(_COUNTED[command.clicks], said, re.IGNORECASE):
        return OTHER_ACTION
    of_right = bool(re.search(_OF_RIGHT_BUTTON, said, re.IGNORECASE))
    is_right = command.button == "right"
    return OTHER_ACTION if (of_right and not is_right) or (is_right and by_hand and not of_right) else ""


def _second_act(words: Sequence[str], kind: str) -> str:
    """Whether a further act is asked for behind "and" or "then"."""
    for place, word in enumerate(words):
        follows = next((one for one in words[place + 1 : place + 3] if one not in ("then", "and")), "")
        if word not in ("and", "then", ";") or follows not in _ACTS | {"press"}:
            continue
        if kind in ("click", "type") or follows not in _VERBS.get(kind, ()):
            return TWO_ACTIONS
    return ""
