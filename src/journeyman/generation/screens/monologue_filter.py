"""Which monologues are taught: those that fit the act, give no hindsight, and are what they ought to be.

Aguvis had 90 of its monologues read by people and found 5.5 % that misread the act and 7.8 % about acts that
changed nothing; it filtered none. These rules are its authors' criteria as far as a page that was really played
decides them. They look at words, so that a true sentence may be refused: the step then keeps its instruction.
"""

import re
from collections.abc import Iterable, Sequence

from journeyman.action_formats.pyautogui_call import (
    MAX_WORDS_CHARS,
    Call,
    Click,
    DragTo,
    Scroll,
    Write,
    in_one_line,
    read_command,
)
from journeyman.generation.screens.languages import is_english
from journeyman.generation.screens.quotations import BLANK, plain, quoted_in, without_quotations
from journeyman.generation.screens.stated_actions import AGAINST_ACTION, reason_against_action
from journeyman.generation.screens.teacher_answers import Monologue
from journeyman.schema.screen import Episode, ScreenStep

MOST_WORDS = {"observation": 160, "thought": 160, "instruction": 45}
LEAST_WORDS = 3
"""Of an observation and of a thought."""
_SHORT_NAME = 3
"""Words; all of them are said."""
_SHARE_OF_NAME = 0.75
_SHARE_OF_WORDS = 0.5

NO_OP = "the step changes nothing on the screen"
TOO_LONG = "too long"
TOO_SHORT = "says nothing"
NOT_ENGLISH = "not in English"
HINDSIGHT = "hindsight"
COORDINATES = "states coordinates"
CODE = "quotes code"
THIRD_PERSON = "not in the first person"
SENTENCES = "not exactly one sentence"
NOT_NAMED = "does not name what is acted on"
ANOTHER_QUOTED = "quotes another element"
NO_SLIP_TOLD = "does not say what went wrong"
REASONS = (
    NO_OP, TOO_SHORT, TOO_LONG, NOT_ENGLISH, HINDSIGHT, COORDINATES, CODE, THIRD_PERSON, SENTENCES, *AGAINST_ACTION,
    ANOTHER_QUOTED, NOT_NAMED, NO_SLIP_TOLD,
)  # fmt: skip
"""All that there are, in the order in which they are given."""

_LEAKS = re.compile(
    r"\b(?:red (?:bounding )?(?:box|rectangle|frame|outline|border)|bounding box|"
    r"highlight(?:ed|s|ing)?|(?:marked|outlined|boxed|annotated|circled) (?:element|button|area|field|item|in red)|"
    r"in red on the screenshot|annotations?|ground[- ]truth|label(?:l?ed)? (?:action|element|command)|oracle|"
    r"(?:given|provided|correct|expected|gold|target|recorded) (?:action|command|label|answer key)|"
    r"the (?:action|command|label|instruction) (?:says|tells|states|is given|given|provided)|"
    r"(?:was|am|have been|were) (?:told|given) (?:that )?(?:the (?:right|next)|to click|which))",
    re.IGNORECASE,
)
_PLACES = re.compile(
    r"\b0?\.\d{3,}\b|(?<![\d.])[01]?\.\d{2,4}\s*(?:,|and|/|x|by)\s*[01]?\.\d{2,4}|\b\d+\s*(?:px|pixels?)\b|"
    r"\(\s*\d+(?:\.\d+)?\s*,\s*\d+(?:\.\d+)?\s*\)|\b[xy]\s*(?:=|:|of|is|at)\s*0?\.\d+|"
    r"\bx\s*[=:]\s*\d+\D{1,6}y\s*[=:]\s*\d+|\bco-?ordinates?\b|"
    r"\b\d+\s*(?:%|per ?cent)\s+(?:from|across|down|of the (?:screen|width|height|page))",
    re.IGNORECASE,
)
_CODE = re.compile(r"pyautogui|```|\b(?:mobile|browser)\.\w+|\b\w+\([^()]*=[^()]*\)|</?\w+>|\bdata-\w+=|\bdef \w+\(")
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|I'll|I've|I'd|My|Me)\b|\b(?:my|me|myself)\b|^i\b")
_OTHER_SUBJECT = re.compile(
    r"\b(?:the|this|our) (?:agent|assistant|model|ai|user) (?:should|must|needs? to|has to|ought to|will now)\b",
    re.IGNORECASE,
)
_SHORTENED = re.compile(
    r"\b(?:e\.\s?g|i\.\s?e|etc|vs|cf|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nr|Inc|Ltd|Co|Corp|approx|a\.\s?m|p\.\s?m|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|(?<!\+)(?<!press )[A-Z])\.",
)
_SENTENCE_END = re.compile(r"(?:[.!?\u2026]+[\"')\u201d\u2019]*\s+|\n)(?=\S)")
_ENDED_IN_QUOTES = re.compile(r"[.!?][\"'\u201d\u2019]\s+(?:Then|Next|After|I|It|This|Now|That|So|Click|Press)\b")
_OWNED_UP = re.compile(
    r"\b(?:mistake\w*|mistook|wrong\w*|instead|should(?: not|n't)? have|error|misclick\w*|by accident|accident\w*|"
    r"not what|did(?: not|n't)|unintended|undo|astray|no use|useless|does(?: not|n't) help|not helped)\b",
    re.IGNORECASE,
)
_STOPPED = (
    "i a an the and or of to in on at for with by from into onto out up down it its this that these those is are be "
    "as my your his her their our one click tap press choose select button link field icon element item type"
)
_STOP_WORDS = frozenset(_STOPPED.split())


