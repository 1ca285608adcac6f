"""A mailbox: letters with stars and ticks, an archive, a bin, and replies."""

from dataclasses import dataclass

from journeyman.environments._apps.app import (
    App,
    Assignment,
    Content,
    Drawing,
    Entry,
    Move,
    TaskKind,
    Value,
    Values,
    fill,
    give_up,
)
from journeyman.environments._apps.vocabulary import (
    ANSWERS,
    BRANDS,
    CITIES,
    FIRST_NAMES,
    LAST_NAMES,
    SENTENCES,
    SUBJECTS,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that came."""

    key: str
    sender: str
    address: str
    subject: str
    body: tuple[str, ...]
    day: str
    clip: bool


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Letters, newest first."""

    letters: tuple[Letter, ...]
    stranger: str
    """Name of somebody who never wrote."""


def _compose(drawing: Drawing) -> Content[Mailbox]:
    rng = drawing.rng
    count = rng.randint(7, 13)
    firsts, lasts = rng.sample(FIRST_NAMES, count + 1), rng.sample(LAST_NAMES, count + 1)
    subjects = rng.sample(SUBJECTS, count)
    days = sorted(rng.sample(range(1, 29), count), reverse=True)
    month = rng.randint(1, 12)
    letters = tuple(
        Letter(
            key=f"m{number}",
            sender=f"{firsts[number]} {lasts[number]}",
            address=_address(firsts[number], lasts[number]),
            subject=drawing.of(subjects[number], n=rng.randint(1000, 9999), d=rng.randint(2, 28)),
            body=tuple(drawing.of(sentence) for sentence in rng.sample(SENTENCES, rng.randint(2, 4))),
            day=f"{days[number]:02d}.{month:02d}.",
            clip=rng.random() < 0.3,
        )
        for number in range(count)
    )
    entries = tuple(
        Entry(key, icon, drawing.t(key), function, f"set view=list;set opened=;set folder={key}", f"folder={key}")
        for key, icon, function in (
            ("inbox", "envelope", "shows the inbox"),
            ("sent", "share", "shows the sent mails"),
            ("drafts", "pencil", "shows the drafts"),
            ("archive", "box", "shows the archive"),
            ("bin", "bin", "shows the bin"),
        )
    )
    state: dict[str, Value] = {"sent": "", "new.to": "", "new.subject": "", "new.text": ""}
    for letter in letters:
        state |= {f"star.{letter.key}": rng.random() < 0.2, f"place.{letter.key}": "inbox"}
    ticked = {f"tick.{letter.key}": False for letter in letters}
    first = letters[0].key
    openings: tuple[Values, ...] = (
        {"view": "letter", "opened": first},
        {"dialog": "compose"},
        {"view": "letter", "opened": first, "dialog": "reply"},
        {"folder": "archive", f"place.{first}": "archive", f"place.{letters[-1].key}": "archive"},
        {f"tick.{first}": True, f"tick.{letters[2].key}": True},
    )
    view: Values = {"view": "list", "folder": "inbox", "opened": "", "dialog": "", **ticked}
    stranger = f"{firsts[-1]} {lasts[-1]}"
    return Content(
        Mailbox(letters, stranger), entries, state, view, rng.choice(BRANDS), (), openings, {"ticked": "tick."}
    )


def _address(first: str, last: str) -> str:
    return f"{first}.{last}@example.org".lower()


def _star(content: Content[Mailbox], drawing: Drawing) -> Assignment:
    letter = drawing.rng.choice([one for one in content.facts.letters if not content.state[f"star.{one.key}"]])
    goal = drawing.rng.choice(
        (
            f"Star the mail from {letter.sender}.",
            f'Mark the mail "{letter.subject}" with a star.',
            f"{letter.sender}'s mail matters: give it a star.",
        )
    )
    say = f"Click the star beside the mail from {letter.sender}."
    return Assignment(goal, (Move("click", say, f"star-{letter.key}"),), {f"star.{letter.key}": True})


def _delete(content: Content[Mailbox], drawing: Drawing) -> Assignment:
    letter = drawing.rng.choice(content.facts.letters)
    goal = drawing.rng.choice(
        (
            f"Delete the mail from {letter.sender}.",
            f'Move the mail "{letter.subject}" to the bin.',
            f'I no longer need "{letter.subject}" by {letter.sender}. Delete it.',
        )
    )
    plan = (
        Move("click", f"Open the mail from {letter.sender}.", f"open-{letter.key}"),
        Move("click", "Click the bin to delete this mail.", f"delete-{letter.key}"),
    )
    return Assignment(goal, plan, {f"place.{letter.key}": "bin"})


def _archive(content: Content[Mailbox], drawing: Drawing) -> Assignment:
    one, other = drawing.rng.sample(content.facts.letters, 2)
    goal = drawing.rng.choice(
        (
            f"Archive the mails from {one.sender} and {other.sender}.",
            f'Tick "{one.subject}" and "{other.subject}", then archive both.',
            f"Put what {one.sender} and {other.sender} wrote into the archive.",
        )
    )
    plan = (
        Move("click", f"Tick the mail from {one.sender}.", f"tick-{one.key}"),
        Move("click", f"Tick the mail from {other.sender}.", f"tick-{other.key}"),
        Move("click", "Archive the ticked mails.", "archive-ticked"),
    )
    return Assignment(goal, plan, {f"place.{one.key}": "archive", f"place.{other.key}": "archive"})


def _reply(content: Content[Mailbox], drawing: Drawing) -> Assignment:
    letter, text = drawing.rng.choice(content.facts.letters), drawing.rng.choice(ANSWERS)
    goal = drawing.rng.choice(
        (
            f'Reply to {letter.sender} with "{text}"',
            f'Answer the mail "{letter.subject}" by writing "{text}" and send it.',
            f'Open the mail from {letter.sender} and send the reply "{text}"',
        )
    )
    plan = (
        Move("click", f"Open the mail from {letter.sender}.", f"open-{letter.key}"),
        Move("click", "Click the button to reply.", f"reply-{letter.key}"),
        *fill("reply-text", text, "the message"),
        Move("click", "Send the reply.", "reply-send"),
    )
    return Assignment(goal, plan, {"sent": f"reply-{letter.key}", "new.text": text})


def _write(content: Content[Mailbox], drawing: Drawing) -> Assignment:
    letter, subject = drawing.rng.choice(content.facts.letters), drawing.rng.choice(CITIES)
    goal = drawing.rng.choice(
        (
            f'Send a new mail to {letter.address} with the subject "{subject}" and no text.',
            f'Compose a mail: to {letter.address}, subject "{subject}". Leave the text empty and send it.',
            f'Write to {letter.address}. The subject is "{subject}", the message stays empty.',
        )
    )
    plan = (
        Move("click", "Click the button to compose a mail.", "compose"),
        *fill("new-to", letter.address, "the receiver"),
        *fill("new-subject", subject, "the subject"),
        Move("click", "Send the mail.", "new-send"),
    )
    return Assignment(goal, plan, {"sent": "new", "new.to": letter.address, "new.subject": subject})


def _absent(content: Content[Mailbox], drawing: Drawing) -> Assignment:
    name = content.facts.stranger
    goal = drawing.rng.choice(
        (
            f"Delete the mail from {name}.",
            f"Star the mail that {name} sent.",
            f'Reply to the mail from {name} with "{drawing.rng.choice(ANSWERS)}"',
        )
    )
    return Assignment(goal, give_up(f"there is no mail from {name}"))


APP = App(
    "mail",
    _compose,
    (
        TaskKind("star", ("click",), _star),
        TaskKind("delete", ("click",), _delete),
        TaskKind("archive-two", ("click",), _archive),
        TaskKind("reply", ("click", "type"), _reply),
        TaskKind("compose", ("click", "type"), _write),
        TaskKind("absent-mail", (), _absent, possible=False),
    ),
)
