"""Every error that Journeyman raises on purpose, sorted by who must hear of it.

A message says what was wrong, with the value, and what to do: lower case, no full stop.
"""

from typing import Literal


class JourneymanError(Exception):
    """The root: catch it to tell a named refusal from a bug."""


class ConfigError(JourneymanError):
    """A setting, a recipe or an input the user gave cannot be used; refused before any work."""


class UnknownPluginError(ConfigError):
    """A shelf has no plugin of that name; the message lists near misses."""


class MediaError(ConfigError):
    """A picture, a sound or a video cannot be used; the message says what it is and what would help."""


class TransientError(JourneymanError):
    """Worth another try: 429, 5xx, timeouts, a store that does not answer."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TeacherError(JourneymanError):
    """The teacher refused or answered nonsense twice; not retried."""


class BudgetExceededError(JourneymanError):
    """The run reached ``budget_usd``; raising it resumes where this stopped."""


class ToolError(JourneymanError):
    """Goes back to the agent as an observation; never ends a run."""


class ToolUnavailableError(ToolError):
    """The tool could not be asked: its process or endpoint is down, which says nothing of the call; never recorded."""


ScreenFault = Literal["load timeout", "dialog", "window", "navigation", "crash", "action timeout", "closed"]
"""How a page was lost."""


class ScreenError(JourneymanError):
    """A page or desktop, and what was done on it, is lost: the episode fails. The browser pool gives another page."""

    def __init__(self, cause: ScreenFault, message: str = "") -> None:
        super().__init__(f"{cause}: {message}" if message else cause)
        self.cause: ScreenFault = cause


class SandboxError(JourneymanError):
    """The sandbox cannot be trusted or cannot start; code is not run elsewhere instead."""


class SchemaError(JourneymanError):
    """Stored data is not what its version says."""


class ArtifactError(JourneymanError):
    """An artifact is missing, half-written, or its digest does not match."""


class StorageError(JourneymanError):
    """The object store refused: wrong credentials, missing bucket, read-only."""


class TrainingError(JourneymanError):
    """A training rank died or the loss is not a number; the message carries its traceback."""


class StackError(JourneymanError):
    """The local stack cannot start or stop; the message says how to mend it."""
