import asyncio
import email.utils
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from journeyman.errors import ArtifactError, ConfigError, TeacherError, TransientError
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.record import sha256_hex
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger, read_calls
from journeyman.teacher.limiter import AdaptiveLimiter
from tests.teacher.fake_teacher import FakeTeacher, completion, refusal, serving

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


class Judgement(BaseModel):
    """What a judge answers."""

    keep: bool
    reason: str = Field(default="", description="one sentence")


@pytest.fixture
def store(tmp_path: Any) -> Store:
    return Store(f"file://{tmp_path}/store")


def user(text: str, *pictures: bytes) -> tuple[Message, ...]:
    parts = (TextPart(text=text), *(ImagePart(sha256=sha256_hex(p)) for p in pictures))
    return (Message(role="user", content=parts),)


@asynccontextmanager
async def teacher_of(fake: FakeTeacher, store: Store, **options: Any) -> AsyncIterator[Teacher]:
    settings = Settings(OPENAI_BASE_URL=fake.url, OPENAI_API_KEY=options.pop("key", None))
    model = options.pop("model", "scripted")
    async with Teacher.open(settings, Ledger(store, "t", window_seconds=0.005), model=model, **options) as teacher:
        yield teacher


def asking(store: Store, fake: FakeTeacher, ask: Callable[[Teacher], Awaitable[Any]], **options: Any) -> Any:
    async def run() -> Any:
        async with serving(fake), teacher_of(fake, store, **options) as teacher:
            return await ask(teacher)

    return asyncio.run(run())


def hello(teacher: Teacher) -> Awaitable[str]:
    return teacher.text("controller", user("hello"), {})


async def dropping(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=500)


CUT_OFF = web.Response(text='{"choices": [{"mess', content_type="application/json")
NO_CHOICES = completion(None, choices=[])
TOO_LONG = completion(None, choices=[{"message": {"content": "a stum"}, "finish_reason": "length"}])
DECLINED = completion(None, choices=[{"message": {"refusal": "I cannot"}}])


@pytest.mark.parametrize(
    "fault",
    [
        refusal(429, headers={"Retry-After": "0.01"}),
        refusal(429),
        refusal(503, headers={"Retry-After": "0.01"}),
        refusal(500),
        refusal(502),
        dropping,
        CUT_OFF,
        web.Response(text="<html>busy</html>", content_type="text/html"),
        NO_CHOICES,
        completion(None),
    ],
    ids=["429", "429-bare", "503", "500", "502", "dropped", "cut-off", "html", "no-choices", "no-content"],
)
def test_a_passing_fault_is_tried_again(store: Store, fault: Any) -> None:
    fake = FakeTeacher([fault, fault, "at last"])
    assert asking(store, fake, hello) == "at last"
    assert read_calls(store, "t")[-1].attempts in (1, 2, 3)
    assert len(fake.prompts) == 3


def test_a_slow_answer_is_a_timeout_and_tried_again(store: Store) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return completion("too late")

    fake = FakeTeacher([slow, "in time"])
    assert asking(store, fake, hello, timeout_seconds=0.2) == "in time"


@pytest.mark.parametrize("fault", [refusal(500), refusal(429), CUT_OFF, NO_CHOICES], ids=["500", "429", "cut", "empty"])
def test_a_lasting_fault_ends_as_transient_after_six_attempts(store: Store, fault: Any) -> None:
    fake = FakeTeacher([fault])
    with pytest.raises(TransientError):
        asking(store, fake, hello)
    assert len(fake.prompts) == 6


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_retry_after_is_waited_for(store: Store, as_date: bool) -> None:
    wait = email.utils.formatdate(time.time() + 1.5, usegmt=True) if as_date else "0.4"
    fake = FakeTeacher([refusal(429, headers={"Retry-After": wait}), "later"])
    started = time.monotonic()
    assert asking(store, fake, hello) == "later"
    assert time.monotonic() - started >= 0.4


