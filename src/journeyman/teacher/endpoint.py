"""One OpenAI-compatible endpoint: the only code that knows the ``openai`` library and its errors."""

import email.utils
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import openai

from journeyman.errors import ConfigError, TeacherError, TransientError
from journeyman.teacher.request import GO_ON

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_THROTTLING = frozenset({429, 503, 529})
_NOT_THE_REQUEST = frozenset({408, 409, 425})


class ThrottledError(TransientError):
    """The endpoint is up and asks for fewer requests."""


class UnreachableError(TransientError):
    """Nothing listens at the endpoint's address."""


class Endpoint:
    """Sends bodies, gives back bodies, and names what went wrong. It never tries twice."""

    def __init__(self, url: str, api_key: str | None, *, timeout_seconds: float) -> None:
        """Prepare for ``url``; nothing is contacted yet.

        Raises:
            ConfigError: ``url`` is not an http or https URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"OPENAI_BASE_URL {url!r} is not a URL; give it as http://host:port/v1")
        self.url = url
        self.answered = False
        """Whether anything was ever heard from it."""
        self._timeout_seconds = timeout_seconds
        self._left_out: set[str] = set()
        self._client = openai.AsyncOpenAI(
            base_url=url,
            api_key=api_key or "not-needed",  # local endpoints take any, and the library insists on one
            max_retries=0,
            timeout=timeout_seconds,
            # A proxy set for the internet does not know our loopback.
            http_client=openai.DefaultAsyncHttpxClient(trust_env=parts.hostname not in _LOOPBACK),
        )

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()

    async def models(self) -> tuple[str, ...]:
        """Names that ``GET /models`` lists.

        Raises:
            TransientError: No answer, or a broken one.
            ConfigError: The address or the key is wrong.
        """
        try:
            body = await self._client.get("/models", cast_to=str)
            names = tuple(str(model["id"]) for model in json.loads(body)["data"])
        except openai.APIError as exc:
            raise self._translated(exc, "the list of models") from exc
        except (json.JSONDecodeError, KeyError, TypeError) as exc:
            raise TransientError(f"{self.url}/models gave no list of models; it begins {body[:80]!r}") from exc
        self.answered = True
        return names

    async def complete(self, body: Mapping[str, Any]) -> str:
        """POST a chat completion; the body of the 200 as it came, which may be cut off.

        Raises:
            ThrottledError: 429 or 503; carries ``Retry-After`` in seconds when given.
            UnreachableError: Nothing listens there.
            TransientError: 5xx, a lost connection, or a timeout.
            ConfigError: Address, key or model is wrong; the message names the setting.
            TeacherError: The endpoint refuses this request for good.
        """
        try:
            text = await self._post(body)
        except openai.APIError as exc:
            raise self._translated(exc, f"model {body['model']!r}") from exc
        self.answered = True
        return text

    async def _post(self, body: Mapping[str, Any]) -> str:
        while True:
            try:
                return await self._client.post("/chat/completions", body=self._in_its_dialect(body), cast_to=str)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
                if not self._learned_from(exc):
                    raise

    def _in_its_dialect(self, body: Mapping[str, Any]) -> dict[str, Any]:
        spoken = {key: value for key, value in body.items() if key not in self._left_out}
        if "max_tokens" in self._left_out:
            spoken["max_completion_tokens"] = body["max_tokens"]
        return spoken

    def _learned_from(self, exc: openai.APIStatusError) -> bool:
        # Reasoning models rename max_tokens and take no temperature; they say so in the 400.
        said = str(exc.message).lower()
        refused = {"max_tokens"} if "max_completion_tokens" in said else set()
        refused |= {name for name in ("temperature", "seed") if f"'{name}'" in said and "support" in said}
        # vLLM's own keys, which no server of OpenAI's knows; each wants the other.
        refused |= set(GO_ON) if any(name in said for name in GO_ON) else set()
        new = refused - self._left_out
        self._left_out |= new
        return bool(new)

    def _translated(self, exc: openai.APIError, asked_for: str) -> Exception:
        if isinstance(exc, openai.APITimeoutError):
            return TransientError(f"teacher at {self.url} did not answer within {self._timeout_seconds:g} s")
        if isinstance(exc, openai.APIStatusError):
            self.answered = True
            return self._status_error(exc, asked_for)
        cause = exc.__cause__
        if type(cause).__name__ == "ConnectError":
            return UnreachableError(f"no teacher answers at {self.url}; run `journeyman up` or set OPENAI_BASE_URL")
        return TransientError(f"the connection to the teacher at {self.url} was lost: {cause or exc!r}")

    def _status_error(self, exc: openai.APIStatusError, asked_for: str) -> Exception:
        status, said = exc.status_code, " ".join(str(exc.message).split())[:300]
        if exc.code == "insufficient_quota":
            return TeacherError(f"the account behind OPENAI_API_KEY has no quota left at {self.url}: {said}")
        wait = _retry_after_seconds(exc.response.headers)
        if status in _THROTTLING:
            return ThrottledError(f"teacher at {self.url} asks for fewer requests ({status})", retry_after_seconds=wait)
        if status >= 500 or status in _NOT_THE_REQUEST:
            return TransientError(f"teacher at {self.url} failed with {status}: {said}", retry_after_seconds=wait)
        if status == 401:
            return ConfigError(f"teacher at {self.url} does not accept the key; set OPENAI_API_KEY ({said})")
        if status == 403:
            return ConfigError(f"OPENAI_API_KEY has no right to {asked_for} at {self.url}; set another ({said})")
        if status == 404:
            return ConfigError(
                f"there is no {asked_for} at {self.url}; check OPENAI_BASE_URL, which often ends in /v1, "
                f"and JOURNEYMAN_TEACHER_MODEL ({said})"
            )
        return TeacherError(f"teacher at {self.url} refuses the request with {status}: {said}")


def _retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    milliseconds, given = headers.get("retry-after-ms"), headers.get("retry-after")
    if milliseconds is None and given is None:
        return None
    try:
        return max(0.0, float(given or 0) if milliseconds is None else float(milliseconds) / 1000)
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(given or "").timestamp() - time.time())
    except ValueError:
        return None  # neither a number nor a date is as good as nothing
