"""The spec of a short video: one scene, how the camera moves over it, and what moves in front of it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from journeyman.file_writers._colours import Colour
from journeyman.file_writers._scene import Scene
from journeyman.file_writers._shapes import Shape
from journeyman.file_writers._tables import Spec

MAX_SIDE = 640
"""Pixels."""

Motion = Literal["still", "pan_left", "pan_right", "zoom_in", "zoom_out", "shake", "flicker", "cuts"]
Direction = Literal["left", "right", "up", "down", "circle", "bounce"]


class Mover(Spec):
    """A filled shape that moves in front of the scene."""

    shape: Shape
    colour: Colour
    size: Annotated[int, Field(ge=4, le=MAX_SIDE)]
    """Side of its bounding square in pixels; at most half of the scene's shorter side."""
    direction: Direction
    """The way it goes over the whole video; ``bounce`` is diagonal, turned back by the borders."""


class Clip(Spec):
    """A video without sound, in the scene's size."""

    scene: Scene
    """Sides are even and at most 640 pixels; its treatment is done to every frame."""
    frames: Annotated[int, Field(ge=2, le=64)] = 16
    rate: Annotated[int, Field(ge=1, le=30)] = 8
    """Frames a second."""
    motion: Motion = "still"
    """Of the camera; ``flicker`` is the light's, ``cuts`` are hard changes of the picture."""
    mover: Mover | None = None

    @model_validator(mode="after")
    def _can_be_encoded(self) -> "Clip":
        width, height = self.scene.width, self.scene.height
        if width % 2 or height % 2:
            raise ValueError(f"scene of {width}x{height} pixels has an odd side, which video cannot; make both even")
        if max(width, height) > MAX_SIDE:
            raise ValueError(f"scene of {width}x{height} pixels is too large; the limit is {MAX_SIDE} a side")
        if self.mover and self.mover.size > min(width, height) // 2:
            raise ValueError(
                f"mover of {self.mover.size} pixels is too large for {width}x{height}; "
                f"give it at most {min(width, height) // 2}"
            )
        return self
