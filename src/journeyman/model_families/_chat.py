"""How a conversation is written: the turn markers of each form as data, and text that cannot forge them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from journeyman.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ChatForm:
    """The markup of one family of language models; control tokens in it are meant, those in text are not."""

    name: str
    start: str
    """Before the first turn."""
    openings: Mapping[str, str]
    """Role -> what stands before the turn's content."""
    leads: Mapping[str, str]
    """Role -> what the content begins with, as the model writes it itself: it is trained with the turn."""
    closings: Mapping[str, str]
    """Role -> what ends the turn; that of an assistant turn is trained."""
    after: str
    """Behind every closing."""
    stop: str
    """The one control token of an assistant's closing."""

    def jinja(self, picture: str) -> str:
        """The form as a chat template of transformers, with a section for ``tools`` and pictures in any turn.

        Tool results (role ``tool``) are user turns that begin with ``Observation:``, as the agent renders them.
        A template cannot see control tokens inside text; :func:`plain_ids` can.

        Args:
            picture: What the family's processor expands to the tokens of one picture.
        """
        text = {"picture": picture, "start": self.start, "after": self.after, "tools": TOOLS}
        quoted = {name: json.dumps(value) for name, value in text.items()}
        roles = {name: json.dumps(dict(getattr(self, name))) for name in ("openings", "leads", "closings")}
        return _JINJA.format(**quoted, **roles)


TOOLS = "\nTools:\n"
"""What stands between the system text and the tools, one JSON schema a line, when a template is given ``tools``."""

_JINJA = (
    "{{%- set openings = {openings} -%}}{{%- set leads = {leads} -%}}{{%- set closings = {closings} -%}}"
    "{{%- macro tool_section() -%}}{{{{ {tools} }}}}{{%- for tool in tools -%}}"
    '{{{{ tool | tojson }}}}{{%- if not loop.last -%}}{{{{ "\\n" }}}}{{%- endif -%}}{{%- endfor -%}}{{%- endmacro -%}}'
    "{{{{ {start} }}}}"
    "{{%- if tools and (not messages or messages[0]['role'] != 'system') -%}}"
    "{{{{ openings['system'] }}}}{{{{ tool_section() | trim }}}}{{{{ closings['system'] }}}}{{{{ {after} }}}}"
    "{{%- endif -%}}"
    "{{%- for message in messages -%}}"
    "{{%- set role = 'user' if message['role'] == 'tool' else message['role'] -%}}"
    "{{{{ openings[role] }}}}{{%- if message['content'] -%}}{{{{ leads[role] }}}}{{%- endif -%}}"
    "{{%- if message['role'] == 'tool' -%}}{{{{ \"Observation:\\n\" }}}}{{%- endif -%}}"
    "{{%- if message['content'] is string -%}}{{{{ message['content'] }}}}"
    "{{%- else -%}}{{%- for part in message['content'] -%}}"
    "{{%- if part['type'] in ['image', 'audio', 'video'] -%}}{{{{ {picture} }}}}"
    "{{%- else -%}}{{{{ part['text'] }}}}{{%- endif -%}}"
    "{{%- endfor -%}}{{%- endif -%}}"
    "{{%- if loop.first and tools and role == 'system' -%}}{{{{ tool_section() }}}}{{%- endif -%}}"
    "{{{{ closings[role] }}}}{{{{ {after} }}}}"
    "{{%- endfor -%}}"
    "{{%- if add_generation_prompt -%}}{{{{ openings['assistant'] }}}}{{%- endif -%}}"
)

_ROLES = ("system", "user", "assistant")

CHATML = ChatForm(
    name="chatml",
    start="",
    openings={role: f"<|im_start|>{role}\n" for role in _ROLES},
    leads=dict.fromkeys(_ROLES, ""),
    closings=dict.fromkeys(_ROLES, "<|im_end|>"),
    after="\n",
    stop="<|im_end|>",
)
"""Qwen, SmolLM2 and most models since."""

