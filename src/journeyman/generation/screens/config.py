"""What recipes say of screens and of the episodes that are played on them."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeyman.errors import ConfigError
from journeyman.schema.screen import TemplateStyle

ALL = "*"


class ScreensConfig(BaseModel):
    """Pages for grounding (Aguvis' stage 1) and episodes for planning (its stage 2, arXiv:2412.04454)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    pages: int = Field(default=2000, ge=0)
    """Training pages whose elements are asked for; no two of one seed."""
    held_out_pages: int = Field(default=200, ge=0)
    """Pages for evaluation: half of them of looks that training knows, half of looks that it never saw."""
    pairs_per_page: int = Field(default=12, ge=1)
    """Instructions written for one page at most; on held-out pages a quarter of it, so that pages count alike."""
    instruction_styles: dict[TemplateStyle, float] = {"name": 1, "look": 1, "place": 1, "function": 1}
    """By what templates tell an element, drawn by weight among the ways that fit it; 0 leaves a way out."""
    worded_by_teacher: float = Field(default=0.25, ge=0, le=1)
    """Share of training pages whose instructions the teacher words; the others come from templates, at no cost."""
    page_sources: dict[str, float] = {"apps": 1.0, "miniwob": 0.25}
    """Environments, or one page of them (``miniwob/click-shape``, ``apps/shop``) -> their share of the pages."""
    episodes: int = Field(default=1000, ge=0)
    """Training episodes, played by the environments' oracles."""
    episode_sources: dict[str, float] = {"apps": 1.0, "miniwob": 1.0}
    """Environments -> their share of the episodes."""
    tasks: tuple[str, ...] = ()
    """Tasks that episodes are played of, ``environment/task``; empty takes all that have an oracle."""
    task_shares: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}
    """Tasks, ``environment/task`` -> their share of the training episodes, where it is not 1: the steps of long tasks
    would crowd out those of short ones. Evaluation plays every task as often."""
    held_out_families: tuple[str, ...] = ("miniwob/lists", "apps/calendar")
    """Families of tasks, ``environment/family``, that training never sees."""
    held_out_tasks: int = Field(default=120, ge=0)
    """Episodes for evaluation: of seeds that training never sees, those of held-out families among them."""
    monologues: bool = True
    """Have the teacher write what was seen and thought at each step; without, steps have their instruction alone."""
    recoveries: float = Field(default=0.1, ge=0, le=1)
    """Share of training episodes that begin with a wrong click, which is then taken back."""
    viewport: tuple[int, int] = (1280, 800)
    """Pixels of generated pages; MiniWoB++'s have a size of their own."""
    miniwob_scale: int = Field(default=1, ge=1, le=4)
    """Pixels per CSS pixel of MiniWoB++'s pages of 160 x 210."""
    pool: int = Field(default=2, ge=1)
    """Browsers of one shard."""
    shard_size: int = Field(default=100, ge=1)
    """Pages or episodes of one Prefect task run."""

    @model_validator(mode="after")
    def _refuse_nothing(self) -> Self:
        for name, shares in (("page_sources", self.page_sources), ("episode_sources", self.episode_sources)):
            if not shares or min(shares.values()) < 0 or not sum(shares.values()):
                raise ConfigError(f"screens.{name} = {shares} names no environment; give e.g. {{'apps': 1.0}}")
        styles = self.instruction_styles
        if not styles or min(styles.values()) < 0 or not sum(styles.values()):
            raise ConfigError(
                f"screens.instruction_styles = {styles} leaves no way to tell an element; give a weight above 0"
            )
        if min(self.viewport) < 200 or max(self.viewport) > 4096:
            raise ConfigError(f"screens.viewport = {self.viewport} is no screen; give 200 to 4,096 pixels a side")
        return self