def reasons_against(monologue: Monologue, episode: Episode, number: int) -> tuple[str, ...]:
    """Why a monologue is not taught, of :data:`REASONS` and in their order; empty where it is.

    Args:
        monologue: The teacher's, about one step.
        episode: What was played.
        number: Which of its steps, from 0.
    """
    step = episode.steps[number]
    known = _known_texts(step, episode)
    instruction = in_one_line(monologue.instruction)
    found = {
        NO_OP: changes_nothing(episode, number),
        TOO_SHORT: _says_nothing(monologue, episode, number),
        TOO_LONG: any(_is_too_long(getattr(monologue, part), most) for part, most in MOST_WORDS.items()),
        NOT_ENGLISH: not all(is_english(_own_words(text, known)) for text in _parts(monologue)),
        HINDSIGHT: any(_says(_LEAKS, text, known) for text in _parts(monologue)),
        COORDINATES: any(_says(_PLACES, text, known) for text in (monologue.thought, instruction)),
        CODE: any(_says(_CODE, text, known) for text in _parts(monologue)),
        THIRD_PERSON: not _is_in_first_person(monologue.thought),
        SENTENCES: not _is_one_sentence(monologue.instruction, (*_own_names(step), *quoted_in(episode.goal))),
        ANOTHER_QUOTED: _quotes_another(instruction, step, episode),
        NOT_NAMED: not _names_its_element(instruction, step),
        NO_SLIP_TOLD: number > 0 and episode.steps[number - 1].slip and not _OWNED_UP.search(monologue.thought),
    }
    action = reason_against_action(instruction, read_command(step.action)) if instruction else ""
    return tuple(reason for reason in REASONS if found.get(reason) or reason == action)


def changes_nothing(episode: Episode, number: int) -> bool:
    """Whether the screen is the same after a step that should change it; a click that gives the focus need not."""
    if number + 1 >= len(episode.steps):
        return False
    step, after = episode.steps[number], episode.steps[number + 1]
    command = read_command(step.action)
    if step.screenshot != after.screenshot or not isinstance(command, (Click, DragTo, Scroll, Write)):
        return False
    return not (isinstance(command, Click) and after.element is None)


def _parts(monologue: Monologue) -> tuple[str, str, str]:
    return monologue.observation, monologue.thought, monologue.instruction


def _known_texts(step: ScreenStep, episode: Episode) -> tuple[str, ...]:
    """Texts of the page and the goal, which may hold what would be odd in the teacher's own words."""
    element = step.element
    ours = (element.name, element.function, element.look) if element else ()
    return tuple(filter(None, (*ours, *_given_texts(step), episode.goal, *(one.instruction for one in episode.steps))))


def _given_texts(step: ScreenStep) -> tuple[str, ...]:
    """What is typed, answered or chosen."""
    match read_command(step.action):
        case Write(message):
            return (message,)
        case Call(_, arguments):
            return tuple(value for _, value in arguments if isinstance(value, str))
    return ()


def _is_too_long(text: str, most: int) -> bool:
    return len(text.split()) > most or len(text) > MAX_WORDS_CHARS


def _own_words(text: str, known: Iterable[str]) -> str:
    """``text`` without quotations and without what stands in ``known`` word for word."""
    said = without_quotations(text, known)
    for one in sorted({in_one_line(one) for one in known}, key=len, reverse=True):
        if len(one) > 1:
            said = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", BLANK, said)
    return said


def _says_nothing(monologue: Monologue, episode: Episode, number: int) -> bool:
    if not in_one_line(monologue.instruction) or len(monologue.observation.split()) < LEAST_WORDS:
        return True
    if len(monologue.thought.split()) >= LEAST_WORDS:
        return False
    told = " ".join((episode.goal, *(step.instruction for step in episode.steps[:number])))
    return not set(_content(monologue.thought)) & set(_content(told))