def test_a_long_retry_after_is_left_to_the_stage(store: Store) -> None:
    fake = FakeTeacher([refusal(429, headers={"Retry-After": "3600"})])
    with pytest.raises(TransientError) as caught:
        asking(store, fake, hello)
    assert caught.value.retry_after_seconds == 3600
    assert len(fake.prompts) == 1


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (refusal(401), ConfigError, "OPENAI_API_KEY"),
        (refusal(403), ConfigError, "OPENAI_API_KEY"),
        (refusal(404), ConfigError, "JOURNEYMAN_TEACHER_MODEL"),
        (refusal(400, "context too long"), TeacherError, "context too long"),
        (refusal(429, code="insufficient_quota"), TeacherError, "quota"),
        (
            completion("a stum", choices=[{"message": {"content": "a stum"}, "finish_reason": "length"}]),
            TeacherError,
            "max_tokens=1024",
        ),
        (DECLINED, TeacherError, "I cannot"),
    ],
    ids=["401", "403", "404", "400", "quota", "length", "refusal"],
)
def test_a_final_refusal_is_named_and_not_tried_again(
    store: Store, reply: Any, error: type[Exception], words: str
) -> None:
    fake = FakeTeacher([reply])
    with pytest.raises(error, match=words):
        asking(store, fake, hello)
    assert len(fake.prompts) == 1


def test_no_teacher_is_said_in_words(store: Store) -> None:
    async def run() -> None:
        async with serving(FakeTeacher()) as gone:
            pass
        async with teacher_of(gone, store, model="") as teacher:
            await hello(teacher)

    with pytest.raises(TransientError, match="run `journeyman up` or set OPENAI_BASE_URL"):
        asyncio.run(run())


def test_an_address_without_a_scheme_is_refused(store: Store) -> None:
    async def run() -> None:
        async with teacher_of(FakeTeacher(url="localhost:8000"), store):
            pass

    with pytest.raises(ConfigError, match="localhost:8000"):
        asyncio.run(run())


def test_the_only_listed_model_is_taken(store: Store) -> None:
    async def name(teacher: Teacher) -> str:
        return teacher.model

    assert asking(store, FakeTeacher(models=("one",)), name, model="") == "one"


def test_several_listed_models_must_be_chosen_from(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"2 models \(a, b\); set JOURNEYMAN_TEACHER_MODEL"):
        asking(store, FakeTeacher(models=("a", "b")), hello, model="")


def test_pictures_are_sent_as_data_urls_and_kept_by_digest(store: Store) -> None:
    fake = FakeTeacher()
    asking(store, fake, lambda t: t.text("controller", user("look", PNG), {sha256_hex(PNG): PNG}))
    sent = fake.bodies[0]["messages"][0]["content"][1]["image_url"]["url"]
    assert sent.startswith("data:image/png;base64,")
    kept = json.loads(read_calls(store, "t")[0].request_json)["messages"][0]["content"][1]["image_url"]["url"]
    assert kept == f"sha256:{sha256_hex(PNG)}"


@pytest.mark.parametrize(
    ("media", "error"),
    [({}, ArtifactError), ({sha256_hex(PNG): b"%PDF-1.7"}, TeacherError)],
    ids=["missing", "not-a-picture"],
)
def test_a_picture_that_cannot_be_sent_is_refused(
    store: Store, media: dict[str, bytes], error: type[Exception]
) -> None:
    fake = FakeTeacher()
    with pytest.raises(error):
        asking(store, fake, lambda t: t.text("controller", user("look", PNG), media))
    assert not fake.prompts


def test_a_structured_answer_is_asked_for_by_strict_schema_and_parsed(store: Store) -> None:
    fake = FakeTeacher(['```json\n{"keep": true, "reason": "right"}\n```'])
    answer = asking(store, fake, lambda t: t.structured("query_judge", user("judge"), {}, Judgement))
    assert answer == Judgement(keep=True, reason="right")
    asked = fake.bodies[0]["response_format"]["json_schema"]
    assert asked["strict"] is True
    assert asked["schema"]["required"] == ["keep", "reason"]
    assert asked["schema"]["additionalProperties"] is False


