"""The only reader of the environment.

The ecosystem's own variables are used where there are any (``AWS_*``, ``OPENAI_*``,
``PREFECT_API_URL``), so a real endpoint replaces a local one with no other change. What
``journeyman up`` started writes ``.journeyman/stack.env``; a variable set in the environment wins
over it.
"""

from functools import lru_cache
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from journeyman.errors import ConfigError

STACK_ENV = "stack.env"
TOOL_PREFIX = "JOURNEYMAN_TOOL__"
"""Variables of one tool: ``JOURNEYMAN_TOOL__LOCATE_OBJECT__MODEL=google/owlv2-base-patch16``."""


class Backing(BaseModel):
    """What answers for one tool: a model on this machine, or an endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str = ""
    """HTTP endpoint; for an OpenAI-compatible one it ends in ``/v1``."""
    model: str = ""
    """Folder or hub name of a transformers or diffusers model; with ``url``, the endpoint's name of it."""
    api_key: SecretStr | None = None
    python: Path | None = None
    """Interpreter of a virtual environment with this tool's own pins; its tool host runs there."""

    def identity(self) -> str:
        """What a recorded result depends on; no secret."""
        return f"{self.model}@{self.url}" if self.url else self.model


class Settings(BaseSettings):
    """Where the parts of a run are. Every field is one environment variable."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        env_file_encoding="utf-8",
        env_nested_delimiter="__",
    )

    store: str = Field(default="", validation_alias=AliasChoices("JOURNEYMAN_STORE"))
    """Root of all artifacts: ``s3://bucket/prefix``, ``file:///path`` or ``memory://name``."""
    aws_endpoint_url: str | None = Field(
        default=None, validation_alias=AliasChoices("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    )
    aws_access_key_id: str | None = Field(default=None, validation_alias="AWS_ACCESS_KEY_ID")
    aws_secret_access_key: SecretStr | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    openai_base_url: str = Field(default="", validation_alias="OPENAI_BASE_URL")
    """The teacher's endpoint, ending in ``/v1``."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    teacher_model: str = Field(default="", validation_alias="JOURNEYMAN_TEACHER_MODEL")
    """Model that writes queries, files and trajectories; empty takes the only one the endpoint lists."""
    judge_model: str = Field(default="", validation_alias="JOURNEYMAN_JUDGE_MODEL")
    """Model that judges; empty takes ``teacher_model``."""
    prefect_api_url: str = Field(default="", validation_alias="PREFECT_API_URL")
    home: Path = Field(default=Path(".journeyman"), validation_alias="JOURNEYMAN_HOME")
    """Local state: logs, pids, caches. Never the only copy of anything."""
    tool_processes: int = Field(default=2, ge=1, validation_alias="JOURNEYMAN_TOOL_PROCESSES")
    """Processes that hold the models of heavy tools; each holds up to 1.5 GB (OCR, speech, tags, layout)."""
    tool_gpus: str = Field(default="", validation_alias="JOURNEYMAN_TOOL_GPUS")
    """Numbers of the GPUs that tools may use, e.g. ``7``; by default none, since training takes them all."""
    endpoints: dict[str, Backing] = Field(default_factory=dict, validation_alias="JOURNEYMAN_ENDPOINT")
    """OpenAI-compatible servers of models to evaluate, by the name that ``evaluation.agents`` gives them, e.g.
    ``JOURNEYMAN_ENDPOINT__QWEN7B__URL=http://127.0.0.1:8000/v1``; ``__MODEL`` and ``__API_KEY`` as for tools."""
    tool_backings: dict[str, Backing] = Field(default_factory=dict, validation_alias="JOURNEYMAN_TOOL")
    """By tool name; each field is one variable, e.g. ``JOURNEYMAN_TOOL__VISUALIZE__URL``."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings calls with all five
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over ``stack.env``; no other file is read."""
        return init_settings, env_settings, dotenv_settings

    def storage_options(self) -> dict[str, object]:
        """What fsspec needs to open ``store``; a new dict each time, since ``datasets`` changes the one it is given."""
        if not self.store.startswith("s3://"):
            return {}
        options: dict[str, object] = {}
        if self.aws_access_key_id and self.aws_secret_access_key:
            options["key"] = self.aws_access_key_id
            options["secret"] = self.aws_secret_access_key.get_secret_value()
        if self.aws_endpoint_url:
            options["endpoint_url"] = self.aws_endpoint_url
        return options

    def require_store(self) -> str:
        """The store's URL.

        Raises:
            ConfigError: None is set.
        """
        if not self.store:
            raise ConfigError("no store is set; run `journeyman up`, or set JOURNEYMAN_STORE=s3://bucket/prefix")
        return self.store

    def of_endpoint(self, name: str) -> "Settings":
        """These settings with the endpoint ``name`` in the teacher's place.

        Raises:
            ConfigError: It is not known, or has no URL.
        """
        known = self.endpoints.get(name.lower())
        if known is None or not known.url:
            names = ", ".join(sorted(self.endpoints)) or "none"
            raise ConfigError(
                f"no endpoint {name!r} is set; set JOURNEYMAN_ENDPOINT__{name.upper()}__URL (there is: {names})"
            )
        changed = {"openai_base_url": known.url, "openai_api_key": known.api_key, "teacher_model": known.model}
        return self.model_copy(update=changed)

    def require_teacher(self) -> str:
        """The teacher's base URL.

        Raises:
            ConfigError: None is set.
        """
        if not self.openai_base_url:
            raise ConfigError(
                "no teacher is set; run `journeyman up` for the scripted one, or set OPENAI_BASE_URL and OPENAI_API_KEY"
            )
        return self.openai_base_url


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Settings of this process, read once."""
    home = Settings().home
    return Settings(_env_file=home / STACK_ENV)  # type: ignore[call-arg]  # pydantic-settings' own keyword