VICUNA = ChatForm(
    name="vicuna",
    start="<s>",
    openings={"system": "", "user": " USER:", "assistant": " ASSISTANT:"},
    leads={"system": " ", "user": " ", "assistant": " "},
    closings={"system": "", "user": "", "assistant": "</s>"},
    after="",
    stop="</s>",
)
"""Vicuna 1.1 and LLaVA 1.5 (arXiv:2310.03744, section 3); the assistant's text begins with a space there."""

FORMS = (CHATML, VICUNA)

_SPACE = "\u2581"
"""How SentencePiece vocabularies write a space."""


def chat_form(tokenizer: Any) -> ChatForm:
    """The form whose markers ``tokenizer`` holds as control tokens.

    Raises:
        ConfigError: It holds those of none.
    """
    known = set(control_tokens(tokenizer))
    for form in FORMS:
        if _controls(form) <= known:
            return form
    wanted = "; ".join(f"{form.name}: {' '.join(sorted(_controls(form)))}" for form in FORMS)
    raise ConfigError(
        f"the tokenizer has the turn markers of no known chat form ({wanted}); add them as special tokens"
    )


def control_tokens(tokenizer: Any) -> tuple[str, ...]:
    """What the tokenizer reads as one token wherever it stands."""
    return _control_tokens(tokenizer, len(tokenizer))


@lru_cache(maxsize=8)
def _control_tokens(tokenizer: Any, size: int) -> tuple[str, ...]:  # noqa: ARG001 - grows when a token is added
    return tuple({**tokenizer.get_added_vocab(), **dict.fromkeys(tokenizer.all_special_tokens)})


def _controls(form: ChatForm) -> set[str]:
    """Control tokens that a form's markup is made of."""
    markup = "".join((form.start, *form.openings.values(), *form.closings.values()))
    return set(re.findall(r"<[^<>\s]+>", markup))


def markup_ids(markup: str, tokenizer: Any) -> list[int]:
    """Tokens of markup: control tokens as such, the rest as text."""
    return list(_markup_ids(markup, tokenizer, control_tokens(tokenizer)))


@lru_cache(maxsize=64)
def _markup_ids(markup: str, tokenizer: Any, controls: tuple[str, ...]) -> tuple[int, ...]:
    ids: list[int] = []
    for piece in re.split(r"(<[^<>\s]+>)", markup):
        ids += [tokenizer.convert_tokens_to_ids(piece)] if piece in controls else plain_ids(piece, tokenizer)
    return tuple(ids)


def plain_ids(text: str, tokenizer: Any) -> list[int]:
    """Tokens of ``text`` as data: what looks like a control token is cut in two first, and decodes to the same text."""
    if not text:
        return []
    ids: list[int] = []
    anchor = _anchor_ids(tokenizer)
    for piece in _cut_controls(text, control_tokens(tokenizer)):
        if piece and anchor:
            # Such a tokenizer puts a space before any text; behind a line break it adds it there, where it is dropped.
            ids += tokenizer("\n" + piece, add_special_tokens=False)["input_ids"][len(anchor) :]
        elif piece:
            ids += tokenizer(piece, add_special_tokens=False)["input_ids"]
    return ids


@lru_cache(maxsize=8)
def _anchor_ids(tokenizer: Any) -> list[int]:
    """Tokens of a line break where the tokenizer begins every text with a space (SentencePiece); else none."""
    first = tokenizer.convert_ids_to_tokens(tokenizer("a", add_special_tokens=False)["input_ids"])[0]
    return list(tokenizer("\n", add_special_tokens=False)["input_ids"]) if first.startswith(_SPACE) else []


def _cut_controls(text: str, controls: tuple[str, ...]) -> Iterable[str]:
    start = 0
    for match in _control_pattern(controls).finditer(text):
        yield text[start : match.start() + 1]
        start = match.start() + 1
    yield text[start:]


@lru_cache(maxsize=8)
def _control_pattern(controls: tuple[str, ...]) -> re.Pattern[str]:
    # A lookahead finds overlapping ones too; longest first is not needed since only the start counts.
    return re.compile("(?=" + "|".join(re.escape(c) for c in sorted(controls)) + ")")
