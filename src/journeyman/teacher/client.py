"""The teacher: any OpenAI-compatible endpoint, asked with care for money.

A request found in the ledger is not sent. One that is sent is tried again when that can help, paced
by the limiter, held to the budget, and its answer is in the store before anybody sees it. Identical
requests in flight at once are one request.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from journeyman.errors import ConfigError, TeacherError, TransientError
from journeyman.schema.artifact import Spend
from journeyman.schema.call import Call
from journeyman.schema.message import Message, TextPart
from journeyman.schema.record import canonical_json
from journeyman.settings import Settings
from journeyman.teacher.answer import Answer, parse_structured, read_answer
from journeyman.teacher.endpoint import Endpoint, ThrottledError
from journeyman.teacher.ledger import Ledger
from journeyman.teacher.limiter import AdaptiveLimiter, CircuitOpenError
from journeyman.teacher.prices import PRICES, Budget, Price, dollars, price_of
from journeyman.teacher.request import Request, tokens_estimate
from journeyman.teacher.retry import Patience

A = TypeVar("A", bound=BaseModel)

_DRAIN_SECONDS = 30.0


class Teacher:
    """A model behind an endpoint. Safe for any number of tasks of one event loop; use :meth:`open`."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        ledger: Ledger,
        *,
        limiter: AdaptiveLimiter,
        price: Price,
        budget: Budget | None,
        jitter: random.Random,
    ) -> None:
        self.model = model
        """Name the endpoint knows the model by, and artifacts record."""
        self.price = price
        self._endpoint = endpoint
        self._ledger = ledger
        self._limiter = limiter
        self._budget = budget
        self._jitter = jitter
        self._in_flight: dict[str, asyncio.Task[Call]] = {}
        self._on_the_wire: set[asyncio.Task[Any] | None] = set()
        self._calls = 0
        self._replayed = 0
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._usd = Decimal(0)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Settings,
        ledger: Ledger,
        *,
        model: str = "",
        budget: Budget | None = None,
        concurrency: int = 16,
        limiter: AdaptiveLimiter | None = None,
        prices: Mapping[str, Price] = PRICES,
        timeout_seconds: float = 120.0,
    ) -> AsyncIterator["Teacher"]:
        """A teacher for the block; on leaving it requests on the wire are heard out and the ledger is durable.

        Args:
            settings: Says where the endpoint is.
            ledger: What was paid before; loaded here when it is not yet.
            model: Empty takes ``settings.teacher_model``, or else the only model that the endpoint lists.
            budget: None pays without a ceiling. What the ledger's scope paid earlier counts towards it.
            concurrency: Most requests in flight at once.
            limiter: Shared with other teachers of the same endpoint and model; None makes one.
            prices: US dollars by model name.
            timeout_seconds: For one attempt.

        Raises:
            ConfigError: No endpoint is set, or no model can be chosen.
            TransientError: The endpoint or the store does not answer.
        """
        key = settings.openai_api_key
        endpoint = Endpoint(
            settings.require_teacher(), key.get_secret_value() if key else None, timeout_seconds=timeout_seconds
        )
        try:
            await ledger.load()
            # System entropy on purpose: processes that back off together must not come back together.
            jitter = random.Random()  # noqa: S311
            name = model or settings.teacher_model or await _only_model(endpoint, jitter)
            if budget is not None:
                budget.count_earlier(ledger.scope, ledger.paid_earlier_usd)
            teacher = cls(
                endpoint,
                name,
                ledger,
                limiter=limiter or AdaptiveLimiter(concurrency),
                price=price_of(name, prices),
                budget=budget,
                jitter=jitter,
            )
            try:
                yield teacher
            except asyncio.CancelledError:
                await teacher._settle(within_seconds=0.0)
                raise
            finally:
                await teacher._settle(within_seconds=_DRAIN_SECONDS)
                await ledger.close()
        finally:
            await endpoint.close()

    @property
    def spend(self) -> Spend:
        """What this teacher was paid and what it replayed; calls and replayed add up to the requests made."""
        return Spend(
            calls=self._calls,
            replayed=self._replayed,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            usd=dollars(self._usd),
        )

    async def text(
        self,
        role: str,
        messages: Sequence[Message],
        media: Mapping[str, bytes],
        *,
        max_tokens: int = 1024,
        temperature: float = 0.0,
        seed: int | None = None,
        trace: str = "",
    ) -> str:
        """The teacher's answer.

        Args:
            role: Who is asked, as :class:`~journeyman.schema.call.Call` lists them; part of the request's identity.
            messages: The conversation, ending in a user turn; or in an assistant turn that begins the answer, from
                which some servers go on, while others answer anew.
            media: Bytes of every picture the messages name, by sha256.
            max_tokens: Longest answer; a longer one is an error, not a stump.
            temperature: 0 asks for the likeliest answer.
            seed: Vary it to be answered more than once: equal requests have one answer.
            trace: Which record this is for, for error messages only.

        Raises:
            TeacherError: The endpoint refuses, or the answer is longer than ``max_tokens``.
            TransientError: No answer after several attempts.
            BudgetExceededError: The request would start over budget.
            ConfigError: Address, key or model is wrong.
        """
        return await self._content(
            Request(role, self.model, tuple(messages), None, max_tokens, temperature, seed), media, trace
        )

    async def structured(
        self,
        role: str,
        messages: Sequence[Message],
        media: Mapping[str, bytes],
        answer: type[A],
        *,
        max_tokens: int = 1024,
        temperature: float = 0.0,
        seed: int | None = None,
        trace: str = "",
    ) -> A:
        """The teacher's answer as an ``answer``; arguments and errors are those of :meth:`text`.

        An answer that does not parse is shown to the teacher once, with what is wrong with it.

        Raises:
            TeacherError: As :meth:`text`, and when neither answer parses.
        """
        request = Request(role, self.model, tuple(messages), answer, max_tokens, temperature, seed)
        content = await self._content(request, media, trace)
        try:
            return parse_structured(content, answer)
        except ValidationError as exc:
            repair = Request(
                role, self.model, (*messages, *_repair_turns(content, exc)), answer, max_tokens, temperature, seed
            )
        content = await self._content(repair, media, trace)
        try:
            return parse_structured(content, answer)
        except ValidationError as exc:
            raise TeacherError(
                f"{_who(role, trace)}: two answers are no {answer.__name__}: {_in_words(exc)}; "
                f"the second begins {content[:200]!r}"
            ) from exc

    async def _content(self, request: Request, media: Mapping[str, bytes], trace: str) -> str:
        answer = read_answer((await self._call(request, media)).response_json)
        who = _who(request.role, trace)
        if answer.finish_reason == "length":
            raise TeacherError(
                f"{who}: the answer was cut off at max_tokens={request.max_tokens}; raise it or ask for less"
            )
        if answer.refusal or answer.finish_reason == "content_filter":
            raise TeacherError(f"{who}: the teacher declined: {(answer.refusal or answer.finish_reason)[:200]}")
        assert answer.content is not None
        return answer.content

    async def _call(self, request: Request, media: Mapping[str, bytes]) -> Call:
        digest = request.digest()
        found = self._ledger.lookup(digest)
        if found is not None:
            self._replayed += 1
            return found
        paying = self._in_flight.get(digest)
        if paying is not None:
            self._replayed += 1
        else:
            paying = asyncio.create_task(self._paid(request, digest, media))
            self._in_flight[digest] = paying
            paying.add_done_callback(lambda _: self._in_flight.pop(digest, None))
        # Whoever asked first may be cancelled; the answer is being paid for all the same.
        return await asyncio.shield(paying)

    async def _paid(self, request: Request, digest: str, media: Mapping[str, bytes]) -> Call:
        body = request.body(media)
        estimate = self.price.of(request.prompt_tokens_estimate(), request.max_tokens)
        if self._budget is None:
            return await self._asked_until_answered(request, digest, body)
        async with self._budget.reserved(estimate):
            return await self._asked_until_answered(request, digest, body)

    async def _asked_until_answered(self, request: Request, digest: str, body: Mapping[str, object]) -> Call:
        patience = Patience(self._jitter)
        while True:
            try:
                text, answer, latency = await self._attempt(body)
            except CircuitOpenError:
                raise
            except TransientError as exc:
                wait = patience.seconds_after(exc, endpoint_answered=self._endpoint.answered)
            else:
                call = self._row(request, digest, answer, text, latency=latency, attempts=patience.attempts + 1)
                self._count(call)
                # Not inside the try: a store that fails must not make us pay for the same answer again.
                await self._ledger.append(call)
                if answer.is_usable:
                    return call
                empty = TransientError(f"{self.model} answered {request.role} without any content")
                wait = patience.seconds_after(empty, endpoint_answered=True)
            await asyncio.sleep(wait)

    async def _attempt(self, body: Mapping[str, object]) -> tuple[str, Answer, float]:
        async with self._limiter.slot() as slot:
            started = time.monotonic()
            self._on_the_wire.add(asyncio.current_task())
            try:
                text = await self._endpoint.complete(body)
                answer = read_answer(text)
            except ThrottledError as exc:
                slot.throttled(exc.retry_after_seconds)
                raise
            except TransientError:
                slot.failed()
                raise
            finally:
                self._on_the_wire.discard(asyncio.current_task())
            slot.succeeded()
            return text, answer, time.monotonic() - started

    def _row(self, request: Request, digest: str, answer: Answer, text: str, *, latency: float, attempts: int) -> Call:
        prompt = request.prompt_tokens_estimate() if answer.prompt_tokens is None else answer.prompt_tokens
        # Half a surrogate pair is no UTF-8, but it is paid for.
        written = tokens_estimate(len((answer.content or "").encode("utf-8", "replace")))
        completion = written if answer.completion_tokens is None else answer.completion_tokens
        return Call(
            request_digest=digest,
            role=request.role,
            model=self.model,
            request_json=canonical_json(request.named_by_content()),
            response_json=text,
            prompt_tokens=prompt,
            completion_tokens=completion,
            price_usd=dollars(self.price.of(prompt, completion)),
            latency_seconds=latency,
            attempts=attempts,
            label=answer.label,
        )

    def _count(self, call: Call) -> None:
        paid = Decimal(call.price_usd)
        self._calls += 1
        self._prompt_tokens += call.prompt_tokens
        self._completion_tokens += call.completion_tokens
        self._usd += paid
        if self._budget is not None:
            self._budget.charge(paid)

    async def _settle(self, *, within_seconds: float) -> None:
        tasks = tuple(self._in_flight.values())
        # What is on the wire will be billed, so it is heard out; what still waits for its turn is not sent.
        sent = [task for task in tasks if task in self._on_the_wire]
        for task in set(tasks).difference(sent):
            task.cancel()
        if sent and within_seconds:
            await asyncio.wait(sent, timeout=within_seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _only_model(endpoint: Endpoint, jitter: random.Random) -> str:
    patience = Patience(jitter)
    while True:
        try:
            names = await endpoint.models()
            break
        except TransientError as exc:
            wait = patience.seconds_after(exc, endpoint_answered=endpoint.answered)
        await asyncio.sleep(wait)
    if len(names) != 1:
        raise ConfigError(
            f"teacher at {endpoint.url} lists {len(names)} models ({', '.join(names[:8]) or 'none'}); "
            "set JOURNEYMAN_TEACHER_MODEL to the one to ask"
        )
    return names[0]


def _repair_turns(content: str, exc: ValidationError) -> tuple[Message, Message]:
    wrong = f"That cannot be read: {_in_words(exc)}. Answer again, with nothing but the corrected JSON object."
    return (
        Message(role="assistant", content=(TextPart(text=content),)),
        Message(role="user", content=(TextPart(text=wrong),)),
    )


def _in_words(exc: ValidationError) -> str:
    # Without URLs and inputs: the repair turn is part of a request's identity, and URLs name pydantic's version.
    errors = exc.errors(include_url=False, include_input=False)[:5]
    return "; ".join(f"{'.'.join(str(part) for part in e['loc']) or 'the answer'}: {e['msg']}" for e in errors)


def _who(role: str, trace: str) -> str:
    return f"{role} for {trace}" if trace else role