def test_an_unreadable_answer_is_shown_to_the_teacher_once(store: Store) -> None:
    fake = FakeTeacher(['{"keep": "perhaps"}', '{"keep": false, "reason": "no gold"}'])
    answer = asking(store, fake, lambda t: t.structured("query_judge", user("judge"), {}, Judgement))
    assert answer.reason == "no gold"
    repair = fake.bodies[1]["messages"]
    assert repair[1] == {"role": "assistant", "content": '{"keep": "perhaps"}'}
    assert "keep: Input should be a valid boolean" in repair[2]["content"]
    assert len(read_calls(store, "t")) == 2


def test_nonsense_twice_is_an_error_that_names_the_record(store: Store) -> None:
    fake = FakeTeacher(["nonsense"])
    with pytest.raises(TeacherError, match="query_judge for q7: two answers are no Judgement"):
        asking(store, fake, lambda t: t.structured("query_judge", user("judge"), {}, Judgement, trace="q7"))
    assert len(fake.prompts) == 2


def test_a_second_run_pays_for_nothing(store: Store) -> None:
    async def four(teacher: Teacher) -> tuple[list[str], Any]:
        answers = await asyncio.gather(*(teacher.text("controller", user(f"q{n}"), {}) for n in range(4)))
        return answers, teacher.spend

    fake = FakeTeacher(["a", "b", "c", "d"])
    first, paid = asking(store, fake, four)
    second, replayed = asking(store, fake, four)
    assert first == second
    assert (paid.calls, paid.replayed, paid.prompt_tokens) == (4, 0, 400)
    assert (replayed.calls, replayed.replayed, replayed.prompt_tokens) == (0, 4, 0)
    assert len(fake.prompts) == 4


def test_role_seed_and_temperature_tell_requests_apart(store: Store) -> None:
    async def ask(teacher: Teacher) -> None:
        await teacher.text("controller", user("q"), {})
        await teacher.text("query_judge", user("q"), {})
        await teacher.text("controller", user("q"), {}, seed=1)
        await teacher.text("controller", user("q"), {}, temperature=0.5)
        await teacher.text("controller", user("q"), {}, trace="not part of it")

    fake = FakeTeacher()
    asking(store, fake, ask)
    assert len(fake.prompts) == 4


def test_an_empty_answer_is_paid_for_but_never_replayed(store: Store) -> None:
    asking(store, FakeTeacher([NO_CHOICES, "something"]), hello)
    fake = FakeTeacher(["should not be asked"])
    assert asking(store, fake, hello) == "something"
    assert len(read_calls(store, "t")) == 2


def test_equal_requests_in_flight_are_one(store: Store) -> None:
    async def same(teacher: Teacher) -> tuple[list[str], Any]:
        return await asyncio.gather(*(hello(teacher) for _ in range(10))), teacher.spend

    fake = FakeTeacher(delay_seconds=0.05)
    answers, spend = asking(store, fake, same)
    assert answers == ["an answer"] * 10
    assert len(fake.prompts) == 1
    assert (spend.calls, spend.replayed) == (1, 9)


def test_a_cancelled_caller_does_not_take_the_answer_from_another(store: Store) -> None:
    async def ask(teacher: Teacher) -> str:
        first = asyncio.ensure_future(hello(teacher))
        second = asyncio.ensure_future(hello(teacher))
        await asyncio.sleep(0.02)
        first.cancel()
        return await second

    fake = FakeTeacher(delay_seconds=0.1)
    assert asking(store, fake, ask) == "an answer"
    assert len(fake.prompts) == 1