def _says(pattern: re.Pattern[str], text: str, known: Sequence[str]) -> bool:
    """Whether ``pattern`` is in the teacher's own words, neither quoted nor known to be on the page."""
    told = " ".join(known).casefold()
    return any(match.group().casefold() not in told for match in pattern.finditer(without_quotations(text, known)))


def _is_in_first_person(thought: str) -> bool:
    said = without_quotations(thought)
    return bool(_FIRST_PERSON.search(said)) and not _OTHER_SUBJECT.search(said)


def _is_one_sentence(instruction: str, names: Sequence[str]) -> bool:
    """Whether it ends once, where what ends inside a quotation or a name does not count."""
    text = instruction.strip()
    if "\n" in text or _ENDED_IN_QUOTES.search(text):
        return False
    said = without_quotations(text, names)
    for name in sorted(names, key=len, reverse=True):
        said = said.replace(in_one_line(name), BLANK) if len(name) > 1 else said
    return not _SENTENCE_END.search(_SHORTENED.sub(BLANK, said))


def _quotes_another(instruction: str, step: ScreenStep, episode: Episode) -> bool:
    """Whether what is quoted is not the element's; what the goal quotes may stand beside it."""
    if step.element is None:
        return False
    own = _own_names(step)
    foreign = [one for one in quoted_in(instruction, own) if not _is_one_of(one, own)]
    if not foreign:
        return False
    is_own_there = any(_has_words(instruction, name) for name in own)
    return not is_own_there or any(plain(one) not in plain(episode.goal) for one in foreign)


def _own_names(step: ScreenStep) -> tuple[str, ...]:
    name = step.element.name if step.element else ""
    return tuple(filter(None, (name, *_given_texts(step), *quoted_in(step.instruction))))


def _is_one_of(quoted: str, own: Sequence[str]) -> bool:
    """Whether it is a name, a part of one in whole words, or a name with the word for such a thing."""
    bare = re.sub(r" (?:button|link|tab|field|icon|option|checkbox|box|menu|item)$", "", plain(quoted))
    return any(bare == plain(name) or plain(quoted) == plain(name) or _has_words(name, quoted) for name in own)


def _has_words(text: str, words: str) -> bool:
    return bool(plain(words)) and re.search(rf"(?<!\w){re.escape(plain(words))}(?!\w)", plain(text)) is not None


def _names_its_element(instruction: str, step: ScreenStep) -> bool:
    """Whether the element's name is said; or what it does, or what the oracle calls it by; or its looks or its role."""
    element = step.element
    if element is None:
        return True
    said = set(_content(instruction, stop=frozenset()))
    if _says_name(said, element.name):
        return True
    if _has_share(_content(element.function), said, _SHARE_OF_WORDS) or _names_as_the_oracle(said, step.instruction):
        return True
    if element.name or element.function:
        return False
    return _has_share(_content(element.look), said, _SHARE_OF_WORDS) or _has_words(instruction, element.role)


def _names_as_the_oracle(said: set[str], oracle: str) -> bool:
    """All that tells its instruction from others of its kind, such as a name or a number, and half of the rest."""
    rest = without_quotations(oracle).replace(BLANK, "")
    telling = [*quoted_in(oracle), *re.findall(r"(?<=[^.\s]\s)[A-Z]\w+|\d+", rest)]
    if not all(said.issuperset(_content(one, stop=frozenset())) for one in telling):
        return False
    others = [word for word in _content(rest) if word not in {_stem(one.casefold()) for one in telling}]
    return _has_share(others, said, _SHARE_OF_WORDS) if others else bool(telling)


def _says_name(said: set[str], name: str) -> bool:
    """All words of a short name and all numbers, most of a long one."""
    words = _content(name, stop=frozenset())
    if not all(word in said for word in words if len(words) <= _SHORT_NAME or any(map(str.isdigit, word))):
        return False
    return _has_share(words, said, _SHARE_OF_NAME)


def _has_share(wanted: Sequence[str], said: set[str], share: float) -> bool:
    return bool(wanted) and sum(word in said for word in wanted) >= share * len(wanted)


def _content(text: str, stop: frozenset[str] = _STOP_WORDS) -> tuple[str, ...]:
    """Words without their endings, so that "opens" is "open"."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return tuple(dict.fromkeys(_stem(word) for word in words if word not in stop))


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word.removesuffix(ending)
            break
    return word.removesuffix("e") if len(word) > 3 else word