def test_an_answer_under_way_when_the_stage_fails_is_kept(store: Store) -> None:
    async def ask(teacher: Teacher) -> None:
        asking_still = asyncio.ensure_future(hello(teacher))
        await asyncio.sleep(0.02)
        asking_still.cancel()
        raise ValueError("a bug elsewhere")

    with pytest.raises(ValueError, match="a bug elsewhere"):
        asking(store, FakeTeacher(delay_seconds=0.1), ask)
    assert len(read_calls(store, "t")) == 1


def test_what_waits_for_its_turn_when_the_stage_fails_is_not_sent(store: Store) -> None:
    async def ask(teacher: Teacher) -> None:
        asked = [asyncio.ensure_future(teacher.text("controller", user(f"q{n}"), {})) for n in range(20)]
        await asyncio.sleep(0.05)
        for waiting in asked:
            waiting.cancel()
        raise ValueError("a bug elsewhere")

    fake = FakeTeacher(delay_seconds=0.2)
    with pytest.raises(ValueError, match="a bug elsewhere"):
        asking(store, fake, ask, concurrency=2)
    assert len(fake.prompts) == 2
    assert len(read_calls(store, "t")) == 2


def test_a_reasoning_model_that_runs_out_of_tokens_is_asked_once(store: Store) -> None:
    fake = FakeTeacher([completion(None, choices=[{"message": {"content": None}, "finish_reason": "length"}])])
    with pytest.raises(TeacherError, match="max_tokens"):
        asking(store, fake, hello)
    assert len(fake.prompts) == 1


def test_a_cancelled_stage_does_not_wait_for_answers(store: Store) -> None:
    async def run() -> None:
        async with serving(FakeTeacher(delay_seconds=2)) as fake:
            stage = asyncio.ensure_future(_stage(fake))
            await asyncio.sleep(0.2)
            stage.cancel()
            started = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await stage
            assert time.monotonic() - started < 1

    async def _stage(fake: FakeTeacher) -> None:
        async with teacher_of(fake, store) as teacher:
            await hello(teacher)

    asyncio.run(run())


def test_requests_in_flight_stay_within_concurrency(store: Store) -> None:
    async def many(teacher: Teacher) -> None:
        await asyncio.gather(*(teacher.text("controller", user(f"q{n}"), {}) for n in range(30)))

    fake = FakeTeacher(delay_seconds=0.01)
    asking(store, fake, many, concurrency=3)
    assert fake.most_at_once == 3


def test_a_dead_endpoint_is_given_up_on_by_everyone(store: Store) -> None:
    async def many(teacher: Teacher) -> list[Any]:
        asked = (teacher.text("controller", user(f"q{n}"), {}) for n in range(40))
        return await asyncio.gather(*asked, return_exceptions=True)

    fake = FakeTeacher([refusal(500)])
    limiter = AdaptiveLimiter(8, first_opening_seconds=0.01, openings=2)
    answers = asking(store, fake, many, limiter=limiter)
    assert all(isinstance(answer, TransientError) for answer in answers)
    assert len(fake.prompts) < 60


def test_a_model_that_takes_no_max_tokens_is_asked_its_own_way(store: Store) -> None:
    async def reasoning_model(request: web.Request) -> web.Response:
        body = await request.json()
        if "max_tokens" in body:
            return refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in body:
            return refusal(400, "Unsupported value: 'temperature' does not support 0.0 with this model.")
        return completion(f"limit {body['max_completion_tokens']}")

    async def twice(teacher: Teacher) -> str:
        await hello(teacher)
        return await teacher.text("controller", user("again"), {}, max_tokens=77)

    fake = FakeTeacher([reasoning_model])
    assert asking(store, fake, twice) == "limit 77"
    assert len(fake.prompts) == 4


def test_a_scripted_teachers_label_is_kept_in_the_ledger(store: Store) -> None:
    asking(store, FakeTeacher([completion("wrong", journeyman_label="wrong_answer")]), hello)
    assert read_calls(store, "t")[0].label == "wrong_answer"
